/* SPDX-License-Identifier: MIT */
/*
 * How the producer waits: for room in the ring, or that consumers have come, gone, or kept up; in a
 * call (spin, nap, park), or by its descriptor. What it waits for is evaluated in view.c.
 *
 * A call that parks and a descriptor announce themselves in the same way, and have one word for it,
 * `wanted`. A call takes it back as it ends; so it has the descriptor look once more.
 */
#include "producer/wait.h"

#include <errno.h>

#include "kernel/clock.h"
#include "memory/store.h"
#include "memory/wake.h"
#include "producer/evict.h"
#include "producer/queue.h"
#include "producer/turn.h"
#include "producer/view.h"

/* As in registry.c: bounds what a hostile one can do. */
#define PATIENCE 10000

/* Does one who waits for `seq` have to be woken before one who waits for `other`? */
static bool sooner(uint64_t seq, uint64_t other)
{
    if (seq == SX_WANTED_NO_SEQ || other == SX_WANTED_NO_SEQ)
        return seq != SX_WANTED_NO_SEQ;
    return sx_after(other, seq);
}

/* In a shared stream the word is that of all who wait: what the first of them is to be woken for,
 * who wakes the others too. */
static void lower_wanted(struct sx_control *control, uint64_t wanted)
{
    uint64_t seen = atomic_load_explicit(&control->wanted, memory_order_relaxed);

    for (int i = 0; i < PATIENCE; i++)
        if ((seen != SX_WANTED_NOTHING && !sooner(sx_wanted_seq(wanted), sx_wanted_seq(seen))) ||
            SX_SWAP_WEAK(wanted_lower, &control->wanted, &seen, wanted, memory_order_acq_rel,
                         memory_order_relaxed))
            break;
}

/* What the word says may be true already: those who wait for something else announce themselves
 * again. */
static void withdraw_for_all(struct sx_control *control)
{
    uint64_t was;

    SX_STEP(wanted_none, was = atomic_exchange_explicit(&control->wanted, SX_WANTED_NOTHING,
                                                        memory_order_acq_rel));
    if (was != SX_WANTED_NOTHING)
        sx_wake_producer(control);
}

/* What no acknowledgment brings need not slow them down until the descriptor looks again. Those who
 * come or go tell us without asking. */
static void withdraw_vain(struct streamx_producer *p)
{
    _Atomic uint64_t *wanted = &p->segment.control->wanted;

    if (!p->shared &&
        sx_wanted_seq(atomic_load_explicit(wanted, memory_order_relaxed)) == SX_WANTED_NO_SEQ)
        SX_STORE(wanted_vain_over, wanted, SX_WANTED_NOTHING, memory_order_relaxed);
}

/*
 * Room is also a matter of the pen, which is in another's hand: has us told when it is laid down.
 * Those of the events that hold meanwhile. With the ring full or closed, `wanted` tells us. Else
 * the pen was free when it was to be watched, and taken again before we looked: then once more,
 * since the one who has it now may have seen no wish.
 */
static int watch_pen(struct streamx_producer *p, unsigned events, bool *certain)
{
    int held = 0;

    for (int i = 0; i < PATIENCE && !held && !sx_turn_watch(p, certain); i++) {
        held = sx_view_evaluate(p, events);
        if (!p->opened || sx_after(sx_view_needed(p), p->limit))
            break;
    }
    return held;
}

/*
 * Announces that `events` are waited for, and looks once more: those that hold, 0 or -EPIPE.
 * `*seen`: every acknowledger, and who has the pen, is certain to see the announcement. Before it
 * the caller has read `room_event`, which a wake that it brings about changes; and has listed whose
 * deaths matter.
 */
