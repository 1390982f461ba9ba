/* SPDX-License-Identifier: MIT */
/* Waiting for a name to appear in the directory of streams. */
#ifndef SX_WATCH_H
#define SX_WATCH_H

#include <stdint.h>

struct sx_watch {
    int64_t tick_ns;
};

void sx_watch_init(struct sx_watch *watch);

/* Sleeps until it is time to look for the name again, or until the deadline. */
void sx_watch_wait(struct sx_watch *watch, int64_t deadline_ns);

#endif
