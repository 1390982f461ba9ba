/* SPDX-License-Identifier: MIT */
/* The pen in the hand of one who dies. How it is waited for is in producer/turn.c. */
#include "memory/pen.h"

#include "memory/position.h"
#include "memory/store.h"
#include "memory/wake.h"

uint64_t sx_pen_lay_down(struct sx_segment *segment)
{
    uint64_t was;

    /* Release: the next one who takes it sees all that we have published. An exchange: a mark that
     * somebody sets meanwhile is seen here, or finds the pen free. */
    SX_STEP(pen_lay_down, was = atomic_exchange_explicit(&segment->control->pen, SX_PEN_FREE,
                                                         memory_order_acq_rel));
    return was;
}

void sx_pen_tell_watchers(struct sx_segment *segment)
{
    if (atomic_load_explicit(&segment->control->pen_watched, memory_order_acquire) == 0)
        return;
    SX_STORE(pen_watched, &segment->control->pen_watched, 0, memory_order_seq_cst);
    sx_wake_producer(segment->control);
}

bool sx_pen_recover(struct sx_segment *segment, uint64_t dead, uint64_t heir)
{
    uint64_t pen = atomic_load_explicit(&segment->control->pen, memory_order_seq_cst);

    if (sx_pen_attach(pen) != dead)
        return true;
    /* From that very holder, whose number is never used twice: of several heirs, one takes it. */
    if (!SX_SWAP(pen_inherit, &segment->control->pen, &pen, sx_pen_make(heir), memory_order_acq_rel,
                 memory_order_relaxed))
        return false;
    sx_position_recover(segment);
    sx_pen_lay_down(segment);
    sx_pen_tell_watchers(segment);
    return true;
}
