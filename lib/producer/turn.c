/* SPDX-License-Identifier: MIT */
/*
 * Turns. The pen is held for one publication at a time, taken by a read-modify-write (but by a sole
 * founder: pen.h) and given back by a store while nobody else wants it. Who wants it while it is
 * held:
 *
 *   - says so, in a word that its holder looks at when it has laid it down;
 *   - looks for some microseconds, since most turns are over by then;
 *   - sleeps on a word of its own place, with the holder's death watched.
 *
 * A hand-over for each message would be a convoy, so a producer that others wait for goes on for a
 * turn's length. Then it nominates one of those that wait (queue.c) and wakes it, and still goes on
 * until that one is on the spot (*arrives*): a wake takes as long as hundreds of publications. From
 * then on all others give way, for a millisecond at most. So nobody depends on one who has been
 * woken and does not come.
 *
 * Within a turn the pen is free between two publications. Who waits does not take it then, unless
 * nothing has been published for some microseconds: the turn's owner has nothing more to put. As
 * such an owner wakes nobody, all sleeps here are short, or, behind one who holds the pen for long
 * (*rests*, and wakes who comes before it at the end), of a tick's length.
 */
#include "producer/turn.h"

#include <errno.h>

#include "kernel/clock.h"
#include "kernel/futex.h"
#include "memory/position.h"
#include "memory/roster.h"

#define EXTENSION_NS (8 * SX_NS_PER_MS)
#define UNASKED_MAX 64u /* publications without a look at the time */
#define GIVE_WAY_NS SX_NS_PER_MS
#define COMING_NS (4 * SX_NS_PER_MS) /* a nomination that nobody has answered is given to another */
#define SPIN_NS INT64_C(10000)
#define IDLE_NS INT64_C(3000)
#define NAP_FIRST_NS INT64_C(250000)
#define NAP_LAST_NS (4 * SX_NS_PER_MS)
#define TICK_NS (64 * SX_NS_PER_MS)

/* What a waiter has seen of the owner of the turn. */
struct watch {
    uint64_t published;
    int64_t since_ns; /* nothing was published, and the pen was free, from then on; 0: not so */
    int64_t nap_ns;
    uint64_t slept_at; /* what was published before the last sleep */
};

/* ---- the position ---- */

/* What the next slot holds is behind the limit from here on; by its neighbour's frame, while it is
 * not we who filled it. */
static void learn_slot(struct streamx_producer *p)
{
    uint64_t needed;

    if (p->next - p->turn.since >= p->segment.shape.slots)
        return;
    p->room_end = p->next; /* what was known of the slot is not of what it holds now */
    p->room_counted = false;
    if (sx_position_needed(&p->segment, p->next, sx_producer_last_seq(p), &needed))
        p->slot_last[sx_producer_slot(p)] = needed;
}

void sx_turn_follow(struct streamx_producer *p)
{
    struct sx_position position;

    if (p->turn.holding)
        sx_queue_unwatch(p);
    sx_position_read(&p->segment, &position);
    if (position.published + 1 != p->next) {
        sx_queue_count(p);
        p->turn.counted = position.published + 1;
        sx_producer_go_on_from(p, &position);
        p->turn.since = p->next;
        p->turn.until_ns = 0; /* another one's turn has been between */
    }
    learn_slot(p);
}

/* ---- handing on ---- */

static struct sx_place *nominated_place(const struct streamx_producer *p, uint64_t nomination)
{
    for (uint32_t i = 0; i < p->segment.shape.max_producers; i++) {
        struct sx_place *place = sx_roster_at(&p->segment, i);
        uint64_t owner = atomic_load_explicit(&place->owner, memory_order_relaxed);

        if (sx_place_attach(owner) == nomination >> 1)
            return place;
    }
    return NULL;
}

