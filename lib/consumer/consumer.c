/* SPDX-License-Identifier: MIT */
/*
 * The consumer's life: subscribe and unsubscribe. Where it starts is in join.c; what it does in
 * between, in take.c.
 *
 * An attempt to attach that finds the stream absent, or sees it end while it attaches, undoes
 * itself and waits for the next stream of that name.
 */
#define _GNU_SOURCE
#include "consumer/consumer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/futex.h"
#include "kernel/process.h"
#include "waiting/watch.h"

/* A subscription as asked for, checked. */
struct wish {
    const char *name;
    char *path;
    char label[64];
    const char *type;
    uint32_t start;
    uint32_t flags;
    int64_t spin_ns;
};

static int check_options(struct wish *wish, const struct streamx_subscribe_options *o)
{
    for (size_t i = 0; i < sizeof o->reserved / sizeof o->reserved[0]; i++)
        if (o->reserved[i] != 0)
            return -EINVAL;
    if (o->start > STREAMX_START_OLDEST || (o->flags & ~STREAMX_ANY_OWNER) || o->spin_ns < -1)
        return -EINVAL;
    if (o->type && strnlen(o->type, STREAMX_TAG_MAX + 1) > STREAMX_TAG_MAX)
        return -EINVAL;
    if (o->label && strnlen(o->label, STREAMX_TAG_MAX + 1) > STREAMX_TAG_MAX)
        return -EINVAL;
    if (o->label)
        memcpy(wish->label, o->label, strlen(o->label));
    else
        sx_process_name(wish->label, sizeof wish->label);
    wish->type = o->type && *o->type ? o->type : NULL;
    wish->start = o->start;
    wish->flags = o->flags;
    wish->spin_ns = o->spin_ns;
    return 0;
}

/* Was everything that was published acknowledged by somebody? */
static bool all_acknowledged(const struct sx_segment *segment)
{
    uint64_t publication, last_seq;
    struct sx_tally tally;

    if (!sx_frames_newest(segment, &publication, &last_seq))
        return false;
    sx_registry_tally(segment, NULL, sx_registry_used(segment), &tally);
    return !sx_after(last_seq, tally.acknowledged);
}

/* Has nothing more to give to anybody who is not attached yet. */
static bool spent(const struct sx_segment *segment)
{
    /* Acquire pairs with the release in producer.c: what was published before the end. */
    uint32_t state = atomic_load_explicit(&segment->control->state, memory_order_acquire);

    if (state == SX_STATE_CLOSED)
        return true;
    if (state == SX_STATE_LIVE && !sx_segment_orphaned(segment))
        return false;
    return all_acknowledged(segment);
}

/* What cannot be attached to counts as absent. */
static bool absent(const struct sx_segment *segment)
{
    return spent(segment) || !sx_segment_named(segment);
}

/* Was the name taken from a stream that goes on? */
static bool removed(const struct sx_segment *segment)
{
    /* In this order: a producer that ends stores the state before it unbinds the name. */
    return !sx_segment_named(segment) &&
           atomic_load_explicit(&segment->control->state, memory_order_acquire) == SX_STATE_LIVE;
}

/* Gives the seat up; whoever leaves a spent stream removes its name (README.md, pair 5). */
static void leave(struct streamx_consumer *c)
{
    sx_registry_leave(&c->segment, &c->ticket);
    /* Pair 5: between our seat and the look at the state. */
    sx_barrier_full();
    if (spent(&c->segment))
        sx_segment_unbind(c->segment.path, c->segment.fd, 0);
}

static int check_type(const struct sx_segment *segment, const char *type)
{
    char carried[sizeof segment->header->type];

    memcpy(carried, segment->header->type, sizeof carried);
    carried[sizeof carried - 1] = '\0';
    return type && strcmp(type, carried) != 0 ? -EPROTOTYPE : 0;
}

/* Attaches to a mapped stream. */
static int attach(struct streamx_consumer *c, const struct wish *wish)
{
    int failed;

    if (absent(&c->segment))
        return -ENOENT;
    failed = check_type(&c->segment, wish->type);
    if (failed)
        return failed;
    failed = sx_registry_claim(&c->segment, wish->label, &c->ticket);
    if (failed)
        return failed;
    c->seat = &c->segment.control->seats[c->ticket.seat];
    c->evictable = c->segment.shape.evict_after_ns > 0;
    c->final = SX_NOT_FINAL;
    sx_fence_init(&c->fence, &c->seat->fencing);
    sx_spin_init(&c->spin, wish->spin_ns);
    sx_brief_init(&c->brief, c->segment.shape.slots);
    sx_nap_init(&c->nap, c->segment.shape.slots);
    failed = sx_join(c, wish->start);
    c->nap.since = c->brief.since = c->next;
    /* Pair 6: the seat, the barrier (in sx_join), and now the name and the state. A stream that has
     * ended meanwhile is not left: its producer may have waited for just this consumer, which
     * must see how it ends. */
    if (!failed && removed(&c->segment))
        failed = -ENOENT;
    if (failed)
        leave(c);
    return failed;
}

static int attempt(struct streamx_consumer *c, const struct wish *wish)
{
    int failed;

    do {
        memset(c, 0, sizeof *c);
        failed = sx_segment_open(&c->segment, wish->path, wish->name,
                                 (wish->flags & STREAMX_ANY_OWNER) != 0);
        if (failed)
            return failed;
        failed = attach(c, wish);
        if (failed)
            sx_segment_close(&c->segment);
    } while (failed == -ESTALE); /* evicted before it began: once in `evict_after_ns` at most */
    return failed;
}

/* Attaches as soon as there is something to attach to. */
static int attempt_until(struct streamx_consumer *c, const struct wish *wish, int64_t deadline_ns)
{
    struct sx_watch watch;
    int failed = attempt(c, wish);

    if (failed != -ENOENT || deadline_ns == 0)
        return failed;
    sx_watch_init(&watch);
    while ((failed = attempt(c, wish)) == -ENOENT) {
        if (deadline_ns != SX_NEVER && sx_clock_now() >= deadline_ns)
            return -ETIMEDOUT;
        sx_watch_wait(&watch, deadline_ns);
    }
    return failed;
}

static int subscribe(struct streamx_consumer **consumer, struct wish *wish, int64_t timeout_ns)
{
    struct streamx_consumer *c;
    int failed = sx_segment_path(wish->name, &wish->path);

    if (failed)
        return failed;
    c = calloc(1, sizeof *c);
    failed = c ? attempt_until(c, wish, sx_clock_deadline(timeout_ns)) : -ENOMEM;
    free(wish->path);
    if (failed)
        free(c);
    else
        *consumer = c;
    return failed;
}

int streamx_subscribe(struct streamx_consumer **consumer, const char *name,
                      const struct streamx_subscribe_options *options, int64_t timeout_ns)
{
    const struct streamx_subscribe_options defaults = {0};
    struct wish wish = {.name = name};
    int saved = errno;
    int result = check_options(&wish, options ? options : &defaults);

    if (timeout_ns < STREAMX_FOREVER)
        result = -EINVAL;
    if (!result)
        result = subscribe(consumer, &wish, timeout_ns);
    errno = saved;
    return result;
}

void streamx_unsubscribe(struct streamx_consumer *c)
{
    int saved = errno;

    if (!c)
        return;
    if (sx_segment_ours(&c->segment))
        leave(c);
    sx_notice_close(&c->notice, sx_segment_ours(&c->segment));
    sx_sleeper_close(&c->sleeper, sx_segment_ours(&c->segment));
    sx_segment_close(&c->segment);
    free(c);
    errno = saved;
}
