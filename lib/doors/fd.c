/* SPDX-License-Identifier: MIT */
/*
 * The handles' descriptors, for event loops.
 *
 * A descriptor is renewed by a call that looks and finds nothing (NOWAIT, -EAGAIN): it announces
 * itself just as a call does that goes to sleep (await.c and room.c, park), looks once more, and
 * arms the notice. From then on whatever would change the answer makes the descriptor readable, and
 * it stays so until it is renewed.
 */
#include <errno.h>

#include "consumer/consumer.h"
#include "kernel/futex.h"
#include "memory/store.h"
#include "producer/producer.h"

/* ---- consumer ----------------------------------------------------------------------------------
 */

static void watch_peer(struct sx_notice *notice, const struct sx_segment *segment,
                       const struct sx_peer *peer)
{
    if (segment->pid_namespace != 0 && peer->pid_namespace == segment->pid_namespace)
        sx_notice_watch(notice, peer->pid);
    else
        sx_notice_watch_unknown(notice);
}

int sx_fd_renew_consumer(struct streamx_consumer *c)
{
    struct sx_control *control = c->segment.control;
    bool anew = !c->noticing || sx_notice_is_foreign(&c->notice);
    bool death = sx_notice_begin(&c->notice, anew);
    uint32_t event;
    int found;

    if (anew)
        watch_peer(&c->notice, &c->segment, &c->segment.producer);
    c->noticing = true;
    /* Pair 1, as in await.c: the event, the announcement, the barrier, the look. */
    event = atomic_load_explicit(&control->data_event, memory_order_acquire);
    SX_STORE(fd_sleepers, &control->sleepers, 1, memory_order_relaxed);
    sx_barrier_full();
    if (!atomic_load_explicit(&control->fencing, memory_order_acquire) && !sx_barrier_heavy())
        sx_notice_watch_unknown(&c->notice); /* it may not see us: by the tick, then */
    found = death ? sx_await_look_for_death(c) : sx_await_look(c);
    if (found == -EAGAIN)
        sx_notice_arm(&c->notice, &control->data_event, event, SX_NEVER);
    else
        sx_notice_fire(&c->notice);
    return found;
}

void sx_fd_begin_consumer(struct streamx_consumer *c)
{
    if (c->final != SX_NOT_FINAL || c->index < c->count || sx_await_look_for_death(c) != -EAGAIN)
        sx_notice_fire(&c->notice);
    else
        sx_fd_renew_consumer(c);
}

int streamx_consumer_fd(struct streamx_consumer *c)
{
    bool begun = c->notice.open && !c->notice.by_caller;
    int fd;

    if (!sx_segment_ours(&c->segment))
        return -EPERM;
    fd = sx_notice_open(&c->notice);
    if (fd >= 0 && !begun)
        sx_fd_begin_consumer(c);
    return fd;
}

/* ---- producer ----------------------------------------------------------------------------------
 */

/* Before the announcement, as in room.c. */
static void watch_consumers(struct streamx_producer *p)
{
    sx_view_watch(p);
    for (uint32_t i = 0; i < p->watched_count; i++)
        sx_notice_watch(&p->notice, p->watched[i]);
    if (!p->watched_all)
        sx_notice_watch_unknown(&p->notice);
}

/* Pair 2, as in room.c: the announcement, the barrier, the look. */
static int announce(struct streamx_producer *p, int64_t *due_ns)
{
    struct sx_control *control = p->segment.control;
    int held;

    SX_STORE(fd_wanted_since, &control->wanted_since_ns, p->blocked_since_ns, memory_order_relaxed);
    SX_STORE(fd_wanted, &control->wanted, sx_wanted_make(sx_view_wanted(p, p->notice_events)),
             memory_order_release);
    sx_barrier_full();
    sx_view_refresh(p);
    if (!sx_view_all_fence(p) && !sx_barrier_heavy())
        sx_notice_watch_unknown(&p->notice); /* one of them may not see us: by the tick, then */
    held = sx_view_evaluate(p, p->notice_events);
    if (!held && sx_view_evict(p, p->notice_events, due_ns))
        held = sx_view_evaluate(p, p->notice_events);
    return held;
}

void sx_fd_renew_producer(struct streamx_producer *p)
{
    struct sx_control *control = p->segment.control;
    /* Acquire, both: before the seats are looked at; who comes or goes later changes the event. */
    uint32_t event = atomic_load_explicit(&control->room_event, memory_order_acquire);
    uint64_t epoch = atomic_load_explicit(&control->epoch, memory_order_acquire);
    bool anew = epoch != p->notice_epoch || p->notice.uncovered || sx_view_claimed(p) ||
                sx_notice_is_foreign(&p->notice);
    int64_t due_ns = SX_NEVER;

    if (sx_notice_begin(&p->notice, anew))
        sx_registry_reap_all(&p->segment);
    if (anew)
        watch_consumers(p);
    p->notice_epoch = epoch;
    if (announce(p, &due_ns))
        sx_notice_fire(&p->notice);
    else
        sx_notice_arm(&p->notice, &control->room_event, event, due_ns);
}

int streamx_producer_fd(struct streamx_producer *p, unsigned events)
{
    int fd;

    if (!sx_segment_ours(&p->segment))
        return -EPERM;
    if (events == 0 || (events & ~SX_ALL_EVENTS))
        return -EINVAL;
    fd = sx_notice_open(&p->notice);
    if (fd < 0)
        return fd;
    p->notice_events = events;
    sx_fd_renew_producer(p);
    return fd;
}