static void wake_place(struct sx_place *place)
{
    /* Release: who reads it bumped sees itself nominated, and the pen as it is. */
    SX_ADD(turn_event, &place->turn_event, 1, memory_order_acq_rel);
    SX_STEP(turn_wake, sx_futex_wake(&place->turn_event));
}

/* Whom to wake when the pen is free, nominated if nobody is; NULL: nobody. With the pen. */
static struct sx_place *successor(struct streamx_producer *p, int64_t now_ns)
{
    struct sx_control *control = p->segment.control;
    uint64_t next = atomic_load_explicit(&control->turn_next, memory_order_acquire);
    struct sx_place *place = next ? nominated_place(p, next) : NULL;
    int64_t since_ns = atomic_load_explicit(&control->turn_granted_ns, memory_order_relaxed);

    if (place && (next & SX_TURN_ARRIVED))
        return place;
    if (place && (uint64_t)now_ns - (uint64_t)since_ns < COMING_NS)
        return NULL; /* it is on its way */
    if (place)       /* it comes back to the queue when it looks again */
        sx_queue_forget(place);
    place = sx_queue_first(p, now_ns);
    if (!place && next == 0)
        return NULL;
    next = !place ? 0
                  : sx_turn_nominate(
                        sx_place_attach(atomic_load_explicit(&place->owner, memory_order_relaxed)));
    SX_STORE(turn_granted, &control->turn_granted_ns, now_ns, memory_order_relaxed);
    SX_STORE(turn_next, &control->turn_next, next, memory_order_release);
    return place;
}

/* The turn lasts until then, and the next publication asks whether it is over. */
static void begin_turn(struct streamx_producer *p, int64_t until_ns)
{
    p->turn.until_ns = until_ns;
    p->turn.unasked = p->turn.stride = 1;
}

/* Looking at the time costs as much as publishing: the sooner the last publications came, the more
 * of them pass until the next look. */
static void ask_later(struct streamx_producer *p, int64_t now_ns)
{
    if (now_ns - p->turn.asked_ns >= SX_TURN_NS / 32)
        p->turn.stride = 1;
    else if (p->turn.stride < UNASKED_MAX)
        p->turn.stride *= 2;
    p->turn.unasked = p->turn.stride;
    p->turn.asked_ns = now_ns;
}

/* One that would be the next again goes on, for a while. Who is on the spot waits no longer, and
 * may have fallen asleep while we rested; so may others, who came meanwhile. */
static bool is_over(const struct streamx_producer *p, int64_t now_ns)
{
    uint64_t next = atomic_load_explicit(&p->segment.control->turn_next, memory_order_acquire);
    int64_t left_ns = p->turn.until_ns - now_ns;

    if ((next & SX_TURN_ARRIVED) || left_ns <= -EXTENSION_NS)
        return true;
    return (p->turn.rested || left_ns <= 0) && !sx_queue_are_behind_us(p, now_ns);
}

void sx_turn_pass(struct streamx_producer *p)
{
    int64_t now_ns = sx_clock_now();
    struct sx_place *place = NULL;

    sx_queue_unwatch(p);
    ask_later(p, now_ns);
    if (is_over(p, now_ns)) {
        place = successor(p, now_ns);
        p->turn.until_ns = 0;
    }
    /* Of a sole pen, which nobody takes, that would stay. Relaxed: only how long others sleep hangs
     * on it. */
    if (p->turn.rested && p->turn.sole)
        SX_STEP(pen_rested, atomic_fetch_and_explicit(&p->segment.control->pen, ~SX_PEN_RESTING,
                                                      memory_order_relaxed));
    p->turn.rested = false;
    sx_turn_lay_down(p->segment.control, p->turn.sole);
    if (place)
        wake_place(place);
    sx_barrier_full(); /* pair 7 */
    if (sx_pen_is_wanted(p->segment.control))
        sx_turn_wanted(p);
}

