/* SPDX-License-Identifier: MIT */
/*
 * What the producer sees of its consumers.
 *
 * One function looks at the seats (sx_view_refresh), one says what holds (sx_view_evaluate). Every
 * cursor that is looked at was stored by another process; the view is a cache that may be behind in
 * the safe direction: cursors only grow, and a new seat changes the epoch (README.md, pair 4).
 */
#include "producer/view.h"

#include <errno.h>

/* The list of active seats, and under which epoch it was made. */
static void list_seats(struct streamx_producer *p, uint64_t epoch)
{
    uint32_t used = sx_registry_used(&p->segment);

    p->epoch = epoch;
    p->active_count = 0;
    for (uint32_t i = 0; i < used; i++) {
        /* Acquire pairs with sx_registry_activate. */
        uint64_t owner =
            atomic_load_explicit(&p->segment.control->seats[i].owner, memory_order_acquire);
        if (sx_owner_state(owner) == SX_SEAT_ACTIVE)
            p->active[p->active_count++] = i;
    }
    if (sx_nap_possible(&p->nap))
        sx_spin_crowd(&p->spin, 1 + p->active_count);
}

void sx_view_refresh(struct streamx_producer *p)
{
    struct sx_control *control = p->segment.control;
    /* Acquire, before the seats are looked at: a seat that becomes active later changes it again.
     */
    uint64_t epoch = atomic_load_explicit(&control->epoch, memory_order_acquire);

    if (epoch != p->epoch || p->active_count == 0)
        list_seats(p, epoch);
    sx_registry_tally(&p->segment, p->active, p->active_count, &p->tally);
    p->limit = sx_tally_limit(&p->tally);
    p->slowest_cursor = sx_cursor_make(p->tally.slowest);
}

bool sx_view_refresh_lone(struct streamx_producer *p)
{
    const struct sx_control *control = p->segment.control;
    uint64_t cursor;

    if (p->active_count != 1 || !sx_registry_cursor(&control->seats[p->active[0]], &cursor) ||
        (cursor & SX_CURSOR_EVICTED))
        return false;
    p->slowest_cursor = cursor;
    p->limit = p->tally.slowest = p->tally.acknowledged = sx_cursor_seq(cursor);
    return true;
}

bool sx_view_moved(const struct streamx_producer *p)
{
    const struct sx_control *control = p->segment.control;

    /* Relaxed: a hint; refresh loads again with acquire. */
    if (atomic_load_explicit(&control->epoch, memory_order_relaxed) != p->epoch)
        return true;
    return p->tally.attached > 0 &&
           atomic_load_explicit(&control->seats[p->tally.slowest_seat].cursor,
                                memory_order_relaxed) != p->slowest_cursor;
}

/* Somebody was attached, nobody is. */
static bool gone(const struct streamx_producer *p)
{
    return p->tally.attached == 0 && p->epoch != 0;
}

/* A pipe's readers are known to be alive only by asking. Reaps until a live one is found; true: there
 * is none, nobody reads any more. */
static bool break_pipe(struct streamx_producer *p)
{
    if (!(p->segment.shape.flags & STREAMX_PIPE))
        return false;
    for (uint32_t i = 0; i < p->active_count; i++) {
        struct sx_seat *seat = &p->segment.control->seats[p->active[i]];
        uint64_t owner = atomic_load_explicit(&seat->owner, memory_order_acquire);
        struct sx_peer peer = sx_registry_peer(seat, owner);
        uint64_t cursor;

        if (!sx_registry_cursor(seat, &cursor) || (cursor & SX_CURSOR_EVICTED))
            continue;
        if (sx_segment_held(&p->segment, &peer))
            break;
        sx_registry_reap(&p->segment, p->active[i]);
    }
    sx_view_refresh(p);
    return gone(p);
}

/* Opens the stream if `min_consumers` is met; only live ones count. True: it is open. */
static bool try_to_open(struct streamx_producer *p)
{
    if (p->opened || p->tally.attached < p->segment.shape.min_consumers)
        return p->opened;
    if (sx_registry_reap_all(&p->segment))
        sx_view_refresh(p);
    p->opened = p->tally.attached >= p->segment.shape.min_consumers;
    p->gated = !p->opened || (p->segment.shape.flags & STREAMX_PIPE);
    sx_producer_choose_way(p);
    return p->opened;
}

uint64_t sx_view_needed(const struct streamx_producer *p)
{
    return p->slot_last[p->slot];
}

int sx_view_evaluate(struct streamx_producer *p, unsigned events)
{
    bool broken, drained;
    unsigned held = 0;

    sx_view_refresh(p);
    if ((events & STREAMX_ATTACHED) && p->tally.attached > 0 && sx_registry_reap_all(&p->segment))
        sx_view_refresh(p);
    broken = break_pipe(p);
    drained = !sx_after(p->last_seq, p->limit);
    if (p->tally.attached > 0)
        held |= STREAMX_ATTACHED;
    if (gone(p))
        held |= STREAMX_ALONE;
    if (drained)
        held |= STREAMX_DRAINED;
    if (!broken && try_to_open(p) && !sx_after(sx_view_needed(p), p->limit))
        held |= STREAMX_ROOM;
    held &= events;
    if (held)
        return (int)held;
    if (broken && ((events & STREAMX_ROOM) || ((events & STREAMX_DRAINED) && !drained)))
        return -EPIPE;
    return 0;
}

uint64_t sx_view_wanted(const struct streamx_producer *p, unsigned events)
{
    uint64_t seq = SX_WANTED_NO_SEQ;

    if ((events & STREAMX_ROOM) && p->opened)
        seq = sx_view_needed(p);
    if ((events & STREAMX_DRAINED) && (seq == SX_WANTED_NO_SEQ || sx_after(seq, p->last_seq)))
        seq = p->last_seq;
    return seq;
}

void sx_view_watch(struct streamx_producer *p)
{
    uint32_t used = sx_registry_used(&p->segment);

    p->watched_count = 0;
    p->watched_all = p->segment.pid_namespace != 0;
    for (uint32_t i = 0; i < used; i++) {
        const struct sx_seat *seat = &p->segment.control->seats[i];
        /* Acquire: the pid read next is at least as new. */
        uint64_t owner = atomic_load_explicit(&seat->owner, memory_order_acquire);
        struct sx_peer peer = sx_registry_peer(seat, owner);
        uint32_t pid;

        if (sx_owner_state(owner) == SX_SEAT_FREE)
            continue;
        /* Of one that is joining no pid can be trusted yet: the tick looks after it. */
        pid = sx_segment_pid(&p->segment, &peer);
        if (pid == 0)
            p->watched_all = false;
        else
            p->watched[p->watched_count++] = pid;
    }
}

bool sx_view_joining(const struct streamx_producer *p)
{
    uint32_t used = sx_registry_used(&p->segment);

    for (uint32_t i = 0; i < used; i++) {
        uint64_t owner =
            atomic_load_explicit(&p->segment.control->seats[i].owner, memory_order_relaxed);
        if (sx_owner_state(owner) == SX_SEAT_JOINING)
            return true;
    }
    return false;
}

bool sx_view_all_fence(const struct streamx_producer *p)
{
    for (uint32_t i = 0; i < p->active_count; i++) {
        const struct sx_seat *seat = &p->segment.control->seats[p->active[i]];
        /* Acquire pairs with the release in fence.h. */
        if (!atomic_load_explicit(&seat->fencing, memory_order_acquire))
            return false;
    }
    return true;
}
