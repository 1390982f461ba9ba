/* SPDX-License-Identifier: MIT */
/*
 * Fetching the lines of slots some time before they are written, so that no store waits for one.
 * How far ahead, and in which rings, depends on the processor (kernel/processor.h).
 *
 * On some it also depends on how far the consumers are: where lines cross slowly it saves up to a
 * third, where they cross quickly it costs an eighth. Nobody can be asked about that, and a virtual
 * machine is moved about. So both ways are tried now and then, by turns, and the quicker is kept.
 */
#ifndef SX_AHEAD_H
#define SX_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "memory/layout.h"

/* A trial is so many runs of so many publications at least; what it finds is kept for so many. (A
 * run is long against the depth of the ring, since what has been fetched is found in the next one
 * too; and short against what the system does to a process now and then.) */
#define SX_AHEAD_RUNS 8u
#define SX_AHEAD_RUN 4096u
#define SX_AHEAD_KEPT (UINT64_C(1) << 20)

struct sx_ahead {
    int64_t slots;  /* a line is fetched so many slots ahead; INT64_MAX: none is */
    uint64_t bytes; /* and so many bytes; the same whether or not */
    int64_t most;   /* what `slots` is when it is not that */

    /* The run: there is a next one, from its first publication to another. */
    bool tries;
    uint64_t since, until;
    int64_t since_ns; /* when it began */
    uint32_t runs; /* that still belong to the trial, this one included; 0: its finding is kept */
    int64_t least_ps[2]; /* for a publication in the best run of the trial, without, and with */
};

void sx_ahead_init(struct sx_ahead *ahead, const struct sx_shape *shape);

/* Is the run over, with that publication next? */
static inline bool sx_ahead_is_due(const struct sx_ahead *ahead, uint64_t next)
{
    return ahead->tries && (int64_t)(next - ahead->until) >= 0;
}

/* It is: judges it, and goes on in the way that comes next. */
void sx_ahead_go_on(struct sx_ahead *ahead, uint64_t next, int64_t now_ns);

#endif
