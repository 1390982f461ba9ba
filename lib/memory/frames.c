/* SPDX-License-Identifier: MIT */
/*
 * Reading what the producer may be overwriting. The producer stores `claimed` before the first byte
 * of a slot; so what was read is good if `claimed`, loaded afterwards, has not reached the next
 * publication of the same slot.
 */
#include "memory/frames.h"

#include "kernel/barrier.h"

/* A look takes some tens of nanoseconds, about as long as a publication: a few tries are normal. */
#define PATIENCE 100000

bool sx_frames_newest(const struct sx_segment *segment, uint64_t *publication, uint64_t *last_seq)
{
    const struct sx_control *control = segment->control;

    for (int i = 0; i < PATIENCE; i++) {
        /* Acquire pairs with the release in publish.h: last_seq of this parity was stored before. */
        uint64_t newest = atomic_load_explicit(&control->published, memory_order_acquire);
        uint64_t next = newest + 1;
        const struct sx_frame *frame =
            sx_frames_at(segment, sx_ring_index(next, segment->shape.slots));

        /* One further: a producer that died in between has stamped but not counted it. */
        if (atomic_load_explicit(&frame->stamp, memory_order_acquire) == next)
            *publication = next;
        else
            *publication = newest;
        *last_seq =
            atomic_load_explicit(&control->last_seq[*publication & 1], memory_order_relaxed);
        /* A word of this parity is written again only after `published` has moved on. */
        sx_barrier_loads();
        if (atomic_load_explicit(&control->published, memory_order_relaxed) == newest)
            return true;
    }
    return false;
}

bool sx_frames_seqs(const struct sx_segment *segment, uint64_t publication, uint64_t *first_seq,
                    uint32_t *count)
{
    const struct sx_frame *frame =
        sx_frames_at(segment, sx_ring_index(publication, segment->shape.slots));
    uint64_t claimed;

    if (atomic_load_explicit(&frame->stamp, memory_order_acquire) != publication)
        return false;
    *first_seq = atomic_load_explicit(&frame->first_seq, memory_order_relaxed);
    *count = sx_extent_count(atomic_load_explicit(&frame->extent, memory_order_relaxed));
    sx_barrier_loads();
    claimed = atomic_load_explicit(&segment->control->claimed, memory_order_relaxed);
    return sx_after(publication + segment->shape.slots, claimed);
}
