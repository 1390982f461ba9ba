/* SPDX-License-Identifier: MIT */
/*
 * The producer's life: create, wait, drain, close, abandon.
 *
 * An ending is: change `state`, full barrier, wake everybody, then look whether the name may go
 * (README.md, pairs 5 and 6). A consumer that leaves does the same from its side, so that one of
 * the two removes the name.
 */
#define _GNU_SOURCE
#include "producer/producer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/futex.h"
#include "memory/store.h"
#include "producer/evict.h"

static bool mode_is_valid(uint32_t mode)
{
    if (mode > 0777 || (mode & 0600) != 0600) /* its owner must be able to remove it */
        return false;
    for (uint32_t class = mode; class != 0; class >>= 3)
        if ((class & 04) && !(class & 02))
            return false;
    return true;
}

/* Puts the defaults in. */
static int check_options(struct streamx_options *o)
{
    for (size_t i = 0; i < sizeof o->reserved / sizeof o->reserved[0]; i++)
        if (o->reserved[i] != 0)
            return -EINVAL;
    if (o->slots == 0)
        o->slots = 1;
    if (o->slot_size == 0)
        o->slot_size = 65536;
    if (o->max_consumers == 0)
        o->max_consumers = 64;
    if (o->mode == 0)
        o->mode = 0600;
    if (o->slots > STREAMX_SLOTS_MAX || o->slot_size > STREAMX_SLOT_SIZE_MAX ||
        o->max_consumers > STREAMX_CONSUMERS_MAX || o->min_consumers > o->max_consumers ||
        (o->flags & ~(STREAMX_TIMESTAMPS | STREAMX_PIPE)) || o->evict_after_ns < 0 ||
        o->spin_ns < -1 || !mode_is_valid(o->mode))
        return -EINVAL;
    if (o->type && strnlen(o->type, STREAMX_TAG_MAX + 1) > STREAMX_TAG_MAX)
        return -EINVAL;
    return 0;
}

static void free_handle(struct streamx_producer *p)
{
    sx_notice_close(&p->notice, sx_segment_ours(&p->segment));
    sx_sleeper_close(&p->sleeper, sx_segment_ours(&p->segment));
    sx_segment_close(&p->segment);
    free(p->slot_last);
    free(p->active);
    free(p->watched);
    free(p->laggards);
    free(p);
}

/* Memory for the handle; the segment comes later. */
static struct streamx_producer *allocate(const struct streamx_options *o)
{
    struct streamx_producer *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->slot_last = calloc(o->slots, sizeof *p->slot_last);
    p->active = calloc(o->max_consumers, sizeof *p->active);
    p->watched = calloc(o->max_consumers, sizeof *p->watched);
    if (o->evict_after_ns > 0)
        p->laggards = calloc(o->max_consumers, sizeof *p->laggards);
    if (p->slot_last && p->active && p->watched && (p->laggards || o->evict_after_ns == 0))
        return p;
    free_handle(p);
    return NULL;
}

static int make_segment(struct streamx_producer *p, const char *name,
                        const struct streamx_options *o)
{
    struct sx_header header = {
        .flags = o->flags,
        .slots = o->slots,
        .slot_size = o->slot_size,
        .max_consumers = o->max_consumers,
        .min_consumers = o->min_consumers,
        .evict_after_ns = o->evict_after_ns,
        .created_ns = sx_clock_now(),
    };
    char *path;
    int failed = sx_segment_path(name, &path);

    if (failed)
        return failed;
    memcpy(header.name, name, strlen(name));
    if (o->type)
        memcpy(header.type, o->type, strlen(o->type));
    failed = sx_segment_create(&p->segment, path, &header, o->mode);
    if (failed)
        free(path);
    return failed;
}

static int create(struct streamx_producer **producer, const char *name, struct streamx_options *o)
{
    struct streamx_producer *p;
    int failed = check_options(o);

    if (failed)
        return failed;
    p = allocate(o);
    if (!p)
        return -ENOMEM;
    failed = make_segment(p, name, o);
    if (failed)
        goto fail;
    p->next = 1;
    p->slot = sx_ring_index(p->next, o->slots);
    p->opened = o->min_consumers == 0;
    p->gated = !p->opened || (o->flags & STREAMX_PIPE);
    sx_fence_init(&p->fence, &p->segment.control->fencing);
    sx_spin_init(&p->spin, o->spin_ns);
    sx_brief_init(&p->brief, o->slots);
    p->brief.stride = p->brief.furthest;
    sx_nap_init(&p->nap, o->slots);
    p->nap.since = p->next;
    failed = sx_segment_link(&p->segment);
    if (failed)
        goto fail;
    *producer = p;
    return 0;
fail:
    free_handle(p);
    return failed;
}

int streamx_create(struct streamx_producer **producer, const char *name,
                   const struct streamx_options *options)
{
    struct streamx_options o = {0};
    int saved = errno, result;

    if (options)
        o = *options;
    result = create(producer, name, &o);
    errno = saved;
    return result;
}

int streamx_wait(struct streamx_producer *p, unsigned events, int64_t timeout_ns)
{
    if (!sx_segment_ours(&p->segment))
        return -EPERM;
    if (events == 0 || (events & ~SX_ALL_EVENTS) || timeout_ns < STREAMX_FOREVER)
        return -EINVAL;
    return sx_room_await(p, events, sx_clock_deadline(timeout_ns));
}

int streamx_drain(struct streamx_producer *p, int64_t timeout_ns)
{
    int held = streamx_wait(p, STREAMX_DRAINED, timeout_ns);

    return held > 0 ? 0 : held;
}

/* Everybody learns that nothing more will come. */
static void end(struct streamx_producer *p, enum sx_state state)
{
    /* Release: who sees the end sees every stamp. */
    SX_STORE(end_state, &p->segment.control->state, (uint32_t)state, memory_order_release);
    /* Pairs 5 and 6: between the state and the look at seats and name. */
    sx_barrier_full();
    sx_put_wake(p);
}

static int64_t unbind_deadline(int64_t deadline_ns)
{
    int64_t patient_ns = sx_clock_now() + SX_UNBIND_PATIENCE_NS;

    return deadline_ns < patient_ns ? deadline_ns : patient_ns;
}

int streamx_close(struct streamx_producer *p, int64_t timeout_ns)
{
    bool bad = timeout_ns < STREAMX_FOREVER;
    int64_t deadline_ns;
    int held;

    if (!p)
        return 0;
    if (!sx_segment_ours(&p->segment)) {
        free_handle(p);
        return 0;
    }
    p->loaned = false;
    deadline_ns = sx_clock_deadline(bad ? STREAMX_NOWAIT : timeout_ns);
    held = sx_room_await(p, STREAMX_DRAINED, deadline_ns);
    end(p, SX_STATE_CLOSED);
    /* If the lock on the name is not to be had, the name stays, and counts as absent. */
    sx_segment_unbind(p->segment.path, p->segment.fd, unbind_deadline(deadline_ns));
    free_handle(p);
    if (bad)
        return -EINVAL;
    if (held > 0)
        return 0;
    return held == -EAGAIN ? -ETIMEDOUT : held;
}

void streamx_abandon(struct streamx_producer *p)
{
    struct sx_tally tally;

    if (!p)
        return;
    if (sx_segment_ours(&p->segment)) {
        end(p, SX_STATE_ABANDONED);
        sx_registry_tally(&p->segment, NULL, sx_registry_used(&p->segment), &tally);
        if (!sx_after(p->last_seq, tally.acknowledged))
            sx_segment_unbind(p->segment.path, p->segment.fd, 0);
    }
    free_handle(p);
}
