/* SPDX-License-Identifier: MIT */
/*
 * When a nap is due, and how long it lasts. It changes nothing that is shared, so that it cannot
 * lose anybody's wake: what happens meanwhile is found by the look that follows.
 */
#define _GNU_SOURCE
#include "waiting/nap.h"

#include <errno.h>
#include <time.h>

#include "kernel/clock.h"

#define SLACK_TURNS 2u /* the least that a sleep lasts: the timer's slack, unless set otherwise */
#define NAP_LAST_NS (900 * INT64_C(1000))
#define NAP_SHARE 8u /* a nap costs this part of the ring; at most a ring is saved up */
#define BUSY_NS SX_NS_PER_MS

void sx_nap_init(struct sx_nap *nap, uint32_t slots)
{
    *nap = (struct sx_nap){.price = slots < SX_SPIN_DEEP ? 0 : slots / NAP_SHARE};
}

/* A round of all parties. */
static int64_t nap_ns(const struct sx_spin *spin)
{
    uint32_t turns = spin->turns > SLACK_TURNS ? spin->turns - SLACK_TURNS : 0;

    return turns < NAP_LAST_NS / SX_SPIN_ROUND_NS ? 1 + SX_SPIN_ROUND_NS * turns : NAP_LAST_NS;
}

/* Takes the price, if there is so much. */
static bool pay(struct sx_nap *nap, uint64_t publication)
{
    uint64_t most = (uint64_t)nap->price * NAP_SHARE;

    nap->credit += publication - nap->since;
    nap->since = publication;
    if (nap->credit > most)
        nap->credit = most;
    if (nap->credit < nap->price)
        return false;
    nap->credit -= nap->price;
    return true;
}

bool sx_nap_take(struct sx_nap *nap, struct sx_wait *wait, uint64_t publication)
{
    const struct sx_spin *spin = wait->spin;
    const struct timespec moment = {.tv_nsec = nap_ns(spin)};
    int64_t now;
    int saved = errno;

    if (nap->price == 0 || wait->napped)
        return false;
    now = sx_clock_now();
    if (wait->deadline_ns != SX_NEVER && now + moment.tv_nsec > wait->deadline_ns)
        return false;
    if (!pay(nap, publication) && !(spin->crowded && now - spin->waited_ns < BUSY_NS))
        return false;
    wait->napped = wait->slept = true;
    nanosleep(&moment, NULL); /* a signal may end it sooner */
    errno = saved;
    return true;
}
