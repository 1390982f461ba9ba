/* SPDX-License-Identifier: MIT */
/* Spinning: whether a handle does, for how long, and how often it looks meanwhile. */
#ifndef SX_SPIN_H
#define SX_SPIN_H

#include <stdbool.h>
#include <stdint.h>

#include "waiting/beat.h"
#include "waiting/glance.h"

/*
 * How a handle has fared with spinning; carried from wait to wait.
 *
 * The budget is for a whole wait, and by the clock (wait.h). Before it is worth reading the clock
 * come some microseconds in which a peer that runs answers, counted in turns. Where the two sides
 * hand over one by one, every turn looks. Where they are streaming, a look at the line that the
 * other one is writing slows both down, and what it finds is one slot at a time; so the first look
 * comes after a stride of turns, and a run builds up meanwhile:
 *
 *   A consumer that finds the next publication at its first look, time and again, doubles its
 *   stride; where it does not, it halves it: what the stride adds to the latency of a message is of
 *   the order of the time between two of them. For one message at a time that is next to nothing.
 *
 *   A producer that has filled a deep ring waits for a part of it: its consumers have all the rest
 *   before them, so that nothing is held up. In a shallower one each turn looks, since the lines of
 *   all slots that a look finds free are fetched at once.
 *
 * How long a turn is depends on the processor (kernel/processor.h), and in a shallow ring on how
 * far apart the two are, which is what is waited there in all slots together: where lines cross
 * slowly, who looks often holds up the one who writes; where they cross quickly, a look that comes
 * late is a good part of the wait. With one slot on an EPYC a message took 133 ns with two pauses
 * a turn and 125 with one where a line crosses in 80 ns; where it takes 300, 345 and 486.
 */
struct sx_spin {
    /* The budget. */
    int64_t bound_ns;     /* never spin longer */
    int64_t budget_ns;    /* for the next wait */
    uint32_t skipped;     /* waits that did not spin, since the budget was lost or the last probe */
    uint32_t probe_after; /* so many of them */
    uint32_t in_vain;     /* waits in a row for which spinning did nothing */
    bool tuned;           /* by itself; else the bound is the caller's word */
    int64_t cut_ns;       /* spun in waits that were too short for the budget, since one was not */

    /* The crowd. */
    bool alone;        /* on the only processor of the machine */
    uint32_t slots;    /* the ring's */
    bool crowded;      /* the stream has more parties than there are processors for */
    uint32_t turns;    /* that a round of them takes, if the ring is deep; else 1 */
    int64_t waited_ns; /* in one: when a wait ended last */
    uint32_t rest;     /* waits in which nobody is given way to, after one who took long; */
    uint32_t resting;  /* of these are left */

    /* The stride. */
    uint64_t since;    /* the publication that was waited for last */
    uint32_t stride;   /* turns between two looks */
    uint32_t furthest; /* by the ring's depth */

    /* The turn. */
    uint32_t pauses; /* for each */
    uint32_t longer; /* pauses, where lines cross slowly: of the processor's */
    uint32_t took;   /* turns, the spin before */
    uint32_t spins;  /* and those before it, since the length was judged last: how many, */
    uint64_t spun;   /* pauses of them all, */
    uint64_t judged; /* and before which publication that was */

    struct sx_beat beat;
    struct sx_glance glance;
};

#define SX_SPIN_CLOSE 64u /* slots, in which a producer looks at each turn */
#define SX_SPIN_DEEP 64u  /* slots; a shallower ring runs dry while a round of a crowd lasts */
#define SX_SPIN_TURNS 64u
#define SX_SPIN_SHORTEST_NS 20000
#define SX_SPIN_FURTHEST 512u
#define SX_SPIN_ROUND_NS INT64_C(20000) /* of a round of all in a crowd, for each of its turns */
#define SX_SPIN_GLANCES 1024u           /* in vain; from then on only every so many waits: */
#define SX_SPIN_SELDOM 16u
#define SX_SPIN_YIELDS 2u /* turns that give way, in a wait; and where that has just paid: */
#define SX_SPIN_YIELDS_PAID 8u
#define SX_SPIN_ALONE 4u     /* as far as the stride goes while publications come one by one */
#define SX_SPIN_SHALLOW 8u   /* slots, in which the length of a turn follows the waits */
#define SX_SPIN_NEAR 6u      /* pauses that are spun in all of them, beside the crossings */
#define SX_SPIN_JUDGED 1024u /* publications, after which that is thought over */

/* `spin_ns` as in the public options: 0 = self-tuned, -1 = never, but for a glance. */
void sx_spin_init(struct sx_spin *spin, int64_t spin_ns, uint32_t slots);

/*
 * How many parties the stream has, the producer included. When there are more than processors,
 * nobody follows a beat, and a self-tuned spin would take the processor from the one that is waited
 * for: each of its turns gives way. But in a shallow ring few are ready to run at a time, and
 * whoever spins keeps its processor from falling asleep, from which it is far slower to wake than a
 * process. So there half as many parties again as processors are no crowd yet, and with one slot
 * twice as many.
 */
