/* SPDX-License-Identifier: MIT */
/*
 * The one place where the bridge sleeps, and the only time at which its signal handlers run: every
 * thread that libnats makes inherits a mask with all signals blocked, and a signal that comes while
 * the program is busy is seen at the next call.
 */
#ifndef BRIDGE_WAIT_H
#define BRIDGE_WAIT_H

#include <stdint.h>

/* To be called once, after the handlers were installed, before any thread is made. -errno, or 0. */
int bridge_wait_init(void);

/* What to sleep for; descriptors are -1 where there is none. */
struct bridge_wait {
    int link_fd;      /* an eventfd: it is emptied */
    int stream_fd;    /* of a producer or consumer, see streamx.h */
    int64_t until_ns; /* at the latest; a time in the past for a mere look */
};

/* 0: look at everything again; -EINTR: a signal was caught (signals.h). */
int bridge_wait(const struct bridge_wait *wait);

#endif /* BRIDGE_WAIT_H */
