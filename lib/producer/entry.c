/* SPDX-License-Identifier: MIT */
/*
 * Coming into a live shared stream, and taking up one whose producers have died. Both happen under
 * the lock of the name, and see there that the name still leads to this file: whoever unbinds it
 * asks under the same lock whether the stream has ended (name.c). So nobody removes the name of a
 * stream that has just been revived, because it was dead when he looked.
 *
 *   killed after         the others see
 *   the place is joining a place that counts for nobody, reaped by who needs it
 *   it is active         a producer that has died
 *   the state            the same
 */
#define _GNU_SOURCE
#include "producer/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "memory/name.h"
#include "memory/position.h"
#include "memory/roster.h"
#include "producer/turn.h"

/* A stream that is not ours to read: of another version. */
static int clear_foreign(const char *path)
{
    struct stat status;
    int result, fd = sx_segment_open_file(path, O_RDWR, &status);

    if (fd < 0)
        return fd;
    result = status.st_uid == geteuid() ? sx_name_ended(fd) : -EPERM;
    if (result == 0)
        result = sx_name_unbind_ended(path, fd, sx_clock_now() + SX_NAME_PATIENCE_NS);
    close(fd);
    return result ? result : -ENOENT;
}

int sx_entry_open(struct sx_segment *segment, const char *name, bool any_owner)
{
    char *path;
    int failed = sx_name_path(name, &path);

    if (failed)
        return failed;
    failed = sx_segment_open_whole(segment, path, name, any_owner);
    if (failed == -EPROTO)
        failed = clear_foreign(path);
    free(path);
    return failed;
}

/* Is the stream of the kind that was asked for? */
static int check_kind(const struct sx_segment *segment, const struct streamx_options *o,
                      uint32_t slot_size)
{
    const struct sx_shape *shape = &segment->shape;
    char carried[sizeof segment->header->type], asked[sizeof carried] = "";

    if ((shape->flags ^ o->flags) & STREAMX_SHARED)
        return -EEXIST;
    memcpy(carried, segment->header->type, sizeof carried);
    carried[sizeof carried - 1] = '\0';
    if (o->type)
        strncpy(asked, o->type, sizeof asked - 1);
    if (strcmp(asked, carried) != 0 || (o->flags & ~shape->flags & STREAMX_STAMPS))
        return -EPROTOTYPE;
    return slot_size > shape->slot_size ? -EMSGSIZE : 0;
}

/* With the name's lock. */
static int check_and_claim(struct streamx_producer *p, const struct streamx_options *o,
                           uint32_t slot_size)
{
    struct sx_segment *segment = &p->segment;
    uint32_t state = atomic_load_explicit(&segment->control->state, memory_order_acquire);
    bool deserted = sx_roster_deserted(segment);
    int failed;

    /* What is to be replaced. */
    if (sx_state_of(state) == SX_STATE_CLOSED || (deserted && !(o->flags & STREAMX_RESUME)))
        return -ENOENT;
    if (!deserted && !(o->flags & STREAMX_SHARED))
        return -EEXIST;
    failed = check_kind(segment, o, slot_size);
    if (failed)
        return failed;
    failed = sx_roster_join(segment, &p->turn.post);
    if (failed == -EUSERS && !p->shared && !(segment->shape.flags & STREAMX_SHARED))
        return -EEXIST;
    p->turn.heir = deserted;
    return failed;
}

/* Another user's, which may be come into, but is not ours to replace. */
static bool is_foreign(const struct sx_segment *segment)
{
    struct stat status;

    return fstat(segment->fd, &status) != 0 || sx_segment_check_owner(&status) != 0;
}

int sx_entry_claim(struct streamx_producer *p, const struct streamx_options *o, uint32_t slot_size)
{
    struct sx_segment *segment = &p->segment;
    int64_t deadline_ns = sx_clock_now() + SX_NAME_PATIENCE_NS;
    int failed;

    p->turn.name_lock = sx_name_lock(segment, deadline_ns);
    if (p->turn.name_lock < 0)
        return p->turn.name_lock == -ENOENT ? -EAGAIN : p->turn.name_lock;
    failed = check_and_claim(p, o, slot_size);
    if (!failed)
        return 0;
    sx_name_unlock(p->turn.name_lock);
    if (failed != -ENOENT)
        return failed;
    if (is_foreign(segment))
        return -EPERM;
    failed = sx_name_unbind_ended(segment->path, segment->fd, deadline_ns);
    return failed == -EEXIST ? -EAGAIN : failed ? failed : -ENOENT;
}

/* By slot: the last seq that it holds. */
static void learn_slots(struct streamx_producer *p)
{
    uint32_t slots = p->segment.shape.slots;
    uint64_t newest = p->next - 1, oldest = sx_ring_oldest(newest, slots);
    uint64_t last_seq = sx_producer_last_seq(p);

    for (uint64_t q = oldest; q <= newest && q != 0 && newest - q < slots; q++)
        if (q == newest)
            p->slot_last[sx_ring_index(q, slots)] = last_seq;
        else
            sx_position_needed(&p->segment, q + slots, last_seq,
                               &p->slot_last[sx_ring_index(q, slots)]);
}

/* From where the stream is. */
static void take_position(struct streamx_producer *p)
{
    struct sx_position position;

    sx_position_read(&p->segment, &position);
    sx_producer_go_on_from(p, &position);
    p->turn.since = p->turn.counted = p->nap.since = p->next;
    if (position.last_seq > 0)
        p->opened = true;
    sx_producer_choose_way(p);
    /* What the dead have put and nobody has acknowledged is the successor's to see through. */
    p->turn.own_seq = p->turn.heir ? position.last_seq : 0;
    if (!p->shared)
        learn_slots(p);
}

/* The producers before us have died. */
static void inherit(struct streamx_producer *p)
{
    struct sx_segment *segment = &p->segment;
    uint64_t pen = atomic_load_explicit(&segment->control->pen, memory_order_acquire);

    /* Our `fencing` before the looks that rely on it (fence.h). */
    sx_barrier_full();
    if (!p->shared)
        sx_position_recover(segment);
    else if (pen != SX_PEN_FREE)
        sx_pen_recover(segment, sx_pen_attach(pen), p->turn.post.attach);
}

int sx_entry_complete(struct streamx_producer *p)
{
    bool entered;

    if (p->shared)
        sx_pen_come(&p->segment);
    if (p->turn.heir)
        inherit(p);
    take_position(p);
    sx_roster_activate(&p->segment, &p->turn.post);
    entered = sx_roster_arrive(&p->segment, &p->turn.post);
    sx_name_unlock(p->turn.name_lock);
    return entered ? 0 : -EAGAIN;
}