void sx_spin_crowd(struct sx_spin *spin, uint32_t parties);

/* A shorter timeout leaves no time for it; negative: for ever. */
static inline bool sx_spin_fits(int64_t timeout_ns)
{
    return timeout_ns < 0 || timeout_ns >= SX_SPIN_SHORTEST_NS;
}

/* Would a spin that does not give way only be in the way? */
static inline bool sx_spin_unwelcome(const struct sx_spin *spin)
{
    return spin->tuned && spin->crowded;
}

/*
 * Does each turn give way to whoever else is ready to run? In a crowd that is most likely one of
 * the other parties, and this is the quickest way to hand over to it: nobody has to be woken, and
 * no processor is idle as long as there is something to do. It may be somebody else, who keeps the
 * processor for as long as the scheduler lets him, whereas one that sleeps and is woken gets it
 * back from him at once. So where a turn takes long, the next waits sleep: the more of them, the
 * oftener that happens.
 */
static inline bool sx_spin_yields(const struct sx_spin *spin)
{
    return spin->crowded && (spin->tuned || spin->bound_ns == 0);
}

/*
 * How many such turns there are, while they take no longer in all than one of them may. More where
 * the last wait has been over without a sleep: between those who stream a turn ends when some of
 * the others have had theirs, and who sleeps then costs itself and whoever wakes it more than a few
 * turns do. Where each message finds all asleep, they would give way to each other for nothing.
 */
static inline uint32_t sx_spin_yields_most(const struct sx_spin *spin)
{
    return spin->in_vain == 0 ? SX_SPIN_YIELDS_PAID : SX_SPIN_YIELDS;
}

/*
 * Does a wait that does not spin at least glance? For about as long as the system call of a sleep
 * would take, or of a wake. Then it finds the answer of a peer that runs, and both stay awake; else
 * two that have each put the other to sleep would go on doing so, at ten times the price. In a
 * crowd it gives way instead; else not on the only processor. Seldom where that has long been in
 * vain.
 */
static inline bool sx_spin_glances(const struct sx_spin *spin)
{
    return (sx_spin_yields(spin) || (!spin->alone && !spin->crowded)) &&
           (spin->in_vain < SX_SPIN_GLANCES || spin->in_vain % SX_SPIN_SELDOM == 0);
}

/* Does it glance for longer where that spares sleeps (glance.h)? */
static inline bool sx_spin_glances_long(const struct sx_spin *spin)
{
    return !spin->tuned && spin->bound_ns == 0 && !spin->alone && !spin->crowded;
}

/* A turn. Leaves the core's shared units, and the memory bus, to others for a moment. */
static inline void sx_spin_turn(const struct sx_spin *spin)
{
    (void)spin;
#if defined(__x86_64__) || defined(__i386__)
    for (uint32_t pauses = spin->pauses; pauses > 0; pauses--)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

/* SX_SPIN_JUDGED publications or more have come since the length of a turn was judged last. */
void sx_spin_judge(struct sx_spin *spin, uint64_t next);

/* A spin begins, for that publication, or for room for it. How long its turns are follows from
 * those before: between a spin and what it was for nothing is done that can be done here. */
static inline void sx_spin_adapt(struct sx_spin *spin, uint64_t next)
{
    spin->spins++;
    spin->spun += spin->took * spin->pauses;
    if (next - spin->judged >= SX_SPIN_JUDGED)
        sx_spin_judge(spin, next);
}

/* How many turns a wait is worth before the clock is read. */
static inline uint32_t sx_spin_turns(const struct sx_spin *spin)
{
    return spin->budget_ns > 0 && !sx_spin_unwelcome(spin) ? SX_SPIN_TURNS + 2 * spin->stride : 0;
}

/* Lets the time until the next look pass; the turns that it took. */
static inline uint32_t sx_spin_stride(const struct sx_spin *spin)
{
    uint32_t stride = spin->stride;

    for (uint32_t i = 0; i < stride; i++)
        sx_spin_turn(spin);
    return stride;
}

/* A consumer's turns have ended, after a run of that many publications. `first`: at the first
 * look. */
static inline void sx_spin_learn(struct sx_spin *spin, uint64_t run, bool first)
{
    if (!first)
        spin->stride = spin->stride > 1 ? spin->stride / 2 : 1;
    else if (run > 1 || spin->stride < SX_SPIN_ALONE)
        spin->stride = spin->stride * 2 < spin->furthest ? spin->stride * 2 : spin->furthest;
}

/* Is it time to try spinning again, which has not paid lately? Counts the waits that ask. */
bool sx_spin_probe(struct sx_spin *spin);

/* One who was given way to kept the processor for long. */
void sx_spin_rest(struct sx_spin *spin);

/* A wait's time was up when it had spun for so long, with some of the budget left. True: those of
 * that kind have been long enough by now for one in vain. (By one who waits in rounds.) */
bool sx_spin_cut_short(struct sx_spin *spin, int64_t spun_ns);

/* A wait has ended: spinning was in vain, if it had to sleep or nothing came, or it paid. */
void sx_spin_settle(struct sx_spin *spin, bool in_vain);

#endif
