/* SPDX-License-Identifier: MIT */
/* Waiting for a name to appear in the directory of streams. */
#ifndef SX_WATCH_H
#define SX_WATCH_H

#include <stdint.h>

struct sx_watch {
    int fd; /* inotify, or -1: by tick */
    int64_t tick_ns;
};

/* Watches the directory from now on. Look for the name after this and before each wait. */
void sx_watch_open(struct sx_watch *watch);

/* Sleeps until something was bound to a name, until the deadline, or for no cause. */
void sx_watch_wait(struct sx_watch *watch, int64_t deadline_ns);

void sx_watch_close(struct sx_watch *watch);

#endif
