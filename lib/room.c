/* SPDX-License-Identifier: MIT */
/*
 * What the producer waits for: room in the ring, or that consumers have come, gone, or kept up.
 *
 * One function looks at the seats (refresh), one says what holds (evaluate), one waits
 * (sx_room_await). Every cursor that is looked at was stored by another process; the view is a
 * cache that may be behind in the safe direction: cursors only grow, and a new seat changes the
 * epoch (README.md, pair 4).
 */
#include "producer.h"

#include <errno.h>

#include "crash.h"
#include "evict.h"
#include "futex.h"

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
}

static void refresh(struct streamx_producer *p)
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

/* Might a new look show anything new? Two loads, for the spinning. */
static bool moved(const struct streamx_producer *p)
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

/* The same for a pipe, whose readers are known to be alive only by asking: one live one is
 * enough. */
static bool pipe_broken(struct streamx_producer *p)
{
    if (!(p->segment.shape.flags & STREAMX_PIPE))
        return false;
    for (uint32_t i = 0; i < p->active_count; i++) {
        struct sx_seat *seat = &p->segment.control->seats[p->active[i]];
        uint64_t owner = atomic_load_explicit(&seat->owner, memory_order_acquire);
        struct sx_peer peer = sx_registry_peer(seat, owner);

        if (sx_owner_state(owner) == SX_SEAT_ACTIVE &&
            sx_liveness_held(p->segment.fd, peer.lock_byte))
            break;
        sx_registry_reap(&p->segment, p->active[i]);
    }
    refresh(p);
    return gone(p);
}

/* Has `min_consumers` ever been met? Only live ones count. */
static bool opened(struct streamx_producer *p)
{
    if (p->opened || p->tally.attached < p->segment.shape.min_consumers)
        return p->opened;
    if (sx_registry_reap_all(&p->segment))
        refresh(p);
    p->opened = p->tally.attached >= p->segment.shape.min_consumers;
    p->gated = !p->opened || (p->segment.shape.flags & STREAMX_PIPE);
    return p->opened;
}

/* The seq after which the next slot is free. */
static uint64_t needed(const struct streamx_producer *p)
{
    return p->slot_last[p->slot];
}

static int evaluate(struct streamx_producer *p, unsigned events)
{
    bool broken, drained;
    unsigned held = 0;

    refresh(p);
    if ((events & STREAMX_ATTACHED) && p->tally.attached > 0 && sx_registry_reap_all(&p->segment))
        refresh(p);
    broken = pipe_broken(p);
    drained = !sx_after(p->last_seq, p->limit);
    if (p->tally.attached > 0)
        held |= STREAMX_ATTACHED;
    if (gone(p))
        held |= STREAMX_ALONE;
    if (drained)
        held |= STREAMX_DRAINED;
    if (!broken && opened(p) && !sx_after(needed(p), p->limit))
        held |= STREAMX_ROOM;
    held &= events;
    if (held)
        return (int)held;
    if (broken && ((events & STREAMX_ROOM) || ((events & STREAMX_DRAINED) && !drained)))
        return -EPIPE;
    return 0;
}

/* Frees the seats of the dead; a seat that nobody waits for is looked at too, since whoever waits
 * for consumers to come or go waits for all. */
static void reap(struct streamx_producer *p)
{
    sx_registry_reap_all(&p->segment);
}

/* What an acknowledger must reach to be worth a wake: SX_WANTED_NO_SEQ if none can be. */
static uint64_t wanted_seq(const struct streamx_producer *p, unsigned events)
{
    uint64_t seq = SX_WANTED_NO_SEQ;

    if ((events & STREAMX_ROOM) && p->opened)
        seq = needed(p);
    if ((events & STREAMX_DRAINED) && (seq == SX_WANTED_NO_SEQ || sx_after(seq, p->last_seq)))
        seq = p->last_seq;
    return seq;
}

/* Evicts who has held us up for too long; true: somebody was. */
static bool evict(struct streamx_producer *p, unsigned events, int64_t *due_ns)
{
    uint64_t seq = wanted_seq(p, events);

    *due_ns = SX_NEVER;
    return seq != SX_WANTED_NO_SEQ && sx_evict_overdue(p, seq, due_ns);
}

/* Does every active consumer fence after it acknowledges? Else the heavy barrier is needed. */
static bool all_fence(const struct streamx_producer *p)
{
    for (uint32_t i = 0; i < p->active_count; i++) {
        const struct sx_seat *seat = &p->segment.control->seats[p->active[i]];
        /* Acquire pairs with the release in fence.h. */
        if (!atomic_load_explicit(&seat->fencing, memory_order_acquire))
            return false;
    }
    return true;
}

/* Arms the deaths of those whom these events wait for: everybody, if it matters who is there; else
 * those that are behind. False: some of them cannot be watched. */
