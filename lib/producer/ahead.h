/* SPDX-License-Identifier: MIT */
/*
 * Fetching the lines of slots some time before they are written, so that no store waits for one.
 * How far ahead, and in which rings, depends on the processor (kernel/processor.h); on some also on
 * how far the consumers are: where lines cross slowly it saves up to a third, where they cross
 * quickly it costs an eighth. There it is tried.
 */
#ifndef SX_AHEAD_H
#define SX_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "memory/layout.h"
#include "waiting/trial.h"

struct sx_ahead {
    int64_t slots;  /* a line is fetched so many slots ahead; INT64_MAX: none is */
    uint64_t bytes; /* and so many bytes; the same whether or not */
    int64_t most;   /* what `slots` is when it is not that */
    bool tries;     /* whether it pays; else it does */
    struct sx_trial trial;
};

void sx_ahead_init(struct sx_ahead *ahead, const struct sx_shape *shape);

/* Is the choice to be thought over, with that publication next? */
static inline bool sx_ahead_is_due(const struct sx_ahead *ahead, uint64_t next)
{
    return ahead->tries && sx_trial_is_due(&ahead->trial, next);
}

/* Thinks it over. */
void sx_ahead_go_on(struct sx_ahead *ahead, uint64_t next);

#endif