void sx_turn_wanted(struct streamx_producer *p)
{
    uint32_t how;

    /* Who looks again soon is known already. */
    if (p->turn.until_ns != 0 && !sx_pen_is_watched(p->segment.control))
        return;
    how = sx_pen_tell(&p->segment);
    if ((how & SX_PEN_WAITED) && p->turn.until_ns == 0)
        begin_turn(p, sx_clock_now() + SX_TURN_NS);
}

void sx_turn_rest(struct streamx_producer *p)
{
    begin_turn(p, p->turn.until_ns ? p->turn.until_ns : sx_clock_now() + SX_TURN_NS);
    p->turn.rested = true;
    SX_STEP(pen_rest, atomic_fetch_or_explicit(&p->segment.control->pen, SX_PEN_RESTING,
                                               memory_order_relaxed));
}

void sx_turn_share(struct streamx_producer *p)
{
    p->turn.sole = false;
    sx_pen_end_sole(p->segment.control);
    sx_pen_share(&p->segment);
    sx_barrier_full(); /* pair 7 */
    if (sx_pen_is_wanted(p->segment.control))
        sx_turn_wanted(p);
}

/* Is it still, while it is not at a publication? */
static bool is_sole(struct streamx_producer *p)
{
    struct sx_control *control = p->segment.control;

    /* Relaxed, both: hints. sx_pen_begin_sole asks for itself; and nobody but a hostile one takes
     * the pen away where there is no company. */
    if (p->turn.sole &&
        (atomic_load_explicit(&control->company, memory_order_relaxed) != 0 ||
         atomic_load_explicit(&control->pen, memory_order_relaxed) != (p->turn.pen | SX_PEN_SOLE)))
        sx_turn_share(p);
    return p->turn.sole;
}

/* ---- looking ---- */

bool sx_turn_open(const struct streamx_producer *p)
{
    return p->turn.holding || sx_pen_holder(&p->segment) == 0;
}

bool sx_turn_recover(struct streamx_producer *p)
{
    uint64_t pen = atomic_load_explicit(&p->segment.control->pen, memory_order_acquire);
    uint64_t attach = sx_pen_attach(pen);
    struct sx_peer peer = {.lock_byte = sx_place_lock_byte(attach)};
    uint32_t index = 0, places = p->segment.shape.max_producers;

    if (pen == SX_PEN_FREE || attach == p->turn.post.attach)
        return false;
    for (; index < places; index++) {
        const struct sx_place *place = sx_roster_at(&p->segment, index);
        uint64_t owner = atomic_load_explicit(&place->owner, memory_order_acquire);

        if (sx_place_attach(owner) != attach)
            continue;
        peer = sx_place_peer(place, owner);
        /* What was read is this holder's only if the place has not changed hands meanwhile. */
        if (atomic_load_explicit(&place->owner, memory_order_acquire) != owner)
            return false;
        break;
    }
    if (!sx_segment_dead(&p->segment, &peer) ||
        !sx_pen_recover(&p->segment, attach, p->turn.post.attach))
        return false;
    if (index < places)
        sx_roster_reap(&p->segment, index, p->turn.post.attach);
    return true;
}

bool sx_turn_watch(struct streamx_producer *p, bool *certain)
{
    /* Nobody is to be told of a pen that is free: it would be ourselves, who try for it next, lay
     * it down, and so would wake our own descriptor for ever. */
    if (is_sole(p) || !sx_pen_want(&p->segment, SX_PEN_WATCHED, certain))
        return false;
    if (p->turn.watching)
        return true;
    /* So that others see who waits, and behind whom. The end of the next turn takes it back, if no
     * call has before: it has a slow end. */
    sx_queue_watch(p);
    begin_turn(p, 1);
    return true;
}

/* ---- waiting ---- */