static bool arm_deaths(struct streamx_producer *p, unsigned events)
{
    uint64_t seq = wanted_seq(p, events);
    bool all = !p->opened || (events & (STREAMX_ATTACHED | STREAMX_ALONE)) ||
               (p->segment.shape.flags & STREAMX_PIPE);
    bool covered = true;

    for (uint32_t i = 0; i < p->active_count; i++) {
        const struct sx_seat *seat = &p->segment.control->seats[p->active[i]];
        uint64_t owner = atomic_load_explicit(&seat->owner, memory_order_acquire);
        struct sx_peer peer = sx_registry_peer(seat, owner);
        uint64_t cursor;

        if (!sx_registry_cursor(seat, &cursor) || (!all && !sx_after(seq, sx_cursor_seq(cursor))))
            continue;
        covered &= sx_segment_arm_death(&p->segment, &peer, &p->sleeper);
    }
    return covered;
}

/* Sleeps until the word moves; if that takes long, also until somebody dies. */
static void sleep_on(struct streamx_producer *p, unsigned events, struct sx_wait *wait,
                     uint32_t event)
{
    const _Atomic uint32_t *word = &p->segment.control->room_event;

    if (sx_wait_is_long(wait) && sx_sleeper_open(&p->sleeper) &&
        sx_sleeper_arm_word(&p->sleeper, word, event))
        sx_wait_sleep(wait, &p->sleeper, arm_deaths(p, events));
    else
        sx_wait_park(wait, word, event);
}

/* Announce, look once more, sleep. */
static int park(struct streamx_producer *p, unsigned events, struct sx_wait *wait)
{
    struct sx_control *control = p->segment.control;
    /* Before the announcement: a wake that it brings about changes the word. Acquire: what the
     * bumper stored before is seen by the look below. */
    uint32_t event = atomic_load_explicit(&control->room_event, memory_order_acquire);
    int held;

    atomic_store_explicit(&control->wanted_since_ns, p->blocked_since_ns, memory_order_relaxed);
    /* Release: who sees it sees everything published so far. */
    atomic_store_explicit(&control->wanted, sx_wanted_make(wanted_seq(p, events)),
                          memory_order_release);
    SX_CRASH_POINT(wanted_announced);
    /* Pair 2: between the announcement and the look at the cursors. An acknowledger stores its
     * cursor, passes its barrier and looks at `wanted`. Whether all of them pass a full one is asked
     * of the seats as they are now; one that becomes active later moves `room_event` before it
     * acknowledges anything. */
    sx_barrier_full();
    refresh(p);
    if (!all_fence(p))
        sx_barrier_heavy();
    held = evaluate(p, events);
    if (!held)
        sleep_on(p, events, wait, event);
    atomic_store_explicit(&control->wanted, SX_WANTED_NOTHING, memory_order_relaxed);
    SX_CRASH_POINT(wanted_withdrawn);
    return held;
}

/* The same as refresh for the most common case: one consumer, nobody has come or gone. */
static bool refresh_lone(struct streamx_producer *p)
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

bool sx_room_spin(struct streamx_producer *p)
{
    for (uint32_t left = sx_spin_brief_turns(&p->spin); left > 0; left--) {
        if (moved(p)) {
            if (!refresh_lone(p))
                refresh(p);
            if (!sx_after(needed(p), p->limit))
                return true;
        }
        sx_spin_pause();
    }
    return false;
}

static int await(struct streamx_producer *p, unsigned events, int64_t deadline_ns)
{
    struct sx_wait wait;
    int held = 0;

    sx_wait_begin(&wait, &p->spin, deadline_ns);
    while (!held) {
        while (sx_wait_spin(&wait))
            if (moved(p) && (held = evaluate(p, events)) != 0)
                break;
        if (held)
            break;
        if (sx_wait_should_look(&wait))
            reap(p);
        held = evaluate(p, events);
        if (!held && evict(p, events, &wait.alarm_ns))
            held = evaluate(p, events);
        if (!held && sx_wait_expired(&wait))
            held = -ETIMEDOUT;
        if (!held && sx_wait_must_park(&wait))
            held = park(p, events, &wait);
    }
    sx_wait_end(&wait);
    return held;
}

int sx_room_await(struct streamx_producer *p, unsigned events, int64_t deadline_ns)
{
    int held = evaluate(p, events);
    int64_t due_ns;

    if (!held && p->blocked_since_ns == 0)
        p->blocked_since_ns = sx_clock_now();
    if (!held && deadline_ns == 0) {
        reap(p);
        evict(p, events, &due_ns);
        held = evaluate(p, events);
        return held ? held : -EAGAIN;
    }
    if (!held)
        held = await(p, events, deadline_ns);
    if (held > 0)
        p->blocked_since_ns = 0;
    return held;
}
