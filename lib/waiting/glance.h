/* SPDX-License-Identifier: MIT */
/* How long a handle that is not to spin (`spin_ns` -1) glances before it sleeps. */
#ifndef SX_GLANCE_H
#define SX_GLANCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A glance is to spare a sleep, and must not cost more. What a sleep costs depends on the machine:
 * two that wake each other by turns need 12 us for a lap in one virtual machine, and 90 in another
 * that runs within a virtual machine, most of it in system calls. There a glance of a microsecond
 * hardly ever ends that.
 *
 * So sleeps are timed. A short one was over because the other side was about to answer; the
 * shorter ones tell what a sleep takes here, both its halves, and half of that is tried now and
 * then. Once it has spared a sleep it is made each time, as long as it spares more than it does
 * not. Where messages are far apart, so are the ends of sleeps, and nothing is tried. And where the
 * other side takes its time for each, who sleeps finds several at once, and that is cheaper: so no
 * more than a part of all time goes into this.
 */
struct sx_glance {
    int64_t sleep_ns;  /* what a short sleep takes; 0: none has been seen yet */
    uint32_t paid;     /* long glances that have spared a sleep, less those that have not */
    uint32_t rest;     /* where they have not paid: so many waits between two, */
    uint32_t waits;    /* and so many since the last */
    int64_t credit_ns; /* time that may go into them, */
    int64_t since_ns;  /* credited until then: when the last one began, or was refused */
};

#define SX_GLANCE_PART 2                     /* of a sleep */
#define SX_GLANCE_LONGEST_NS INT64_C(200000) /* of a sleep: in a longer one time has passed */
#define SX_GLANCE_REST_FIRST 4u
#define SX_GLANCE_REST_LAST 256u
#define SX_GLANCE_MOST 8u   /* that count as having paid, or are saved up for */
#define SX_GLANCE_SHARE 16u /* of all time */

/* A sleep took so long; `woken`: a wake has ended it. */
void sx_glance_slept(struct sx_glance *glance, int64_t ns, bool woken);

/* A wait begins: for how long it would glance beyond the first turns (wait.h); 0: no longer. Counts
 * the waits that ask. */
int64_t sx_glance_wish(struct sx_glance *glance);

/* The first turns have been in vain. True if there is so much time to spend: then it begins. */
bool sx_glance_begin(struct sx_glance *glance, int64_t ns, int64_t now_ns);

/* It has ended by then, or when it had to. `in_vain`: it had to sleep, or nothing came. */
void sx_glance_end(struct sx_glance *glance, bool in_vain, int64_t now_ns);

#endif