/* The pen is free, and may be ours. */
static bool seize(struct streamx_producer *p)
{
    struct sx_control *control = p->segment.control;
    uint64_t seen = SX_PEN_FREE;
    uint64_t next = atomic_load_explicit(&control->turn_next, memory_order_acquire);

    if (!SX_SWAP(pen_seize, &control->pen, &seen, p->turn.pen, memory_order_acq_rel,
                 memory_order_relaxed))
        return false;
    p->turn.holding = true;
    /* Ours, or one who has had its chance. */
    if (next & SX_TURN_ARRIVED)
        SX_STORE(turn_taken, &control->turn_next, 0, memory_order_relaxed);
    sx_turn_follow(p);
    return true;
}

/* Does one who is on the spot come before us? */
static bool must_give_way(const struct streamx_producer *p, uint64_t next, int64_t now_ns)
{
    int64_t since_ns =
        atomic_load_explicit(&p->segment.control->turn_granted_ns, memory_order_relaxed);

    return (next & SX_TURN_ARRIVED) && (uint64_t)now_ns - (uint64_t)since_ns < GIVE_WAY_NS;
}

/* One look at the pen. True: it is ours. */
static bool look(struct streamx_producer *p, struct watch *watch, int64_t now_ns)
{
    struct sx_control *control = p->segment.control;
    uint64_t next = atomic_load_explicit(&control->turn_next, memory_order_acquire);
    uint64_t published = atomic_load_explicit(&control->published, memory_order_acquire);

    if (sx_pen_want(&p->segment, SX_PEN_WAITED, NULL)) {
        watch->since_ns = 0;
        return false;
    }
    if (next == (sx_turn_nominate(p->turn.post.attach) | SX_TURN_ARRIVED))
        return seize(p);
    if (must_give_way(p, next, now_ns))
        return false;
    if (watch->since_ns == 0 || watch->published != published) {
        watch->since_ns = now_ns;
        watch->published = published;
        return false;
    }
    return now_ns - watch->since_ns >= IDLE_NS && seize(p);
}

static bool look_for_a_moment(struct streamx_producer *p, struct watch *watch)
{
    int64_t now_ns = sx_clock_now(), until_ns = now_ns + SPIN_NS;

    while (!look(p, watch, now_ns)) {
        sx_spin_turn(&p->spin);
        now_ns = sx_clock_now();
        if (now_ns >= until_ns)
            return false;
    }
    return true;
}

/* We have been woken, so it is our turn: from now on the others give way. Or another one's, who has
 * come before us: then again later. */
static void arrive(struct streamx_producer *p)
{
    struct sx_control *control = p->segment.control;
    uint64_t next = atomic_load_explicit(&control->turn_next, memory_order_acquire);

    if (next & SX_TURN_ARRIVED)
        return;
    SX_STORE(turn_arriving, &control->turn_granted_ns, sx_clock_now(), memory_order_relaxed);
    SX_SWAP(turn_arrive, &control->turn_next, &next,
            sx_turn_nominate(p->turn.post.attach) | SX_TURN_ARRIVED, memory_order_acq_rel,
            memory_order_relaxed);
}

/* We do not take what we may have been woken for: somebody else may. */
static void pass_on(struct streamx_producer *p)
{
    struct sx_control *control = p->segment.control;
    uint64_t next = atomic_load_explicit(&control->turn_next, memory_order_acquire);
    struct sx_place *place;

    if (next >> 1 != p->turn.post.attach)
        return;
    SX_SWAP(turn_decline, &control->turn_next, &next, 0, memory_order_acq_rel,
            memory_order_relaxed);
    place = sx_queue_first(p, sx_clock_now());
    if (place)
        wake_place(place);
}

/* Has a sleep end when the holder of the pen dies. */
static bool arm_death(struct streamx_producer *p, uint64_t pen)
{
    struct sx_place *place = nominated_place(p, sx_turn_nominate(sx_pen_attach(pen)));
    struct sx_peer peer;

    if (!place)
        return false;
    peer = sx_place_peer(place, atomic_load_explicit(&place->owner, memory_order_acquire));
    return p->segment.pid_namespace != 0 && peer.pid_namespace == p->segment.pid_namespace &&
           sx_arm_death(&p->ring, peer.pid);
}

