/* SPDX-License-Identifier: MIT */
/*
 * How a producer comes to its stream: it makes one; or, if that was asked for, it comes into one
 * that lives, or takes one up whose producers have died (entry.c).
 *
 * Several that start at once make one stream: a name is bound by one of them, and the others, who
 * find it bound, look again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/clock.h"
#include "kernel/processor.h"
#include "memory/backing.h"
#include "memory/name.h"
#include "memory/pen.h"
#include "producer/entry.h"
#include "producer/view.h"

/* A name that comes and goes is one of somebody who creates and dies in a loop. */
#define PATIENCE 1000

#define FLAGS                                                                                      \
    (STREAMX_TIMESTAMPS | STREAMX_PIPE | STREAMX_SHARED | STREAMX_RESUME | STREAMX_STAMPS |        \
     STREAMX_ANY_USER)

static bool mode_is_valid(uint32_t mode)
{
    return mode <= 0777 && (mode & 0600) == 0600; /* its owner must be able to remove it */
}

static bool flags_are_valid(const struct streamx_options *o)
{
    const uint32_t times = STREAMX_TIMESTAMPS | STREAMX_STAMPS;
    const uint32_t company = STREAMX_ANY_USER | STREAMX_SHARED;

    if ((o->flags & ~FLAGS) || (o->flags & times) == times ||
        (o->flags & company) == STREAMX_ANY_USER)
        return false;
    return o->max_producers <= (o->flags & STREAMX_SHARED ? STREAMX_PRODUCERS_MAX : 0);
}

/* Puts the defaults in. */
static int check_options(struct streamx_options *o)
{
    for (size_t i = 0; i < sizeof o->reserved / sizeof o->reserved[0]; i++)
        if (o->reserved[i] != 0)
            return -EINVAL;
    if (!flags_are_valid(o))
        return -EINVAL;
    if (o->slots == 0)
        o->slots = 1;
    if (o->slot_size == 0)
        o->slot_size = 65536;
    if (o->reserve_size == 0)
        o->reserve_size = o->slot_size;
    if (o->max_consumers == 0)
        o->max_consumers = 64;
    if ((o->flags & STREAMX_SHARED) && o->max_producers == 0)
        o->max_producers = 16;
    if (o->mode == 0)
        o->mode = 0600;
    if (o->slots > STREAMX_SLOTS_MAX || o->slot_size > STREAMX_SLOT_SIZE_MAX ||
        o->reserve_size > o->slot_size || o->max_consumers > STREAMX_CONSUMERS_MAX ||
        o->min_consumers > o->max_consumers || o->evict_after_ns < 0 || o->spin_ns < -1 ||
        !mode_is_valid(o->mode))
        return -EINVAL;
    if (o->type && strnlen(o->type, STREAMX_TAG_MAX + 1) > STREAMX_TAG_MAX)
        return -EINVAL;
    return 0;
}

