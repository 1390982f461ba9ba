/* SPDX-License-Identifier: MIT */
/*
 * A trial: there are two ways to do the same thing, and which is quicker depends on what nobody can
 * be asked: how far apart the processors are, say, which changes when a virtual machine is moved.
 * So now and then both are tried, by turns, and the quicker one is kept for a while. The first way
 * is the plain one, and the second is kept only if it is clearly quicker.
 */
#ifndef SX_TRIAL_H
#define SX_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

/* So many runs make a trial; what it finds is kept for so many publications. (The first run of a
 * stream counts like any other.) */
#define SX_TRIAL_RUNS 8u
#define SX_TRIAL_KEPT (UINT64_C(1) << 20)

/* So many publications at least are a run: many for a ring, few for the system, which takes the
 * processor away now and then. A consumer's run is as long as two of its producer's, so that while
 * both are at a trial each of its ways meets both of the other's. */
#define SX_TRIAL_PRODUCERS_RUN 4096u
#define SX_TRIAL_CONSUMERS_RUN (2 * SX_TRIAL_PRODUCERS_RUN)

struct sx_trial {
    bool second;           /* the way now */
    uint32_t run;          /* publications of a run */
    uint32_t runs;         /* that still belong to the trial, this one included; 0: none is on */
    uint64_t since, until; /* this run, or what is kept: from one publication to another, */
    int64_t since_ns;      /* and when it began */
    int64_t least_ps[2];   /* that a publication took in the best run of the trial, by way */
};

/* Begins with the second way, and a trial as soon as it is asked. */
void sx_trial_init(struct sx_trial *trial, uint32_t run);

/* Is the run over, with that publication next? */
static inline bool sx_trial_is_due(const struct sx_trial *trial, uint64_t next)
{
    return (int64_t)(next - trial->until) >= 0;
}

/* It is: judges it, and chooses the way that comes next. */
void sx_trial_go_on(struct sx_trial *trial, uint64_t next, int64_t now_ns);

#endif