static int announce(struct streamx_producer *p, unsigned events, bool *seen)
{
    struct sx_control *control = p->segment.control;
    uint64_t wanted = sx_wanted_make(sx_view_wanted(p, events));
    int held;

    SX_STORE(wanted_since, &control->wanted_since_ns, p->blocked_since_ns, memory_order_relaxed);
    /* Release: who sees it sees everything published so far. */
    if (p->shared)
        lower_wanted(control, wanted);
    else
        SX_STORE(wanted, &control->wanted, wanted, memory_order_release);
    /* Pair 2: between the announcement and the look at the cursors. An acknowledger stores its
     * cursor, passes its barrier and looks at `wanted`. Whether all of them pass a full one is
     * asked of the seats as they are now; one that becomes active later moves `room_event` before
     * it acknowledges anything. */
    sx_barrier_full();
    sx_view_refresh(p);
    *seen = sx_view_all_fence(p) || sx_barrier_heavy();
    held = sx_view_evaluate(p, events);
    if (!held && p->shared && !p->turn.holding && (events & STREAMX_ROOM))
        held = watch_pen(p, events, seen);
    if (held && p->shared)
        withdraw_for_all(control);
    return held;
}

/* The other producers: one of them may hold the pen when it dies, or have taken `wanted` away and
 * not yet woken those whose word it was. */
static void list_producers(struct streamx_producer *p)
{
    for (uint32_t i = 0; i < p->segment.shape.max_producers; i++) {
        const struct sx_place *place = sx_roster_at(&p->segment, i);
        struct sx_peer peer;
        uint64_t owner;
        uint32_t pid;

        if (i == p->turn.post.index)
            continue;
        /* The dead would end a sleep at once. */
        sx_roster_reap(&p->segment, i, p->turn.post.attach);
        owner = atomic_load_explicit(&place->owner, memory_order_acquire);
        if (sx_place_state(owner) == SX_PLACE_FREE)
            continue;
        peer = sx_place_peer(place, owner);
        pid = sx_segment_pid(&p->segment, &peer);
        if (pid == 0)
            p->watched_all = false;
        else
            p->watched[p->watched_count++] = pid;
    }
}

/*
 * Lists whose deaths may matter to a sleep that is about to be announced. Before the announcement:
 * whoever makes true afterwards what is waited for, and dies before it tells, was in its seat then.
 */
static void list_deaths(struct streamx_producer *p)
{
    p->watched_all = sx_registry_pids(&p->segment, p->watched, &p->watched_count);
    if (p->shared)
        list_producers(p);
}

/* ---- parking --------------------------------------------------------------------------------- */

/* Arms the listed deaths. False: some that may matter cannot be watched. */
static bool arm_deaths(struct streamx_producer *p)
{
    bool covered = p->watched_all;

    for (uint32_t i = 0; i < p->watched_count; i++)
        covered &= sx_arm_death(&p->ring, p->watched[i]);
    return covered;
}

/* As the consumer's: what a look touches, a publication, and a wake. In a shared stream it may be
 * another one's turn. */
static void fetch_after_sleep(const struct streamx_producer *p)
{
    struct sx_control *control = p->segment.control;

    if (p->spin.crowded || p->shared)
        return;
    sx_fetch_for_read(&control->seats[p->tally.slowest_seat].cursor);
    sx_fetch_for_write(&control->wanted);
    sx_fetch_for_write(p->frame);
    sx_fetch_for_write(&control->sleepers);
    sx_fetch_for_write(&control->data_event);
}

/* Sleeps until the word moves; if that takes long, also until somebody dies. `seen` as of announce:
 * if not, by the tick. */
static void sleep_on(struct streamx_producer *p, struct sx_wait *wait, uint32_t event, bool seen)
{
    const _Atomic uint32_t *word = &p->segment.control->room_event;

    if (sx_wait_is_long(wait) && sx_own_ring_open(&p->ring) == 0 &&
        sx_arm_word(&p->ring, word, event))
        sx_wait_park_on_ring(wait, &p->ring, arm_deaths(p) && seen);
    else
        sx_wait_park(wait, word, event);
    fetch_after_sleep(p);
}

