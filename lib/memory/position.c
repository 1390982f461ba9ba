/* SPDX-License-Identifier: MIT */
/*
 * Everything that a successor has to know is stored before the stamp that makes a publication: the
 * series that it belongs to and the producer's own number, each in the one of two places that the
 * publication before it does not use, unless it is told there already. So recovery copies and never
 * adds, and can be done again by the next one if who does it dies as well.
 */
#include "memory/position.h"

#include "kernel/barrier.h"
#include "memory/store.h"
#include "memory/wake.h"

/* The dead one may have told half of a series where the next publication's readers will look, and
 * the living may rely on what had been told there. */
static void restore_series(struct sx_control *control, uint64_t published)
{
    const struct sx_told_series *from = &control->series[published & 1];
    struct sx_told_series *to = &control->series[~published & 1];

    /* Relaxed, all: who relies on them has acquired the pen, which is laid down behind them
     * (pen.h); or it is we who publish next, and the stamp publishes them. */
    SX_STORE(recover_extent, &to->extent, atomic_load_explicit(&from->extent, memory_order_relaxed),
             memory_order_relaxed);
    SX_STORE(recover_seqs, &to->seqs, atomic_load_explicit(&from->seqs, memory_order_relaxed),
             memory_order_relaxed);
    SX_STORE(recover_bytes, &to->bytes, atomic_load_explicit(&from->bytes, memory_order_relaxed),
             memory_order_relaxed);
}

void sx_position_recover(struct sx_segment *segment)
{
    struct sx_control *control = segment->control;
    uint64_t next = 1 + atomic_load_explicit(&control->published, memory_order_acquire);
    const struct sx_frame *frame = sx_frames_at(segment, sx_ring_index(next, segment->shape.slots));

    /* Acquire: what was stored before the stamp. Release: as in publish.h. */
    if (atomic_load_explicit(&frame->stamp, memory_order_acquire) == next)
        SX_STORE(recover_published, &control->published, next, memory_order_release);
    else
        restore_series(control, next - 1);
    /* Whatever the dead one had seen of sleepers, it may not have woken them. */
    sx_wake_consumers(control);
}

void sx_position_read(const struct sx_segment *segment, struct sx_position *position)
{
    const struct sx_control *control = segment->control;
    uint64_t newest = 0;

    for (int i = 0; i < 1000; i++) {
        /* Acquire: the words of its parity. */
        newest = atomic_load_explicit(&control->published, memory_order_acquire);
        sx_frames_position(segment, newest, position);
        /* Words of this parity are written again only after `published` has moved on. */
        sx_barrier_loads();
        if (atomic_load_explicit(&control->published, memory_order_relaxed) == newest)
            break;
    }
}

bool sx_position_needed(const struct sx_segment *segment, uint64_t next, uint64_t last_seq,
                        uint64_t *needed)
{
    uint32_t slots = segment->shape.slots, count;

    *needed = 0;
    if (next <= slots) /* it holds nothing yet */
        return true;
    if (slots == 1) {
        *needed = last_seq;
        return true;
    }
    if (!sx_frames_seqs(segment, next - slots + 1, needed, &count))
        return false;
    *needed -= 1;
    return true;
}
