/* SPDX-License-Identifier: MIT */
/* How long a handle that is not to spin (`spin_ns` -1) glances before it sleeps. */
#ifndef SX_GLANCE_H
#define SX_GLANCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A glance is to spare a sleep, and must not cost more. What a sleep costs depends on the machine:
 * a wake takes 5 us where a processor that has nothing to do is polled by its host, and 40 where
 * each wake leaves a virtual machine within a virtual machine. There two sides that put each other
 * to sleep need 80 us for a lap, half of it in system calls, and a glance of a microsecond ends it
 * hardly ever.
 *
 * So sleeps are timed. A short one was over because the other side was about to answer; then the
 * shortest tell what a sleep takes here, both its halves, and its part of that is tried now and
 * then. Once it has spared a sleep it is made each time, as long as it spares more than it does
 * not. Where messages are far apart, so are the ends of sleeps, and nothing is tried.
 */
struct sx_glance {
    int64_t sleep_ns; /* what a short sleep takes; 0: none has been seen yet */
    uint32_t paid;    /* long glances that have spared a sleep, less those that have not */
    uint32_t waits;   /* since the last one */
};

#define SX_GLANCE_PART 4u                    /* of a sleep */
#define SX_GLANCE_LONGEST_NS INT64_C(200000) /* of a sleep: in a longer one time has passed */
#define SX_GLANCE_SELDOM 32u                 /* waits, where it has not paid */
#define SX_GLANCE_MOST_PAID 8u

/* A sleep that a wake has ended took so long. */
void sx_glance_slept(struct sx_glance *glance, int64_t ns);

/* A wait begins: for how long it glances beyond the first turns (wait.h); 0: no longer. */
int64_t sx_glance_ns(struct sx_glance *glance);

/* One that was longer has ended. `in_vain`: it had to sleep, or nothing came. */
void sx_glance_settle(struct sx_glance *glance, bool in_vain);

#endif
