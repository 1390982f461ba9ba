/* SPDX-License-Identifier: MIT */
/*
 * How a consumer waits for the next publication (README.md, section 6): in a call (look, spin, nap,
 * park), or by its descriptor. What it looks at, and in which order, is what keeps an end from
 * being taken for a crash and a wake from being lost; take.c only asks.
 *
 * A call that parks and a descriptor announce themselves in the same way. The announcement stays
 * until a wake clears it.
 */
#include "consumer/wait.h"

#include <errno.h>

#include "consumer/publication.h"
#include "kernel/clock.h"
#include "memory/store.h"

/* ---- looking --------------------------------------------------------------------------------- */

/* 1 = the next publication is there; -EAGAIN = not yet; else how the stream has ended for us. */
static int look(const struct streamx_consumer *c)
{
    uint32_t state;

    if (sx_consumer_evicted(c))
        return -ESTALE;
    if (sx_consumer_ready(c))
        return 1;
    /* Acquire pairs with the release in close.c: every stamp was stored before the end, so that
     * a second look at the stamp is the last that is needed. */
    state = atomic_load_explicit(&c->segment.control->state, memory_order_acquire);
    if (sx_state_of(state) == SX_STATE_LIVE)
        return -EAGAIN;
    if (sx_consumer_ready(c))
        return 1;
    if (sx_consumer_evicted(c)) /* before the end */
        return -ESTALE;
    if (sx_state_of(state) == SX_STATE_CLOSED)
        return state & SX_STATE_CASUALTY ? -EOWNERDEAD : 0;
    if (sx_state_of(state) == SX_STATE_ABANDONED)
        return c->patient ? -EAGAIN : -EOWNERDEAD;
    return -EPROTO;
}

/* Has the last producer died, or abandoned the stream? Remembers which deaths were known before the
 * look that follows. */
static bool deserted(struct streamx_consumer *c)
{
    struct sx_survey survey = sx_roster_survey(&c->segment);
    uint32_t state = atomic_load_explicit(&c->segment.control->state, memory_order_acquire);

    c->mourned = survey.mourned;
    return sx_state_of(state) == SX_STATE_ABANDONED ||
           (sx_place_orphaned(&survey, c->segment.fd) && sx_segment_intact(&c->segment));
}

/* As look, knowing whether the producer has died. What it did before it died counts: so look after
 * its death was established. -EBADF: it will never be known. */
static int look_for_death(struct streamx_consumer *c)
{
    bool dead = deserted(c), blind;
    int found;

    /* A successor may come as long as the name leads here; and if it does not any more, one may
     * have come just before. */
    if (dead && c->patient)
        dead = !sx_segment_named(&c->segment) && deserted(c);
    blind = !dead && !sx_segment_intact(&c->segment);
    found = look(c);
    if (found != -EAGAIN)
        return found;
    return dead ? -EOWNERDEAD : blind ? -EBADF : -EAGAIN;
}

/*
 * Announces that it waits, and looks once more. `*event`: the word to sleep on, as it was before.
 * `*seen`: the producer is certain to see the announcement.
 */
static int announce(struct streamx_consumer *c, uint32_t *event, bool *seen)
{
    struct sx_control *control = c->segment.control;

    /* Before the announcement: if that is cleared, this changes after it (wake.c). Acquire: our
     * announcement comes after the clearing that the bump tells of. */
    *event = atomic_load_explicit(&control->data_event, memory_order_acquire);
    SX_STORE(sleepers, &control->sleepers, 1, memory_order_relaxed);
    /* Pair 1: between the announcement and the look at the stamp. The producer stores the stamp,
     * passes its barrier and looks for sleepers. Acquire pairs with fence.h. */
    sx_barrier_full();
    *seen = atomic_load_explicit(&control->fencing, memory_order_acquire) || sx_barrier_heavy();
    return look(c);
}

/*
 * Has `watch` look after every producer that lives; those that are known to be dead would end a
 * sleep at once. False: another one is dead than at the last look for deaths. `*covered` stays true
 * if no other death matters.
 */
static bool watch_producers(struct streamx_consumer *c,
                            bool (*watch)(struct streamx_consumer *, uint32_t pid), bool *covered)
{
    const struct sx_segment *segment = &c->segment;
    struct sx_survey survey = {0};

    for (uint32_t i = 0; i < segment->shape.max_producers; i++) {
        const struct sx_place *place = sx_roster_at(segment, i);
        uint32_t living = survey.living;
        struct sx_peer peer;

        sx_place_survey(&survey, segment->fd, place, segment->pid_namespace);
        if (survey.living == living)
            continue;
        peer = sx_place_peer(place, atomic_load_explicit(&place->owner, memory_order_acquire));
        *covered &= watch(c, sx_segment_pid(segment, &peer));
    }
    /* Nobody tells when the name goes, to which a successor would come. */
    if (survey.living == 0)
        *covered = false;
    return survey.mourned == c->mourned;
}

/* ---- parking --------------------------------------------------------------------------------- */

static bool arm_death(struct streamx_consumer *c, uint32_t pid)
{
    return sx_arm_death(&c->ring, pid);
}

/* What a look and an acknowledgment touch has been with the producer meanwhile. It is fetched at
 * once, instead of line by line. (Where many wake at a time, they would take it from each
 * other.) */
static void fetch_after_sleep(const struct streamx_consumer *c)
{
    struct sx_control *control = c->segment.control;

    if (c->spin.crowded)
        return;
    sx_fetch_for_read(sx_consumer_frame(c));
    sx_fetch_for_write(&c->seat->cursor);
    sx_fetch_for_read(&control->wanted);
    sx_fetch_for_write(&control->room_event);
}

