/* SPDX-License-Identifier: MIT */
/*
 * Waiting: spin while that has lately paid, then park. The one place that sleeps.
 *
 *     struct sx_wait wait;
 *
 *     sx_wait_begin(&wait, &handle->spin, deadline_ns);
 *     for (;;) {
 *         while (sx_wait_spin(&wait) && !condition)
 *             ;
 *         if (sx_wait_should_look(&wait))
 *             look who has died;
 *         if (condition || sx_wait_expired(&wait))
 *             break;
 *         if (sx_wait_must_park(&wait)) {
 *             e = event word; announce; barrier;
 *             if (!condition)
 *                 sx_wait_park(&wait, &event, e);
 *         }
 *     }
 *     sx_wait_end(&wait);
 */
#ifndef SX_WAIT_H
#define SX_WAIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sleeper.h"

/* How a handle has fared with spinning; carried from wait to wait. */
struct sx_spin {
    int64_t bound_ns;  /* never spin longer */
    int64_t budget_ns; /* for the next wait */
    uint32_t
        skipped; /* waits without spinning, since the budget fell to nothing or the last probe */
    uint32_t probe_after;
};

/* One wait. */
struct sx_wait {
    struct sx_spin *spin;
    int64_t deadline_ns;
    int64_t spin_ns;        /* for how long to spin in all */
    int64_t spin_until_ns;  /* 0 until the clock has been read, which the first turns do without */
    int64_t round_until_ns; /* likewise; a round is short, so that deaths are looked for */
    int64_t tick_ns;
    int64_t alarm_ns; /* when the caller wants to look in any case; SX_NEVER unless it is set */
    int64_t look_ns;  /* when to look for deaths next; 0 until the wait has lasted */
    uint32_t turns;
    bool spinning; /* there is spinning left to do */
    bool parked;
};

/* `spin_ns` as in the public options: 0 = self-tuned, -1 = never. */
void sx_spin_init(struct sx_spin *spin, int64_t spin_ns);

void sx_wait_begin(struct sx_wait *wait, struct sx_spin *spin, int64_t deadline_ns);

/* Leaves the core's shared units, and the memory bus, to others for a moment. */
static inline void sx_spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

/*
 * A brief spin, before it is worth reading the clock: some microseconds, in which a peer that runs
 * answers. Where the two sides hand over one by one, every turn looks. Where more than one
 * publication went through since the last wait, looking at the line that the other side is writing
 * slows both down: so the looks move apart, up to `furthest` turns, and a longer run can build up.
 */
struct sx_brief {
    uint64_t since;    /* the publication that was waited for last */
    uint32_t stride;   /* turns between two looks */
    uint32_t furthest; /* by the ring's depth */
};

#define SX_BRIEF_TURNS 64u
#define SX_BRIEF_FURTHEST 32u

static inline void sx_brief_init(struct sx_brief *brief, uint32_t slots)
{
    *brief = (struct sx_brief){.stride = 1, .furthest = slots / 16 + 1};
    if (brief->furthest > SX_BRIEF_FURTHEST)
        brief->furthest = SX_BRIEF_FURTHEST;
}

/* A wait for that publication begins. How many turns it is worth. */
static inline uint32_t sx_brief_begin(struct sx_brief *brief, const struct sx_spin *spin,
                                      uint64_t publication)
{
    if (publication - brief->since > 1)
        brief->stride = brief->stride * 2 < brief->furthest ? brief->stride * 2 : brief->furthest;
    else if (brief->stride > 1)
        brief->stride /= 2;
    brief->since = publication;
    return spin->budget_ns > 0 ? SX_BRIEF_TURNS : 0;
}

/* Lets the time until the next look pass; the turns that it took. */
static inline uint32_t sx_brief_pause(const struct sx_brief *brief)
{
    for (uint32_t i = 0; i < brief->stride; i++)
        sx_spin_pause();
    return brief->stride;
}

/* The slow half of sx_wait_spin: looks at the clock. */
bool sx_wait_spin_on(struct sx_wait *wait);

/* True: look at the condition once more; false: the round is over. */
static inline bool sx_wait_spin(struct sx_wait *wait)
{
    sx_spin_pause();
    return wait->spinning && ((++wait->turns & 31) != 0 || sx_wait_spin_on(wait));
}

/* Has the spinning come to its end? */
static inline bool sx_wait_must_park(const struct sx_wait *wait)
{
    return !wait->spinning;
}

/* Is it time to look for deaths? By a tick that doubles from 1 to 64 ms while the wait lasts. */
bool sx_wait_should_look(struct sx_wait *wait);

/* Sleeps while `*word` is `value`, at most until the deadline or the next tick. */
void sx_wait_park(struct sx_wait *wait, const _Atomic uint32_t *word, uint32_t value);

/* Has the wait lasted for so long that instant notice of deaths is worth its price? */
bool sx_wait_is_long(const struct sx_wait *wait);

/* Sleeps on what is armed in the sleeper. `covered`: every death that matters would end the sleep,
 * so that looking for deaths can wait for two seconds; else it is done by the tick. */
void sx_wait_sleep(struct sx_wait *wait, struct sx_sleeper *sleeper, bool covered);

bool sx_wait_expired(const struct sx_wait *wait);

/* The wait was for something: remembers whether spinning paid. */
void sx_wait_end(struct sx_wait *wait);

#endif
