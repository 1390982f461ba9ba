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
    if (sx_publish_anybody_sleeps(p))
        return sx_publish_wake(p);
    sx_fence_idle(&p->fence);
    if (p->fence.left == 0)
        sx_producer_choose_way(p);
    return 0;
}

/* What the slots hold that are filled: from now on their last seqs are not to be had by counting. */
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

/* The next publication is the first of another series. */
SX_IN_LINE void change_series(struct streamx_producer *p, uint64_t extent)
{
    if (sx_extent_count(extent) != sx_extent_count(p->series.extent))
        note_slots(p);
    sx_series_change(&p->series, p->next - 1, extent);
}

void sx_publish_leave_out(struct streamx_producer *p, uint64_t bytes)
{
    change_series(p, 0); /* so that the publication is the first of its series */
    p->series.bytes -= bytes;
    p->told = 0;
}

/*
 * Tells of the series of the next publication where its readers look for it, by the parity. With
 * the second one of a series, wherever they look.
 */
SX_IN_LINE void tell_series(struct streamx_producer *p, uint32_t count, uint64_t bytes)
{
    struct sx_told_series *told = &p->segment.control->series[p->next & 1];
    uint64_t extent = sx_extent_make(count, (uint32_t)bytes);
    bool second = extent == p->series.extent;

    if (!second)
        change_series(p, extent);
    /* Relaxed, all: published by the stamp. */
    SX_STORE(publish_series_extent, &told->extent, extent, memory_order_relaxed);
    SX_STORE(publish_series_seqs, &told->seqs, p->series.seqs, memory_order_relaxed);
    SX_STORE(publish_series_bytes, &told->bytes, p->series.bytes, memory_order_relaxed);
    p->told = second ? extent : 0;
}

int sx_publish_another(struct streamx_producer *p, uint32_t count, uint64_t bytes)
{
    if (!sx_publish_is_told(p, count, bytes))
        tell_series(p, count, bytes);
    sx_publish_show(p, count, bytes);
    return sx_publish_tell(p);
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

int sx_publish_specially(struct streamx_producer *p, uint32_t count, uint64_t bytes)
{
    note_time(p);
    sx_publish_another(p, count, bytes);
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
