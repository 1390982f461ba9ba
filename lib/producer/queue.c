/* SPDX-License-Identifier: MIT */
/*
 * Turns are of one length in time, and yet one producer publishes ten times as much in it as
 * another: it shares its processor with nobody, or need not wait for room. So the next one is who
 * has published least of those that wait, and shares are equal however much a turn brings; but
 * nobody is passed over for ever.
 *
 * What one has published counts from when it came, or came back: it begins a few turns behind the
 * others at most.
 */
#include "producer/queue.h"

#include "kernel/clock.h"
#include "memory/store.h"

#define CREDIT 4u /* turns, as the one has that publishes most in it, by which one may be behind */
#define PATIENCE 16 /* turns of all, for which one may be passed over */

struct sx_place *sx_queue_place(const struct streamx_producer *p)
{
    return sx_roster_at(&p->segment, p->turn.post.index);
}

/* Relaxed, here and below, wherever a place is looked at: a hint. */
static int64_t waits_since(const struct sx_place *place)
{
    return atomic_load_explicit(&place->waiting_since_ns, memory_order_relaxed);
}

static uint64_t served(const struct sx_place *place)
{
    return atomic_load_explicit(&place->served, memory_order_relaxed);
}

static bool is_active(const struct sx_place *place)
{
    return sx_place_state(atomic_load_explicit(&place->owner, memory_order_relaxed)) ==
           SX_PLACE_ACTIVE;
}

void sx_queue_count(struct streamx_producer *p)
{
    if (p->next == p->turn.counted)
        return;
    p->turn.latest = p->next - p->turn.counted;
    p->turn.served += p->turn.latest;
    p->turn.counted = p->next;
}

/* As much as we may be behind: not at all before our first turn. */
static uint64_t least_to_begin_with(const struct streamx_producer *p)
{
    uint64_t most = p->turn.served, longest = p->turn.latest;

    for (uint32_t i = 0; i < p->segment.shape.max_producers; i++) {
        const struct sx_place *place = sx_roster_at(&p->segment, i);
        uint64_t latest = atomic_load_explicit(&place->latest, memory_order_relaxed);

        if (!is_active(place))
            continue;
        if (sx_after(served(place), most))
            most = served(place);
        if (latest > longest)
            longest = latest;
    }
    return p->turn.latest ? most - CREDIT * longest : most;
}

void sx_queue_enter(struct streamx_producer *p, int64_t since_ns)
{
    struct sx_place *place = sx_queue_place(p);
    uint64_t least;

    sx_queue_count(p);
    least = least_to_begin_with(p);
    if (sx_after(least, p->turn.served))
        p->turn.served = least;
    SX_STORE(queue_served, &place->served, p->turn.served, memory_order_relaxed);
    SX_STORE(queue_latest, &place->latest, p->turn.latest, memory_order_relaxed);
    SX_STORE(queue_enter, &place->waiting_since_ns, since_ns & ~SX_QUEUE_WATCHES,
             memory_order_relaxed);
}

void sx_queue_leave(struct streamx_producer *p)
{
    SX_STORE(queue_leave, &sx_queue_place(p)->waiting_since_ns, 0, memory_order_relaxed);
}

void sx_queue_forget(struct sx_place *place)
{
    SX_STORE(queue_forget, &place->waiting_since_ns, 0, memory_order_relaxed);
}

/* Is this one to come before that one? */
static bool precedes(const struct sx_place *place, const struct sx_place *other, int64_t overdue_ns)
{
    int64_t since_ns = waits_since(place), others_ns = waits_since(other);

    if (since_ns <= overdue_ns || others_ns <= overdue_ns || served(place) == served(other))
        return since_ns < others_ns;
    return sx_after(served(other), served(place));
}

struct sx_place *sx_queue_first(const struct streamx_producer *p, int64_t now_ns)
{
    uint32_t places = p->segment.shape.max_producers;
    int64_t overdue_ns = now_ns - PATIENCE * SX_TURN_NS * (int64_t)sx_roster_active(&p->segment);
    struct sx_place *first = NULL;

    for (uint32_t i = 0; i < places; i++) {
        struct sx_place *place = sx_roster_at(&p->segment, i);
        int64_t since_ns = waits_since(place);

        if (i != p->turn.post.index && since_ns != 0 && !(since_ns & SX_QUEUE_WATCHES) &&
            (!first || precedes(place, first, overdue_ns)))
            first = place;
    }
    return first;
}

bool sx_queue_are_behind_us(const struct streamx_producer *p, int64_t now_ns)
{
    const struct sx_place *first = sx_queue_first(p, now_ns);

    return first && sx_after(served(first), p->turn.served + (p->next - p->turn.counted));
}

bool sx_queue_is_empty(const struct streamx_producer *p)
{
    return sx_queue_first(p, 0) == NULL;
}

void sx_queue_watch(struct streamx_producer *p)
{
    int64_t since_ns = p->blocked_since_ns != 0 ? p->blocked_since_ns : sx_clock_now();

    p->turn.watching = true;
    SX_STORE(queue_watch, &sx_queue_place(p)->waiting_since_ns, since_ns | SX_QUEUE_WATCHES,
             memory_order_relaxed);
}

void sx_queue_unwatch(struct streamx_producer *p)
{
    if (!p->turn.watching)
        return;
    p->turn.watching = false;
    SX_STORE(queue_unwatch, &sx_queue_place(p)->waiting_since_ns, 0, memory_order_relaxed);
}