static int make_segment(struct streamx_producer *p, const char *name,
                        const struct streamx_options *o)
{
    struct sx_header header = {
        .flags = o->flags & ~STREAMX_ANY_USER,
        .slots = o->slots,
        .slot_size = o->slot_size,
        .reserve_size = o->reserve_size,
        .max_consumers = o->max_consumers,
        .min_consumers = o->min_consumers,
        .max_producers = o->max_producers,
        .evict_after_ns = o->evict_after_ns,
        .created_ns = sx_clock_now(),
    };
    char *path;
    int failed = sx_name_path(name, &path);

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

/* How many slots have memory beyond their reserve. In a shared stream that changes behind our back:
 * there may always be one. */
static void count_excess(struct streamx_producer *p)
{
    const struct sx_shape *shape = &p->segment.shape;

    if (!sx_backing_is_partial(shape))
        return;
    for (uint32_t slot = 0; slot < shape->slots && !p->shared; slot++)
        p->excess += sx_backing_size(shape, p->segment.control, slot) > p->at_once;
    if (p->shared)
        p->excess = 1;
}

/* How much of a slot may be taken by what does not begin with its body: not more than there is
 * memory for in any case. */
static uint64_t lined_most(const struct sx_shape *shape)
{
    uint64_t most = shape->reserve_size;

    if (most < SX_LINED_FROM)
        return 0;
    return sx_backing_is_partial(shape) ? most - sx_extent_begin(SX_EXTENT_LINED) : most;
}

/* What goes with the geometry and the options. */
static void prepare(struct streamx_producer *p, const struct streamx_options *o)
{
    const struct sx_shape *shape = &p->segment.shape;

    p->shared = (shape->flags & STREAMX_SHARED) != 0;
    p->turn.since = p->turn.counted = 1;
    sx_producer_go_on_from(p, &(struct sx_position){0});
    p->opened = shape->min_consumers == 0;
    p->at_once = shape->reserve_size;
    p->lent = shape->slot_size;
    p->lined_most = lined_most(shape);
    count_excess(p);
    if (p->shared)
        sx_fence_init_quiet(&p->fence);
    else
        sx_fence_init(&p->fence, &p->segment.control->fencing);
    sx_producer_choose_way(p);
    p->turn.pen = sx_pen_make(p->turn.post.attach, p->fence.left == SX_FENCE_ALWAYS);
    sx_ahead_init(&p->ahead, shape);
    p->fetches_most = sx_processor()->fetches_most;
    sx_spin_init(&p->spin, o->spin_ns, shape->slots);
    if (shape->slots > SX_SPIN_CLOSE)
        p->spin.stride = p->spin.furthest;
    sx_spin_init(&p->turn.spin, -1, shape->slots);
    p->turn.spin.alone = true; /* its waits look by themselves: turn.c */
    sx_nap_init(&p->nap, shape->slots);
    p->nap.since = p->next;
}

/* A stream that nobody else can have found. -EAGAIN: somebody else was first with one that may be
 * come into. */
static int found(struct streamx_producer *p, const char *name, const struct streamx_options *o)
{
    int failed = make_segment(p, name, o);

    if (!failed)
        failed = sx_producer_allocate(p);
    if (!failed)
        failed = sx_roster_join(&p->segment, &p->turn.post);
    if (failed)
        return failed;
    sx_roster_activate(&p->segment, &p->turn.post);
    prepare(p, o);
    /* Who comes relies on its heavy barrier. */
    p->turn.sole = p->shared && p->fence.left == 0;
    if (p->turn.sole)
        sx_pen_found(&p->segment, p->turn.pen);
    if (!(o->flags & (STREAMX_SHARED | STREAMX_RESUME)))
        return sx_name_link(&p->segment);
    failed = sx_name_link_free(&p->segment);
    return failed == -EEXIST ? -EAGAIN : failed;
}

/* What is there already, if it is what was asked for. -ENOENT: nothing is, from now on. */
static int enter(struct streamx_producer *p, const char *name, const struct streamx_options *o,
                 uint32_t slot_size)
{
    int failed = sx_entry_open(&p->segment, name, (o->flags & STREAMX_ANY_USER) != 0);

    if (!failed)
        failed = sx_producer_allocate(p);
    if (!failed)
        failed = sx_entry_claim(p, o, slot_size);
    if (failed)
        return failed;
    prepare(p, o);
    return sx_entry_complete(p);
}

static int attempt(struct streamx_producer *p, const char *name, const struct streamx_options *o,
                   uint32_t slot_size)
{
    int failed = -ENOENT;

    if (o->flags & (STREAMX_SHARED | STREAMX_RESUME))
        failed = enter(p, name, o, slot_size);
    if (failed != -ENOENT)
        return failed;
    sx_producer_clear(p);
    return found(p, name, o);
}

static int create(struct streamx_producer **producer, const char *name, struct streamx_options *o)
{
    uint32_t slot_size = o->slot_size; /* as asked for */
    int failed = check_options(o);

    for (int i = 0; !failed && i < PATIENCE; i++) {
        struct streamx_producer *p = calloc(1, sizeof *p);

        if (!p)
            return -ENOMEM;
        failed = attempt(p, name, o, slot_size);
        if (!failed) {
            *producer = p;
            return 0;
        }
        sx_producer_free(p);
        if (failed == -EAGAIN)
            failed = 0;
    }
    return failed ? failed : -EBUSY;
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
