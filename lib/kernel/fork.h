/* SPDX-License-Identifier: MIT */
/* A few moments in which this process must not fork. */
#ifndef SX_FORK_H
#define SX_FORK_H

/* From here on a fork(3) of another thread waits, for two seconds at most. May be nested. */
void sx_fork_hold_off(void);

/* It goes on. */
void sx_fork_allow(void);

#endif
