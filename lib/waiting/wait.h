/* SPDX-License-Identifier: MIT */
/*
 * One wait, as both sides make it: spin while that has lately paid, then park; spin again when the
 * next message is expected; and when to look for deaths meanwhile.
 *
 *     struct sx_wait wait;
 *
 *     sx_wait_begin(&wait, &handle->spin, deadline_ns);
 *     for (;;) {
 *         while (!condition && sx_wait_spin(&wait))
 *             ;
 *         if (sx_wait_tick(&wait))
 *             look who has died;
 *         if (condition || sx_wait_expired(&wait))
 *             break;
 *         if (sx_wait_must_park(&wait) && !sx_nap_take(&handle->nap, &wait, publication)) {
 *             e = event word;
 *             announce;
 *             barrier;
 *             if (!condition)
 *                 sx_wait_park(&wait, &event, e);
 *         }
 *     }
 *     sx_wait_end(&wait, condition);
 */
#ifndef SX_WAIT_H
#define SX_WAIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "waiting/arming.h"
#include "waiting/spin.h"

struct sx_wait {
    struct sx_spin *spin;
    int64_t deadline_ns;

    /* Spinning. */
    int64_t spin_ns;       /* for how long in all; 0: for a glance, if that */
    int64_t glance_ns;     /* for a glance: how much longer than the first turns; as spin_ns then */
    int64_t cut_ns;        /* its deadline cuts the spinning down to so much; 0: it does not */
    int64_t spin_until_ns; /* 0 until the clock has been read, which the first turns do without */
    int64_t round_until_ns; /* likewise; a round is short, so that deaths are looked for */
    uint32_t turns;
    bool spinning;         /* there is spinning left to do */
    bool yielding;         /* each turn gives way, */
    int64_t yielded_ns;    /* and when the last one ended; 0 before the first; */
    int64_t more_until_ns; /* until when there are more of them, where that has paid */

    /* What is expected, and since when it is spun for; SX_NEVER unless it is. */
    struct sx_beat_window window;
    int64_t expecting_ns;

    /* Looking for deaths, and whatever else the caller looks for by the clock. */
    int64_t tick_ns;
    bool looked;      /* once at least */
    int64_t look_ns;  /* when to look for deaths next; 0 until the wait has lasted */
    int64_t alarm_ns; /* when the caller wants to look in any case; SX_NEVER unless it is set */

    /* Sleeping. */
    bool slept;
    bool napped;
};

void sx_wait_begin(struct sx_wait *wait, struct sx_spin *spin, int64_t deadline_ns);

/* So many turns come first, a glance at least, and as many before each look at the clock. */
#define SX_WAIT_TURNS 32u

/* A turn of sx_wait_spin that gives way. True. */
bool sx_wait_yield(struct sx_wait *wait);

/* The slow half of sx_wait_spin: looks at the clock. */
bool sx_wait_spin_on(struct sx_wait *wait);

/* True: look at the condition once more; false: the round is over. */
static inline bool sx_wait_spin(struct sx_wait *wait)
{
    if (!wait->spinning)
        return false;
    if (wait->yielding)
        return sx_wait_yield(wait);
    sx_spin_turn(wait->spin);
    return ++wait->turns % SX_WAIT_TURNS != 0 || sx_wait_spin_on(wait);
}

/* Has the spinning come to its end? */
static inline bool sx_wait_must_park(const struct sx_wait *wait)
{
    return !wait->spinning;
}

/* True: it is time to look for deaths. By a tick that doubles from 4 to 64 ms while the wait lasts;
 * in a crowd it begins with what a round of all takes, as a wait does there. And if what is waited
 * for is expected now, the spinning begins again. */
bool sx_wait_tick(struct sx_wait *wait);

/* Has the wait lasted for so long that instant notice of deaths is worth its price? When it has
 * been time to look for them. */
static inline bool sx_wait_is_long(const struct sx_wait *wait)
{
    return wait->looked;
}

/* Sleeps while `*word` is `value`, at most until the deadline or the next tick. */
void sx_wait_park(struct sx_wait *wait, const _Atomic uint32_t *word, uint32_t value);

/* Sleeps on what is armed in the handle's own ring. `covered`: every death that matters would end
 * the sleep, so that looking for deaths can wait for two seconds; else it is done by the tick. */
void sx_wait_park_on_ring(struct sx_wait *wait, struct sx_own_ring *ring, bool covered);

/* There has been a death: it is time to look. */
void sx_wait_look_now(struct sx_wait *wait);

bool sx_wait_expired(const struct sx_wait *wait);

/* The wait is over: remembers whether spinning paid. `came`: what was waited for, and nothing
 * else. */
void sx_wait_end(struct sx_wait *wait, bool came);

#endif
