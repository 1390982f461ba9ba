/* SPDX-License-Identifier: MIT */
/* Memory that a forked child finds wiped. */
#ifndef SX_WIPED_H
#define SX_WIPED_H

/* Of each piece: two cache lines, which no other piece has a share of. */
#define SX_WIPED_BYTES 128u

/* A piece, all 0, as it is again in a forked child (MADV_WIPEONFORK: Linux 4.14); NULL: no memory.
 * Any thread. */
void *sx_wiped_take(void);

/* Gives it back; in a forked child also what an ancestor has taken. Of NULL does nothing. */
void sx_wiped_give(void *piece);

#endif
