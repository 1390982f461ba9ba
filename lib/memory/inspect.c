/* SPDX-License-Identifier: MIT */
/*
 * Looking at a stream from outside, through a read-only mapping: nobody is disturbed, and nothing
 * is promised but that each figure was true at some moment of the call.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/clock.h"
#include "memory/frames.h"
#include "memory/name.h"
#include "memory/pen.h"
#include "memory/registry.h"
#include "memory/roster.h"
#include "streamx.h"

static int look(struct sx_segment *segment, const char *name)
{
    char *path;
    int failed = sx_name_path(name, &path);

    if (failed)
        return failed;
    failed = sx_segment_look(segment, path, name, true);
    free(path);
    return failed;
}

static uint32_t stream_state(const struct sx_segment *segment)
{
    /* Relaxed, like all loads in this file: figures for a reader, nothing depends on them. */
    uint32_t state = atomic_load_explicit(&segment->control->state, memory_order_relaxed);

    if (sx_state_of(state) == SX_STATE_CLOSED)
        return STREAMX_STATE_CLOSED;
    return sx_roster_deserted(segment) ? STREAMX_STATE_DEAD : STREAMX_STATE_LIVE;
}

/* What the producer sleeps for, and since when; 0 if it does not sleep. */
static uint64_t waiting(const struct sx_segment *segment, uint64_t *for_ns)
{
    struct sx_control *control = segment->control;
    uint64_t wanted = atomic_load_explicit(&control->wanted, memory_order_relaxed);
    int64_t since = atomic_load_explicit(&control->wanted_since_ns, memory_order_relaxed);
    int64_t now = sx_clock_now();

    *for_ns = 0;
    if (wanted == SX_WANTED_NOTHING ||
        since == 0) /* 0: armed in an event loop, and nobody is waiting */
        return 0;
    *for_ns = since > 0 && since < now ? (uint64_t)(now - since) : 0;
    return sx_wanted_seq(wanted) == SX_WANTED_NO_SEQ ? UINT64_MAX : sx_wanted_seq(wanted);
}

/* The producer's; of several, that of the one that has been there longest. */
static uint32_t producer_pid(const struct sx_segment *segment)
{
    uint64_t oldest = UINT64_MAX;
    uint32_t pid = 0;

    for (uint32_t i = 0; i < segment->shape.max_producers; i++) {
        const struct sx_place *place = sx_roster_at(segment, i);
        uint64_t owner = atomic_load_explicit(&place->owner, memory_order_acquire);

        if (sx_place_state(owner) == SX_PLACE_FREE || sx_place_attach(owner) >= oldest)
            continue;
        oldest = sx_place_attach(owner);
        pid = atomic_load_explicit(&place->pid, memory_order_relaxed);
    }
    return pid;
}

static void fill_progress(struct streamx_info *info, const struct sx_segment *segment)
{
    struct sx_position position;
    struct sx_tally tally;
    uint64_t claimed, oldest;

    sx_frames_newest(segment, &position);
    info->publications = position.published;
    info->published = position.last_seq;
    info->bytes = position.bytes;
    info->last_stamp = position.stamp;
    claimed = atomic_load_explicit(&segment->control->claimed, memory_order_relaxed);
    oldest = sx_ring_oldest(claimed, segment->shape.slots);
    if (!sx_after(oldest, info->publications))
        info->publications_in_ring = info->publications - oldest + 1;
    sx_registry_tally_all(segment, &tally);
    info->consumers = tally.attached;
    info->acknowledged = tally.acknowledged;
    info->acknowledged_by_all = sx_tally_limit(&tally);
    info->producers = sx_roster_active(segment);
    info->waiting_for = waiting(segment, &info->waiting_ns);
}

int streamx_inspect(const char *name, struct streamx_info *info, size_t info_size)
{
    struct streamx_info now = {0};
    struct sx_segment segment;
    struct stat status;
    int saved = errno, failed = look(&segment, name);

    if (failed) {
        errno = saved;
        return failed;
    }
    if (fstat(segment.fd, &status) == 0) {
        now.memory_bytes = (uint64_t)status.st_blocks * 512;
        now.uid = status.st_uid;
        now.mode = status.st_mode & 07777;
    }
    sx_layout_string(now.name, segment.header->name, sizeof segment.header->name);
    sx_layout_string(now.type, segment.header->type, sizeof segment.header->type);
    now.state = stream_state(&segment);
    now.flags = segment.shape.flags;
    now.pid = producer_pid(&segment);
    now.slots = segment.shape.slots;
    now.slot_size = segment.shape.slot_size;
    now.max_consumers = segment.shape.max_consumers;
    now.min_consumers = segment.shape.min_consumers;
    now.created_ns = (uint64_t)segment.header->created_ns;
    now.evict_after_ns = segment.shape.evict_after_ns;
    now.segment_bytes = segment.shape.segment_bytes;
    fill_progress(&now, &segment);
    sx_segment_close(&segment);
    memset(info, 0, info_size);
    memcpy(info, &now, info_size < sizeof now ? info_size : sizeof now);
    errno = saved;
    return 0;
}

