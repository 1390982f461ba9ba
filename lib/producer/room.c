/* SPDX-License-Identifier: MIT */
/*
 * How the producer waits: for room in the ring, or that consumers have come, gone, or kept up; in a
 * call, or by its descriptor. What it waits for is evaluated in view.c.
 */
#include <errno.h>

#include "kernel/futex.h"
#include "memory/store.h"
#include "producer/producer.h"

/* Arms the listed deaths. False: some that may matter cannot be watched. */
static bool arm_deaths(struct streamx_producer *p)
{
    bool covered = p->watched_all;

    for (uint32_t i = 0; i < p->watched_count; i++)
        covered &= sx_sleeper_arm_death(&p->sleeper, p->watched[i]);
    return covered;
}

/* Sleeps until the word moves; if that takes long, also until somebody dies. */
static void sleep_on(struct streamx_producer *p, struct sx_wait *wait, uint32_t event)
{
    const _Atomic uint32_t *word = &p->segment.control->room_event;

    if (sx_wait_is_long(wait) && sx_sleeper_open(&p->sleeper) == 0 &&
        sx_sleeper_arm_word(&p->sleeper, word, event))
        sx_wait_sleep(wait, &p->sleeper, arm_deaths(p));
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

    if (sx_wait_is_long(wait))
        sx_view_watch(p);
    SX_STORE(wanted_since, &control->wanted_since_ns, p->blocked_since_ns, memory_order_relaxed);
    /* Release: who sees it sees everything published so far. */
    SX_STORE(wanted, &control->wanted, sx_wanted_make(sx_view_wanted(p, events)),
             memory_order_release);
    /* Pair 2: between the announcement and the look at the cursors. An acknowledger stores its
     * cursor, passes its barrier and looks at `wanted`. Whether all of them pass a full one is
     * asked of the seats as they are now; one that becomes active later moves `room_event` before
     * it acknowledges anything. */
    sx_barrier_full();
    sx_view_refresh(p);
    if (!sx_view_all_fence(p) && !sx_barrier_heavy())
        p->watched_all = false; /* one of them may not see us: by the tick, then */
    held = sx_view_evaluate(p, events);
    if (!held)
        sleep_on(p, wait, event);
    SX_STORE(wanted_over, &control->wanted, SX_WANTED_NOTHING, memory_order_relaxed);
    if (p->notice.open) /* its announcement has just been withdrawn too */
        sx_notice_fire(&p->notice);
    return held;
}

/* Is the next slot free by now, and `least` seqs behind it too? */
static bool freed(struct streamx_producer *p, uint64_t least)
{
    if (sx_view_moved(p) && !sx_view_refresh_lone(p))
        sx_view_refresh(p);
    return !sx_after(sx_view_needed(p) + least, p->limit);
}

bool sx_room_spin(struct streamx_producer *p)
{
    uint32_t turns = sx_brief_turns(&p->brief, &p->spin);
    uint64_t least = 2 * (uint64_t)(p->brief.stride - 1);

    for (uint32_t turn = 0; turn < turns; turn += sx_brief_pause(&p->brief))
        if (freed(p, least))
            return true;
    return turns > 0 && freed(p, 0);
}

/* The time is up. One who waits for moments, again and again, must get past the dead too. */
static int give_up(struct streamx_producer *p, unsigned events, const struct sx_wait *wait)
{
    int held = 0;

    if (!sx_wait_is_long(wait) && sx_registry_reap_all(&p->segment))
        held = sx_view_evaluate(p, events);
    return held ? held : -ETIMEDOUT;
}

static int await(struct streamx_producer *p, unsigned events, int64_t deadline_ns)
{
    struct sx_wait wait;
    int held = 0;

    sx_wait_begin(&wait, &p->spin, deadline_ns);
    while (!held) {
        while (sx_wait_spin(&wait))
            if (sx_view_moved(p) && (held = sx_view_evaluate(p, events)) != 0)
                break;
        if (held)
            break;
        if (sx_wait_should_look(&wait))
            sx_registry_reap_all(&p->segment);
        held = sx_view_evaluate(p, events);
        if (!held && sx_view_evict(p, events, &wait.alarm_ns))
            held = sx_view_evaluate(p, events);
        if (!held && sx_wait_expired(&wait))
            held = give_up(p, events, &wait);
        if (!held && sx_wait_must_park(&wait) && !sx_nap_take(&p->nap, &wait, p->next))
            held = park(p, events, &wait);
    }
    sx_wait_end(&wait);
    return held;
}

int sx_room_await(struct streamx_producer *p, unsigned events, int64_t deadline_ns)
{
    int held = sx_view_evaluate(p, events);
    int64_t due_ns;

    if (!held && p->blocked_since_ns == 0)
        p->blocked_since_ns = sx_clock_now();
    if (!held && deadline_ns == 0) {
        /* With a descriptor, deaths are told of by it, or looked for when its timer runs out. */
        if (p->notice.open)
            sx_fd_renew_producer(p);
        else
            sx_registry_reap_all(&p->segment);
        sx_view_evict(p, events, &due_ns);
        held = sx_view_evaluate(p, events);
        return held ? held : -EAGAIN;
    }
    if (!held)
        held = await(p, events, deadline_ns);
    if (held > 0 && p->blocked_since_ns != 0) {
        p->blocked_since_ns = 0;
        /* Of its descriptor's announcement, which stays: it is not waited for in vain any more. */
        SX_STORE(wanted_since_over, &p->segment.control->wanted_since_ns, 0, memory_order_relaxed);
    }
    return held;
}
