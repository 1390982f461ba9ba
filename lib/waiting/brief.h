/* SPDX-License-Identifier: MIT */
/* Spinning: how long a handle may, and the brief spin before a wait. */
#ifndef SX_BRIEF_H
#define SX_BRIEF_H

#include <stdbool.h>
#include <stdint.h>

/* How a handle has fared with spinning; carried from wait to wait. */
struct sx_spin {
    int64_t bound_ns;  /* never spin longer */
    int64_t budget_ns; /* for the next wait */
    uint32_t
        skipped; /* waits without spinning, since the budget fell to nothing or the last probe */
    uint32_t probe_after;
    bool tuned;        /* by itself; else the bound is the caller's word */
    bool crowded;      /* the stream has more parties than there are processors: */
    uint32_t turns;    /* so many turns make a round of them */
    int64_t waited_ns; /* when a wait ended last that had to sleep */
};

/* `spin_ns` as in the public options: 0 = self-tuned, -1 = never. */
void sx_spin_init(struct sx_spin *spin, int64_t spin_ns);

/*
 * So many parties has the stream, the producer included. When there are more than processors, a
 * self-tuned spin takes the processor from the one that is waited for: then there is none. Not for
 * a shallow ring, in which all wait for each other at every step: there a party that spins keeps
 * its processor from falling asleep, from which it is far slower to wake than a process.
 */
void sx_spin_crowd(struct sx_spin *spin, uint32_t parties);

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
 * answers. Where the two sides hand over one by one, every turn looks. Where they are streaming, a
 * look at the line that the other one is writing slows both down, and what it finds is one slot at
 * a time; so the first look comes later, and a run builds up meanwhile:
 *
 *   a consumer that finds the next publication at its first look, time and again, waits twice as
 *   long before that look; where it does not, half as long: what it adds to the latency of a
 * message is of the order of the time between two of them. For one message at a time that is next
 * to nothing; a producer that has filled the ring waits for a part of the ring: its consumers have
 * all the rest of it before them, so that nothing is held up.
 */
struct sx_brief {
    uint64_t since;    /* the publication that was waited for last */
    uint32_t stride;   /* turns between two looks */
    uint32_t furthest; /* by the ring's depth */
};

#define SX_BRIEF_TURNS 64u
#define SX_BRIEF_LEAST_NS 20000 /* shorter timeouts leave no time for it */
#define SX_BRIEF_FURTHEST 512u
#define SX_BRIEF_ALONE 4u /* as far as it goes while publications come one by one */

static inline void sx_brief_init(struct sx_brief *brief, uint32_t slots)
{
    *brief = (struct sx_brief){.stride = 1, .furthest = slots / 8 + 1};
    if (brief->furthest > SX_BRIEF_FURTHEST)
        brief->furthest = SX_BRIEF_FURTHEST;
}

/* A wait begins. How many turns it is worth. */
static inline uint32_t sx_brief_turns(const struct sx_brief *brief, const struct sx_spin *spin)
{
    return spin->budget_ns > 0 && !(spin->tuned && spin->crowded)
               ? SX_BRIEF_TURNS + 2 * brief->stride
               : 0;
}

/* A consumer's wait has ended, after a run of that many publications. `first`: at the first look.
 */
static inline void sx_brief_learn(struct sx_brief *brief, uint64_t run, bool first)
{
    if (!first)
        brief->stride = brief->stride > 1 ? brief->stride / 2 : 1;
    else if (run > 1 || brief->stride < SX_BRIEF_ALONE)
        brief->stride = brief->stride * 2 < brief->furthest ? brief->stride * 2 : brief->furthest;
}

/* Lets the time until the next look pass; the turns that it took. */
static inline uint32_t sx_brief_pause(const struct sx_brief *brief)
{
    for (uint32_t i = 0; i < brief->stride; i++)
        sx_spin_pause();
    return brief->stride;
}

#endif