static uint32_t seat_state(const struct sx_segment *segment, const struct sx_seat *seat,
                           uint64_t owner, uint64_t cursor)
{
    struct sx_peer peer = sx_registry_peer(seat, owner);

    if (sx_segment_dead(segment, &peer))
        return STREAMX_CONSUMER_DEAD;
    if (sx_owner_state(owner) == SX_SEAT_JOINING)
        return STREAMX_CONSUMER_JOINING;
    if (sx_owner_state(owner) == SX_SEAT_RETIRED)
        return STREAMX_CONSUMER_RETIRED;
    return (cursor & SX_CURSOR_EVICTED) && sx_registry_evicted(seat, sx_owner_attach(owner))
               ? STREAMX_CONSUMER_EVICTED
               : STREAMX_CONSUMER_ALIVE;
}

/* An eviction may have taken the cursor back by one, also from 0 (evict.c). */
static uint64_t acknowledged_by(uint64_t cursor)
{
    uint64_t seq = sx_cursor_seq(cursor);

    return sx_after(0, seq) ? 0 : seq;
}

static void fill_consumer(struct streamx_consumer_info *info, const struct sx_segment *segment,
                          const struct sx_seat *seat, uint64_t owner)
{
    uint64_t cursor = atomic_load_explicit(&seat->cursor, memory_order_relaxed);
    uint64_t seq = acknowledged_by(cursor);
    struct sx_position position;
    uint64_t wanted, waited;

    memset(info, 0, sizeof *info);
    info->attach = sx_owner_attach(owner);
    info->state = seat_state(segment, seat, owner, cursor);
    info->acknowledged = seq;
    if (sx_frames_newest(segment, &position) && sx_after(position.last_seq, seq))
        info->behind = position.last_seq - seq;
    wanted = waiting(segment, &waited);
    if (wanted != 0 && wanted != UINT64_MAX && sx_after(wanted, seq) &&
        info->state != STREAMX_CONSUMER_EVICTED)
        info->waited_ns = waited;
    info->attached_ns = (uint64_t)atomic_load_explicit(&seat->attached_ns, memory_order_relaxed);
    info->pid = atomic_load_explicit(&seat->pid, memory_order_relaxed);
    sx_layout_string(info->label, seat->label, sizeof info->label);
}

int streamx_inspect_consumers(const char *name,
                              int (*each)(const struct streamx_consumer_info *info, void *arg),
                              void *arg)
{
    struct sx_segment segment;
    int saved = errno, result = look(&segment, name);

    errno = saved;
    if (result)
        return result;
    for (uint32_t i = 0; i < sx_registry_used(&segment) && result == 0; i++) {
        const struct sx_seat *seat = &segment.control->seats[i];
        uint64_t owner = atomic_load_explicit(&seat->owner, memory_order_acquire);
        struct streamx_consumer_info info;

        if (sx_owner_state(owner) == SX_SEAT_FREE)
            continue;
        fill_consumer(&info, &segment, seat, owner);
        result = each(&info, arg);
    }
    sx_segment_close(&segment);
    return result;
}

static uint32_t place_state(const struct sx_segment *segment, const struct sx_place *place,
                            uint64_t owner)
{
    struct sx_peer peer = sx_place_peer(place, owner);

    if (sx_segment_dead(segment, &peer))
        return STREAMX_PRODUCER_DEAD;
    if (sx_place_state(owner) == SX_PLACE_ACTIVE)
        return STREAMX_PRODUCER_ALIVE;
    return sx_place_state(owner) == SX_PLACE_JOINING ? STREAMX_PRODUCER_JOINING
                                                     : STREAMX_PRODUCER_LEAVING;
}

static void fill_producer(struct streamx_producer_info *info, const struct sx_segment *segment,
                          const struct sx_place *place, uint64_t owner)
{
    int64_t since = atomic_load_explicit(&place->waiting_since_ns, memory_order_relaxed);
    int64_t now = sx_clock_now();

    memset(info, 0, sizeof *info);
    info->attach = sx_place_attach(owner);
    info->attached_ns = (uint64_t)atomic_load_explicit(&place->attached_ns, memory_order_relaxed);
    info->waited_ns = since > 0 && since < now ? (uint64_t)(now - since) : 0;
    info->pid = atomic_load_explicit(&place->pid, memory_order_relaxed);
    info->state = place_state(segment, place, owner);
    info->has_turn = sx_pen_holder(segment) == info->attach;
    sx_layout_string(info->label, place->label, sizeof info->label);
}

int streamx_inspect_producers(const char *name,
                              int (*each)(const struct streamx_producer_info *info, void *arg),
                              void *arg)
{
    struct sx_segment segment;
    int saved = errno, result = look(&segment, name);

    errno = saved;
    if (result)
        return result;
    for (uint32_t i = 0; i < segment.shape.max_producers && result == 0; i++) {
        const struct sx_place *place = sx_roster_at(&segment, i);
        uint64_t owner = atomic_load_explicit(&place->owner, memory_order_acquire);
        struct streamx_producer_info info;

        if (sx_place_state(owner) == SX_PLACE_FREE)
            continue;
        fill_producer(&info, &segment, place, owner);
        result = each(&info, arg);
    }
    sx_segment_close(&segment);
    return result;
}