/* Sleeps until the word moves; if that takes long, also until a producer dies. `seen`: the
 * producer is certain to see that we sleep. */
static void sleep_on(struct streamx_consumer *c, struct sx_wait *wait, uint32_t event, bool seen)
{
    const _Atomic uint32_t *word = &c->segment.control->data_event;
    bool covered = seen;

    if (!sx_wait_is_long(wait) || sx_own_ring_open(&c->ring) != 0 ||
        !sx_arm_word(&c->ring, word, event)) {
        sx_wait_park(wait, word, event);
    } else if (watch_producers(c, arm_death, &covered)) {
        sx_wait_park_on_ring(wait, &c->ring, covered);
    } else { /* what that one did last has yet to be looked at */
        sx_disarm(&c->ring);
        sx_wait_look_now(wait);
    }
    fetch_after_sleep(c);
}

/* Announce, look once more, sleep. What woke us most likely is there: the other side is waiting by
 * now, and nothing comes before our answer that need not. */
static int park(struct streamx_consumer *c, struct sx_wait *wait)
{
    uint32_t event;
    bool seen;
    int found = announce(c, &event, &seen);

    if (found != -EAGAIN)
        return found;
    sleep_on(c, wait, event, seen);
    return look(c);
}

/* ---- waiting in a call ----------------------------------------------------------------------- */

/* The time is up. One who waits for moments, again and again, must learn of a death too. */
static int give_up(struct streamx_consumer *c, const struct sx_wait *wait)
{
    int found = sx_wait_is_long(wait) ? -EAGAIN : look_for_death(c);

    return found == -EAGAIN ? -ETIMEDOUT : found;
}

static int await(struct streamx_consumer *c, int64_t deadline_ns)
{
    struct sx_wait wait;
    int found = -EAGAIN;

    sx_wait_begin(&wait, &c->spin, deadline_ns);
    while (found == -EAGAIN) {
        while (found == -EAGAIN && sx_wait_spin(&wait))
            found = look(c);
        if (found != -EAGAIN)
            break;
        found = sx_wait_tick(&wait) ? look_for_death(c) : look(c);
        if (found == -EAGAIN && sx_wait_expired(&wait))
            found = give_up(c, &wait);
        if (found == -EAGAIN && sx_wait_must_park(&wait) &&
            !sx_nap_take(&c->nap, &wait, c->offer.next))
            found = park(c, &wait);
    }
    sx_wait_end(&wait, found == 1);
    return found;
}

void sx_consumer_count_parties(struct streamx_consumer *c)
{
    /* Relaxed: a hint. */
    uint64_t epoch = atomic_load_explicit(&c->segment.control->epoch, memory_order_relaxed);

    if (epoch == c->epoch)
        return;
    c->epoch = epoch;
    sx_spin_crowd(&c->spin, 1 + sx_registry_active(&c->segment));
}

bool sx_consumer_spin(struct streamx_consumer *c)
{
    uint64_t run = c->offer.next - c->spin.since;
    uint32_t turns, turn = 0, first = c->spin.stride;
    bool found = false;

    sx_publication_waits(c);
    sx_consumer_count_parties(c);
    turns = sx_spin_turns(&c->spin);
    if (turns == 0)
        return false;
    sx_spin_adapt(&c->spin, c->offer.next);
    while (!found && turn < turns) {
        turn += sx_spin_stride(&c->spin);
        found = sx_consumer_ready(c);
    }
    c->spin.took = turn;
    sx_spin_learn(&c->spin, run, found && turn == first);
    return found;
}

/* ---- the descriptor -------------------------------------------------------------------------- */

static bool notice_death(struct streamx_consumer *c, uint32_t pid)
{
    sx_notice_watch(&c->notice, pid);
    return true;
}

/* A look has found nothing. Has the descriptor tell when that changes; unless it has changed
 * already: what a look finds now. */
static int renew_notice(struct streamx_consumer *c)
{
    /* Acquire: before the producers are looked at. */
    uint32_t roster = atomic_load_explicit(&c->segment.control->roster_event, memory_order_acquire);
    bool anew = !c->noticing || c->notice.uncovered || roster != c->notice_roster ||
                sx_notice_is_foreign(&c->notice);
    bool death = sx_notice_begin(&c->notice, anew);
    bool covered = true, seen;
    uint32_t event;
    int found;

    if (anew && !watch_producers(c, notice_death, &covered))
        death = true;
    c->noticing = covered;
    c->notice_roster = roster;
    found = announce(c, &event, &seen);
    if (found == -EAGAIN && death)
        found = look_for_death(c);
    if (found == -EAGAIN)
        sx_notice_arm(&c->notice, &c->segment.control->data_event, event, SX_NEVER,
                      seen && covered);
    else
        sx_notice_fire(&c->notice);
    return found;
}

void sx_consumer_begin_notice(struct streamx_consumer *c)
{
    if (c->final != SX_NOT_FINAL || sx_publication_is_open(c, c->offer.taken) ||
        look_for_death(c) != -EAGAIN)
        sx_notice_fire(&c->notice);
    else
        renew_notice(c);
}

/* ---- a call, or one look --------------------------------------------------------------------- */

/* A call that does not wait. */
static int look_once(struct streamx_consumer *c)
{
    int found;

    sx_publication_waits(c);
    /* With a descriptor, a death is told of by it, or looked for when its timer runs out. */
    if (!c->notice.means)
        return look_for_death(c);
    found = look(c);
    return found == -EAGAIN ? renew_notice(c) : found;
}

int sx_consumer_wait(struct streamx_consumer *c, int64_t timeout_ns)
{
    return timeout_ns == STREAMX_NOWAIT ? look_once(c) : await(c, sx_clock_deadline(timeout_ns));
}
