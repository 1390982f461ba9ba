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

void sx_frames_position(const struct sx_segment *segment, uint64_t publication,
                        struct sx_position *position)
{
    const struct sx_control *control = segment->control;
    const struct sx_told_series *told = &control->series[publication & 1];
    /* Relaxed, all: the caller has read the publication's number with acquire. */
    const struct sx_series series = {
        .extent = atomic_load_explicit(&told->extent, memory_order_relaxed),
        .seqs = atomic_load_explicit(&told->seqs, memory_order_relaxed),
        .bytes = atomic_load_explicit(&told->bytes, memory_order_relaxed)};

    *position = (struct sx_position){
        .published = publication,
        .last_seq = sx_series_seq(&series, publication),
        .bytes = sx_series_bytes(&series, publication),
        .stamp = atomic_load_explicit(&control->last_stamp[publication & 1], memory_order_relaxed),
        .series = series};
}

bool sx_frames_newest(const struct sx_segment *segment, struct sx_position *position)
{
    const struct sx_control *control = segment->control;

    for (int i = 0; i < PATIENCE; i++) {
        /* Acquire pairs with the release in publish.h: the words of this parity were stored
         * before. */
        uint64_t newest = atomic_load_explicit(&control->published, memory_order_acquire);
        uint64_t next = newest + 1;
        const struct sx_frame *frame =
            sx_frames_at(segment, sx_ring_index(next, segment->shape.slots));

        /* One further: a producer that died in between has stamped but not counted it. */
        bool stamped = atomic_load_explicit(&frame->stamp, memory_order_acquire) == next;

        sx_frames_position(segment, stamped ? next : newest, position);
        /* Words of this parity are written again only after `published` has moved on. */
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
