/* SPDX-License-Identifier: MIT */
/* What is not on the fast path of publishing: wakes, stamps, the end of a turn. */
#include "producer/publish.h"

#include "kernel/clock.h"
#include "memory/wake.h"

int sx_publish_wake(struct streamx_producer *p)
{
    sx_wake_consumers(p->segment.control);
    sx_fence_busy(&p->fence);
    return 0;
}

int sx_publish_tell_behind_fence(struct streamx_producer *p)
{
    sx_fence_pass(&p->fence);
    if (sx_publish_anybody_sleeps(p))
        return sx_publish_wake(p);
    sx_fence_idle(&p->fence);
    return 0;
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
    sx_publish(p, count, bytes);
    p->turn.own_seq = p->last_seq;
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