/* For how long to sleep. Behind a holder that rests for long, longer and longer: it wakes whoever
 * waits when it is done. */
static int64_t nap_ns(const struct streamx_producer *p, struct watch *watch, uint64_t pen)
{
    uint64_t published = atomic_load_explicit(&p->segment.control->published, memory_order_relaxed);
    bool rests = (pen & SX_PEN_RESTING) && published == watch->slept_at;
    int64_t longest = rests ? TICK_NS : NAP_LAST_NS, nap = watch->nap_ns;

    watch->slept_at = published;
    if (nap >= longest)
        return watch->nap_ns = longest;
    watch->nap_ns *= 2;
    return nap;
}

/* Sleeps until we are woken, the holder dies, or it is time to look again. */
static void sleep_on(struct streamx_producer *p, struct watch *watch, struct sx_wait *wait,
                     uint32_t event)
{
    const _Atomic uint32_t *word = &sx_queue_place(p)->turn_event;
    uint64_t pen = atomic_load_explicit(&p->segment.control->pen, memory_order_acquire);

    wait->alarm_ns = sx_clock_now() + nap_ns(p, watch, pen);
    if (sx_wait_is_long(wait) && sx_own_ring_open(&p->ring) == 0 &&
        sx_arm_word(&p->ring, word, event))
        sx_wait_park_on_ring(wait, &p->ring, arm_death(p, pen));
    else
        sx_wait_park(wait, word, event);
}

static int wait_for_turn(struct streamx_producer *p, int64_t deadline_ns)
{
    const struct sx_place *place = sx_queue_place(p);
    struct watch watch = {.nap_ns = NAP_FIRST_NS};
    int64_t since_ns = sx_clock_now();
    struct sx_wait wait;
    int result = -EAGAIN;

    p->turn.watching = false; /* from here on it waits in this call */
    sx_wait_begin(&wait, &p->turn.spin, deadline_ns);
    while (result == -EAGAIN) {
        /* Before the look at the pen: who frees it later bumps it, if it nominates us. */
        uint32_t event = atomic_load_explicit(&place->turn_event, memory_order_acquire);

        sx_queue_enter(p, since_ns);
        if (event != p->turn.event)
            arrive(p);
        p->turn.event = event;
        if (look_for_a_moment(p, &watch) ||
            (sx_wait_tick(&wait) && sx_turn_recover(p) && look_for_a_moment(p, &watch)))
            result = 0;
        else if (sx_wait_expired(&wait))
            result = -ETIMEDOUT;
        else
            sleep_on(p, &watch, &wait, event);
    }
    sx_queue_leave(p);
    if (result)
        pass_on(p);
    else if (!sx_queue_is_empty(p)) /* the last one has been told of them, we have not */
        begin_turn(p, sx_clock_now() + SX_TURN_NS);
    return result;
}

static bool try(struct streamx_producer *p)
{
    if (!sx_turn_take_pen(p))
        return false;
    if (!sx_turn_is_alone(p, sx_producer_spot(p)))
        sx_turn_follow(p);
    return true;
}

/* A call that does not wait: for the moment that a publication takes, all the same. */
static int try_for_a_moment(struct streamx_producer *p)
{
    struct watch watch = {0};

    if (try(p) || look_for_a_moment(p, &watch) || (sx_turn_recover(p) && try(p)))
        return 0;
    return -EAGAIN;
}

/* The pen of one that need not take it. True: it is free. */
static bool share(struct streamx_producer *p)
{
    if (!p->turn.sole)
        return sx_pen_share(&p->segment);
    sx_turn_share(p);
    return true;
}

int sx_turn_take(struct streamx_producer *p, int64_t deadline_ns)
{
    if (try(p))
        return 0;
    if (share(p) && try(p))
        return 0;
    return deadline_ns == 0 ? try_for_a_moment(p) : wait_for_turn(p, deadline_ns);
}
