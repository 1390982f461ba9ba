/* SPDX-License-Identifier: MIT */
/* What the producer sees of its consumers. */
#ifndef SX_VIEW_H
#define SX_VIEW_H

#include "producer/handle.h"

/* Looks at the epoch, then at the active seats. */
void sx_view_refresh(struct streamx_producer *producer);

/* Counts the slots that are free by the last look. True: the next one is. */
bool sx_view_count(struct streamx_producer *producer);

/* Is it, counting only if it may be? */
static inline bool sx_view_is_free(struct streamx_producer *producer)
{
    return sx_producer_room(producer) > 0 || (!producer->room_counted && sx_view_count(producer));
}

/* Has the one acknowledged that was the furthest behind at the last look? */
static inline bool sx_view_slowest_moved(const struct streamx_producer *producer)
{
    const struct sx_seat *seat = &producer->segment.control->seats[producer->tally.slowest_seat];

    /* Relaxed: a hint; refresh loads again with acquire. */
    return atomic_load_explicit(&seat->cursor, memory_order_relaxed) != producer->slowest_cursor;
}

/* Might a new look show anything new? Two loads, for the spinning. */
static inline bool sx_view_moved(const struct streamx_producer *producer)
{
    const struct sx_control *control = producer->segment.control;

    /* Relaxed: likewise. */
    return atomic_load_explicit(&control->epoch, memory_order_relaxed) != producer->epoch ||
           (producer->tally.attached > 0 && sx_view_slowest_moved(producer));
}

/* Looks, if there may be anything new. True: the next slot is free by now, and `least` seqs behind
 * it too; and the lines of the next slots are on their way. For the spinning. */
bool sx_view_room(struct streamx_producer *producer, uint64_t least);

/* See sx_view_fetch. */
void sx_view_fetch_room(const struct streamx_producer *producer);

/* Is there one consumer as before, and does the ring hold single messages, all of them ours? Then
 * what is free follows from its cursor at once. */
static inline bool sx_view_is_simple(const struct streamx_producer *producer)
{
    const struct sx_control *control = producer->segment.control;

    /* Relaxed: who comes later, or goes, is noticed by the claim (pair 4). */
    return atomic_load_explicit(&control->epoch, memory_order_relaxed) == producer->epoch &&
           !producer->shared && producer->active_count == 1 && producer->tally.attached == 1 &&
           sx_extent_count(producer->series.extent) == 1 &&
           !sx_after(producer->plain_since, producer->next - producer->segment.shape.slots);
}

/* The only consumer's cursor, which is not evicted: what is known by that. Nothing is counted. */
static inline void sx_view_note_cursor(struct streamx_producer *producer, uint64_t cursor)
{
    uint64_t seq = sx_cursor_seq(cursor);

    producer->slowest_cursor = cursor;
    producer->limit = producer->tally.slowest = producer->tally.acknowledged = seq;
}

/* The same in the simple case; how many slots are free. */
static inline int64_t sx_view_take_cursor(struct streamx_producer *producer, uint64_t cursor)
{
    uint64_t slots = producer->segment.shape.slots;
    int64_t room;

    sx_view_note_cursor(producer, cursor);
    room = sx_series_room(&producer->series, producer->next - slots, producer->limit);
    room = room > (int64_t)slots ? (int64_t)slots : room;
    producer->room_end = producer->next + (uint64_t)room;
    producer->room_counted = true;
    return room;
}

/* There is room: has the lines of the next slots on their way, where that pays. */
static inline void sx_view_fetch(struct streamx_producer *producer)
{
    if (sx_ahead_is_due(&producer->ahead, producer->next))
        sx_ahead_go_on(&producer->ahead, producer->next);
    if (producer->ahead.slots != INT64_MAX)
        sx_view_fetch_room(producer);
}

/* Looks, reaping the dead where they matter, and returns those of `events` that hold, or 0, or
 * -EPIPE. */
int sx_view_evaluate(struct streamx_producer *producer, unsigned events);

/* The seq after which the next slot is free. */
uint64_t sx_view_needed(const struct streamx_producer *producer);

/* What an acknowledger must reach to be worth a wake: SX_WANTED_NO_SEQ if none can be. */
uint64_t sx_view_wanted(const struct streamx_producer *producer, unsigned events);

/* Does every active consumer fence after it acknowledges? Else the heavy barrier is needed. */
bool sx_view_all_fence(const struct streamx_producer *producer);

#endif
