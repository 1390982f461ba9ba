/* SPDX-License-Identifier: MIT */
/* What is not on the fast path of publishing: another series, wakes, stamps, the end of a turn. */
#include "producer/publish.h"

#include "kernel/clock.h"
#include "memory/wake.h"

int sx_publish_wake(struct streamx_producer *p)
{
    sx_wake_consumers(p->segment.control);
    sx_fence_busy(&p->fence);
    sx_producer_choose_way(p);
    return 0;
}

int sx_publish_tell_behind_fence(struct streamx_producer *p)
{
    sx_fence_pass(&p->fence);
    if (sx_publish_anybody_sleeps(p->segment.control))
        return sx_publish_wake(p);
    sx_fence_idle(&p->fence);
    if (p->fence.left == 0)
        sx_producer_choose_way(p);
    return 0;
}

/* What the slots hold that are filled: from now on their last seqs are not to be had by
 * counting. */
SX_OUT_OF_LINE static void note_slots(struct streamx_producer *p)
{
    uint32_t slots = p->segment.shape.slots, slot = sx_producer_slot(p);
    uint64_t q = p->next;

    while (p->next - q < slots && q != p->plain_since) {
        q--;
        slot = slot == 0 ? slots - 1 : slot - 1;
        p->slot_last[slot] = sx_series_seq(&p->series, q);
    }
    p->plain_since = p->next;
}

/* The next publication is the first of another series, whatever that is. */
static void change_series(struct streamx_producer *p, uint64_t extent)
{
    if (sx_extent_count(extent) != sx_extent_count(p->series.extent))
        note_slots(p);
    sx_series_change(&p->series, p->next - 1, extent);
}

void sx_publish_leave_out(struct streamx_producer *p, uint64_t bytes)
{
    change_series(p, 0); /* so that the publication is the first of its series */
    p->series.bytes -= bytes;
    sx_producer_told(p, 0);
}

/*
 * Tells of the series of the next publication where its readers look for it, by the parity; and
 * publishes. With the second one of a series it is told wherever they look: `told`. 0.
 */
SX_IN_LINE int tell_and_publish(struct streamx_producer *p, uint32_t count, uint64_t extent,
                                uint64_t told)
{
    struct sx_spot at = sx_producer_spot(p);
    struct sx_told_series *series = &at.control->series[at.publication & 1];

    /* Relaxed, all: published by the stamp. */
    SX_STORE(publish_series_extent, &series->extent, extent, memory_order_relaxed);
    SX_STORE(publish_series_seqs, &series->seqs, p->series.seqs, memory_order_relaxed);
    SX_STORE(publish_series_bytes, &series->bytes, p->series.bytes, memory_order_relaxed);
    sx_producer_told(p, told);
    sx_publish_show(p, at, count, extent);
    return sx_publish_tell(p);
}

/* After publications of more messages, or of fewer. */
SX_OUT_OF_LINE static int publish_another_count(struct streamx_producer *p, uint32_t count,
                                                uint64_t extent)
{
    change_series(p, extent);
    return tell_and_publish(p, count, extent, 0);
}

int sx_publish_another(struct streamx_producer *p, uint64_t extent)
{
    uint32_t count = sx_extent_count(extent);

    if (extent == p->told) {
        sx_publish_show(p, sx_producer_spot(p), count, extent);
        return sx_publish_tell(p);
    }
    if (extent == p->series.extent)
        return tell_and_publish(p, count, extent, extent);
    if (count != sx_extent_count(p->series.extent))
        return publish_another_count(p, count, extent);
    sx_series_lengthen(&p->series, p->next - 1, extent);
    return tell_and_publish(p, count, extent, 0);
}

/* The time, or the producer's own number, if the stream carries it. Without, the word is 0 from the
 * beginning. */
static inline void note_time(struct streamx_producer *p)
{
    uint32_t flags = p->segment.shape.flags;
    struct sx_control *control = p->segment.control;
    struct sx_frame *frame = p->frame;
    uint64_t time_ns = flags & STREAMX_TIMESTAMPS ? (uint64_t)sx_clock_now() : p->stamp;

    if (!(flags & (STREAMX_TIMESTAMPS | STREAMX_STAMPS)))
        return;
    /* Relaxed, both: published by the stamp. */
    SX_STORE(publish_time, &frame->time_ns, time_ns, memory_order_relaxed);
    SX_STORE(publish_number, &control->last_stamp[p->next & 1], p->stamp, memory_order_relaxed);
}

int sx_publish_specially(struct streamx_producer *p, uint64_t extent)
{
    note_time(p);
    sx_publish_another(p, extent);
    p->turn.own_seq = sx_producer_last_seq(p);
    if (p->turn.holding)
        sx_turn_end(p);
    return 0;
}

int sx_publish_tell_and_end_turn(struct streamx_producer *p)
{
    sx_publish_tell_behind_fence(p);
    sx_turn_end(p);
    return 0;
}
