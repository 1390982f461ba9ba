/* SPDX-License-Identifier: MIT */
/*
 * How a consumer waits for the next publication (README.md, section 6): look, spin, nap, park. What
 * it looks at, and in which order, is what keeps an end from being taken for a crash and a wake
 * from being lost; take.c only asks.
 */
#include <errno.h>

#include "consumer/consumer.h"
#include "kernel/futex.h"
#include "memory/store.h"

/* 1 = the next publication is there; -EAGAIN = not yet; else how the stream has ended for us. */
int sx_await_look(const struct streamx_consumer *c)
{
    uint32_t state;

    if (sx_take_evicted(c))
        return -ESTALE;
    if (sx_take_ready(c))
        return 1;
    /* Acquire pairs with the release in producer.c: every stamp was stored before the end, so that
     * a second look at the stamp is the last that is needed. */
    state = atomic_load_explicit(&c->segment.control->state, memory_order_acquire);
    if (state == SX_STATE_LIVE)
        return -EAGAIN;
    if (sx_take_ready(c))
        return 1;
    if (sx_take_evicted(c)) /* before the end */
        return -ESTALE;
    return state == SX_STATE_CLOSED ? 0 : state == SX_STATE_ABANDONED ? -EOWNERDEAD : -EPROTO;
}

/* The same, knowing whether the producer has died. What it did before it died counts: so look
 * again after its death was established. */
int sx_await_look_for_death(const struct streamx_consumer *c)
{
    int found;

    if (!sx_segment_orphaned(&c->segment))
        return sx_await_look(c);
    found = sx_await_look(c);
    return found == -EAGAIN ? -EOWNERDEAD : found;
}

/* Sleeps until the word moves; if that takes long, also until the producer dies. `seen`: the
 * producer is certain to see that we sleep. */
static void sleep_on(struct streamx_consumer *c, struct sx_wait *wait, uint32_t event, bool seen)
{
    const _Atomic uint32_t *word = &c->segment.control->data_event;

    if (sx_wait_is_long(wait) && sx_sleeper_open(&c->sleeper) == 0 &&
        sx_sleeper_arm_word(&c->sleeper, word, event))
        sx_wait_sleep(wait, &c->sleeper,
                      sx_segment_arm_death(&c->segment, &c->segment.producer, &c->sleeper) && seen);
    else
        sx_wait_park(wait, word, event);
}

/* Announce, look once more, sleep. */
static int park(struct streamx_consumer *c, struct sx_wait *wait)
{
    struct sx_control *control = c->segment.control;
    /* Before the announcement: if that is cleared, this changes after it (put.c, sx_put_wake).
     * Acquire: our announcement comes after the clearing that the bump tells of. */
    uint32_t event = atomic_load_explicit(&control->data_event, memory_order_acquire);
    bool seen;
    int found;

    SX_STORE(sleepers, &control->sleepers, 1, memory_order_relaxed);
    /* Pair 1: between the announcement and the look at the stamp. The producer stores the stamp,
     * passes its barrier and looks for sleepers. Acquire pairs with fence.h. */
    sx_barrier_full();
    seen = atomic_load_explicit(&control->fencing, memory_order_acquire) || sx_barrier_heavy();
    found = sx_await_look(c);
    if (found == -EAGAIN)
        sleep_on(c, wait, event, seen);
    return found;
}

/* How many there are, if that has changed. */
static void count_parties(struct streamx_consumer *c)
{
    /* Relaxed: a hint. */
    uint64_t epoch = atomic_load_explicit(&c->segment.control->epoch, memory_order_relaxed);

    if (epoch == c->epoch || !sx_nap_possible(&c->nap))
        return;
    c->epoch = epoch;
    sx_spin_crowd(&c->spin, 1 + sx_registry_active(&c->segment));
}

/* The time is up. One who waits for moments, again and again, must learn of a death too. */
static int give_up(const struct streamx_consumer *c, const struct sx_wait *wait)
{
    int found = sx_wait_is_long(wait) ? -EAGAIN : sx_await_look_for_death(c);

    return found == -EAGAIN ? -ETIMEDOUT : found;
}

static int await(struct streamx_consumer *c, int64_t deadline_ns)
{
    struct sx_wait wait;
    int found = -EAGAIN;

    sx_wait_begin(&wait, &c->spin, deadline_ns);
    while (found == -EAGAIN) {
        while (sx_wait_spin(&wait) && found == -EAGAIN)
            found = sx_await_look(c);
        if (found != -EAGAIN)
            break;
        found = sx_wait_should_look(&wait) ? sx_await_look_for_death(c) : sx_await_look(c);
        if (found == -EAGAIN && sx_wait_expired(&wait))
            found = give_up(c, &wait);
        if (found == -EAGAIN && sx_wait_must_park(&wait) && !sx_nap_take(&c->nap, &wait, c->next))
            found = park(c, &wait);
    }
    sx_wait_end(&wait);
    return found;
}

/* A call that does not wait. */
static int look_once(struct streamx_consumer *c)
{
    int found;

    /* With a descriptor, a death is told of by it, or looked for when its timer runs out. */
    if (!c->notice.open)
        return sx_await_look_for_death(c);
    found = sx_await_look(c);
    return found == -EAGAIN ? sx_fd_renew_consumer(c) : found;
}

int sx_await_next(struct streamx_consumer *c, int64_t timeout_ns)
{
    return timeout_ns == STREAMX_NOWAIT ? look_once(c) : await(c, sx_clock_deadline(timeout_ns));
}

bool sx_await_briefly(struct streamx_consumer *c)
{
    uint64_t run = c->next - c->brief.since;
    uint32_t turns, turn = 0, first = c->brief.stride;
    bool found = false;

    c->brief.since = c->next;
    count_parties(c);
    turns = sx_brief_turns(&c->brief, &c->spin);
    if (turns == 0)
        return false;
    while (!found && turn < turns) {
        turn += sx_brief_pause(&c->brief);
        found = sx_take_ready(c);
    }
    sx_brief_learn(&c->brief, run, found && turn == first);
    return found;
}