/* Announce, look once more, sleep; and look, as the consumer does. */
static int park(struct streamx_producer *p, unsigned events, struct sx_wait *wait)
{
    struct sx_control *control = p->segment.control;
    /* Acquire: what the bumper stored before is seen by the look that follows. */
    uint32_t event = atomic_load_explicit(&control->room_event, memory_order_acquire);
    bool seen;
    int held;

    if (sx_wait_is_long(wait))
        list_deaths(p);
    held = announce(p, events, &seen);
    if (!held) {
        sleep_on(p, wait, event, seen);
        held = sx_view_evaluate(p, events);
    }
    if (p->shared) /* the word is not ours alone */
        return held;
    SX_STORE(wanted_over, &control->wanted, SX_WANTED_NOTHING, memory_order_relaxed);
    if (p->notice.means) /* its announcement has just been withdrawn too */
        sx_notice_fire(&p->notice);
    return held;
}

/* ---- waiting in a call ----------------------------------------------------------------------- */

/* In the simplest case, which is also met most, it is the shortest way from an acknowledgment to
 * our answer: in a shallow ring that is what a message costs beyond the crossing of its line.
 * False: there is not more room than `least`, or it is not so simple any more. */
static bool spin_for_one(struct streamx_producer *p, uint32_t turns, int64_t least)
{
    const struct sx_seat *seat = &p->segment.control->seats[p->active[0]];
    uint64_t before = p->slowest_cursor, cursor;

    for (uint32_t turn = 0; turn < turns; turn += sx_spin_stride(&p->spin)) {
        if (!sx_registry_cursor(seat, &cursor) || (cursor & SX_CURSOR_EVICTED))
            return false;
        if (cursor == before)
            continue;
        if (sx_view_take_cursor(p, cursor) > least) {
            p->spin.took = turn;
            sx_view_fetch(p);
            return true;
        }
        before = cursor;
    }
    return false;
}

static bool spin_for_all(struct streamx_producer *p, uint32_t turns, uint64_t least)
{
    for (uint32_t turn = 0; turn < turns;) {
        if (sx_view_room(p, least)) {
            p->spin.took = turn;
            return true;
        }
        do
            turn += sx_spin_stride(&p->spin);
        while (turn < turns && !sx_view_slowest_moved(p));
    }
    return false;
}

bool sx_producer_spin(struct streamx_producer *p)
{
    uint32_t turns = sx_spin_turns(&p->spin), least = 2 * (p->spin.stride - 1);

    if (turns == 0)
        return false;
    if (!p->shared) /* whose publications are everybody's, and its spins its own */
        sx_spin_adapt(&p->spin, p->next);
    p->spin.took = turns;
    if (sx_view_is_simple(p) ? spin_for_one(p, turns, least) : spin_for_all(p, turns, least))
        return true;
    return sx_view_room(p, 0);
}

/* Nothing that is waited for holds. Nor ever will by a death, if our descriptor leads elsewhere. */
static int nothing_held(const struct streamx_producer *p, int result)
{
    return sx_segment_intact(&p->segment) ? result : -EBADF;
}

/* True: somebody who may have been in the way has died. */
static bool look_for_deaths(struct streamx_producer *p)
{
    bool found = sx_registry_reap_all(&p->segment);

    return (p->shared && sx_turn_recover(p)) || found;
}

/* The time is up. One who waits for moments, again and again, must get past the dead too. */
static int give_up(struct streamx_producer *p, unsigned events, const struct sx_wait *wait)
{
    int held = 0;

    if (!sx_wait_is_long(wait) && look_for_deaths(p))
        held = sx_view_evaluate(p, events);
    return held ? held : nothing_held(p, -ETIMEDOUT);
}

static int await(struct streamx_producer *p, unsigned events, int64_t deadline_ns)
{
    struct sx_wait wait;
    bool look;
    int held = 0;

    sx_wait_begin(&wait, &p->spin, deadline_ns);
    while (!held) {
        while (sx_wait_spin(&wait))
            if (sx_view_moved(p) && (held = sx_view_evaluate(p, events)) != 0)
                break;
        if (held)
            break;
        look = sx_wait_tick(&wait);
        if (look)
            look_for_deaths(p);
        held = sx_view_evaluate(p, events);
        if (!held && look)
            held = nothing_held(p, 0);
        if (!held && sx_evict_overdue(p, events, &wait.alarm_ns))
            held = sx_view_evaluate(p, events);
        if (!held && sx_wait_expired(&wait))
            held = give_up(p, events, &wait);
        if (!held && sx_wait_must_park(&wait) && !sx_nap_take(&p->nap, &wait, p->next))
            held = park(p, events, &wait);
    }
    sx_wait_end(&wait, held > 0);
    return held;
}

