/* SPDX-License-Identifier: MIT */
/*
 * Making a stream: the options with their defaults, the handle's memory, the file, and at last its
 * name, under which nothing half-made is ever found.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/clock.h"
#include "memory/name.h"
#include "producer/handle.h"

static bool mode_is_valid(uint32_t mode)
{
    return mode <= 0777 && (mode & 0600) == 0600; /* its owner must be able to remove it */
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
    if (o->reserve_size == 0)
        o->reserve_size = o->slot_size;
    if (o->max_consumers == 0)
        o->max_consumers = 64;
    if (o->mode == 0)
        o->mode = 0600;
    if (o->slots > STREAMX_SLOTS_MAX || o->slot_size > STREAMX_SLOT_SIZE_MAX ||
        o->reserve_size > o->slot_size || o->max_producers != 0 ||
        o->max_consumers > STREAMX_CONSUMERS_MAX || o->min_consumers > o->max_consumers ||
        (o->flags & ~(STREAMX_TIMESTAMPS | STREAMX_PIPE)) || o->evict_after_ns < 0 ||
        o->spin_ns < -1 || !mode_is_valid(o->mode))
        return -EINVAL;
    if (o->type && strnlen(o->type, STREAMX_TAG_MAX + 1) > STREAMX_TAG_MAX)
        return -EINVAL;
    return 0;
}

static int make_segment(struct streamx_producer *p, const char *name,
                        const struct streamx_options *o)
{
    struct sx_header header = {
        .flags = o->flags,
        .slots = o->slots,
        .slot_size = o->slot_size,
        .reserve_size = o->reserve_size,
        .max_consumers = o->max_consumers,
        .min_consumers = o->min_consumers,
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

static int create(struct streamx_producer **producer, const char *name, struct streamx_options *o)
{
    struct streamx_producer *p;
    int failed = check_options(o);

    if (failed)
        return failed;
    p = sx_producer_allocate(o);
    if (!p)
        return -ENOMEM;
    failed = make_segment(p, name, o);
    if (failed)
        goto fail;
    p->next = 1;
    p->slot = sx_ring_index(p->next, o->slots);
    p->opened = o->min_consumers == 0;
    p->gated = !p->opened || (o->flags & STREAMX_PIPE);
    p->at_once = o->reserve_size;
    p->lent = o->slot_size;
    sx_producer_choose_way(p);
    sx_fence_init(&p->fence, &p->segment.control->fencing);
    sx_spin_init(&p->spin, o->spin_ns, o->slots);
    p->spin.stride = p->spin.furthest;
    sx_nap_init(&p->nap, o->slots);
    p->nap.since = p->next;
    failed = sx_name_link(&p->segment);
    if (failed)
        goto fail;
    *producer = p;
    return 0;
fail:
    sx_producer_free(p);
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