/* ---- the descriptor -------------------------------------------------------------------------- */

static void watch_consumers(struct streamx_producer *p)
{
    list_deaths(p);
    for (uint32_t i = 0; i < p->watched_count; i++)
        sx_notice_watch(&p->notice, p->watched[i]);
    if (!p->watched_all)
        sx_notice_watch(&p->notice, 0);
}

void sx_producer_renew_notice(struct streamx_producer *p)
{
    struct sx_control *control = p->segment.control;
    unsigned events = p->notice_events;
    /* Acquire, both: before the seats are looked at; who comes or goes later changes the event. */
    uint32_t event = atomic_load_explicit(&control->room_event, memory_order_acquire);
    uint64_t epoch = atomic_load_explicit(&control->epoch, memory_order_acquire);
    uint32_t roster = atomic_load_explicit(&control->roster_event, memory_order_acquire);
    bool anew = epoch != p->notice_epoch || (p->shared && roster != p->notice_roster) ||
                p->notice.uncovered || sx_registry_joining(&p->segment) ||
                sx_notice_is_foreign(&p->notice);
    int64_t due_ns = SX_NEVER;
    bool seen;
    int held;

    if (sx_notice_begin(&p->notice, anew))
        look_for_deaths(p);
    if (anew)
        watch_consumers(p);
    p->notice_epoch = epoch;
    p->notice_roster = roster;
    held = announce(p, events, &seen);
    if (!held && sx_evict_overdue(p, events, &due_ns))
        held = sx_view_evaluate(p, events);
    if (held)
        sx_notice_fire(&p->notice);
    else
        sx_notice_arm(&p->notice, &control->room_event, event, due_ns, seen);
}

/* ---- a call, or one look --------------------------------------------------------------------- */

int sx_producer_wait(struct streamx_producer *p, unsigned events, int64_t deadline_ns)
{
    int held = sx_view_evaluate(p, events);
    int64_t due_ns;

    if (!held && p->blocked_since_ns == 0)
        p->blocked_since_ns = sx_clock_now();
    if (!held && deadline_ns == 0) {
        /* With a descriptor, deaths are told of by it, or looked for when its timer runs out. */
        if (p->notice.means)
            sx_producer_renew_notice(p);
        else
            look_for_deaths(p);
        sx_evict_overdue(p, events, &due_ns);
        held = sx_view_evaluate(p, events);
        return held ? held : nothing_held(p, -EAGAIN);
    }
    if (!held)
        held = await(p, events, deadline_ns);
    if (held > 0 && p->blocked_since_ns != 0) {
        p->blocked_since_ns = 0;
        /* Of its descriptor's announcement, which stays: nobody is waiting any more. */
        SX_STORE(wanted_since_over, &p->segment.control->wanted_since_ns, 0, memory_order_relaxed);
        withdraw_vain(p);
    }
    if (held > 0 || (held == -ETIMEDOUT && !p->notice.means))
        sx_queue_unwatch(p);
    return held;
}

int streamx_wait(struct streamx_producer *p, unsigned events, int64_t timeout_ns)
{
    if (!sx_segment_ours(&p->segment))
        return -EPERM;
    if (events == 0 || (events & ~SX_ALL_EVENTS) || timeout_ns < STREAMX_FOREVER)
        return -EINVAL;
    return sx_producer_wait(p, events, sx_clock_deadline(timeout_ns));
}

int streamx_drain(struct streamx_producer *p, int64_t timeout_ns)
{
    int held = streamx_wait(p, STREAMX_DRAINED, timeout_ns);

    return held > 0 ? 0 : held;
}
