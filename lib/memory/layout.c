/* SPDX-License-Identifier: MIT */
/*
 * Geometry: computed one way only (sx_layout_shape), so that a header is right exactly if it says
 * what would have been computed from its own slots, slot_size and max_consumers.
 */
#define _GNU_SOURCE
#include "memory/layout.h"

#include <errno.h>
#include <string.h>

#include "streamx.h"

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* Bytes of a body that may hold a payload of so many. */
static uint64_t room_for(uint32_t slot_size)
{
    return slot_size + (slot_size < SX_LINED_FROM ? 0 : sx_extent_begin(SX_EXTENT_LINED));
}

void sx_layout_shape(struct sx_shape *shape)
{
    uint64_t seats, backing = 0;

    if (shape->max_producers == 0)
        shape->max_producers = 1;
    seats = shape->max_consumers * sizeof(struct sx_seat) +
            shape->max_producers * sizeof(struct sx_place);

    /* At most 2^16 slots of 2^30 + 64 bytes: far from overflow. */
    if (shape->reserve_size < shape->slot_size)
        backing = shape->slots * sizeof(struct sx_backing);
    shape->backing_offset = sizeof(struct sx_control) + seats;
    shape->control_bytes = round_up(shape->backing_offset + backing, SX_PAGE);
    shape->slots_offset = SX_PAGE + shape->control_bytes;
    shape->slot_stride = round_up(sizeof(struct sx_frame) + room_for(shape->slot_size), 64);
    shape->segment_bytes =
        round_up(shape->slots_offset + shape->slots * shape->slot_stride, SX_PAGE);
}

int sx_layout_check(const struct sx_header *header, uint64_t file_bytes, struct sx_shape *shape)
{
    struct sx_header copy;

    if (file_bytes < SX_PAGE)
        return -EPERM;
    memcpy(&copy, header, sizeof copy);
    if (copy.magic != SX_MAGIC)
        return -EPERM;
    if (copy.version != SX_LAYOUT_VERSION)
        return -EPROTO;
    if (copy.slots < 1 || copy.slots > STREAMX_SLOTS_MAX || copy.slot_size < 1 ||
        copy.slot_size > STREAMX_SLOT_SIZE_MAX || copy.reserve_size < 1 ||
        copy.reserve_size > copy.slot_size || copy.max_consumers < 1 ||
        copy.max_consumers > STREAMX_CONSUMERS_MAX || copy.max_producers > STREAMX_PRODUCERS_MAX ||
        copy.evict_after_ns < 0)
        return -EPERM;
    memset(shape, 0, sizeof *shape);
    shape->flags = copy.flags;
    shape->slots = copy.slots;
    shape->slot_size = copy.slot_size;
    shape->reserve_size = copy.reserve_size;
    shape->max_consumers = copy.max_consumers;
    shape->min_consumers = copy.min_consumers;
    shape->max_producers = copy.max_producers;
    shape->evict_after_ns = copy.evict_after_ns;
    sx_layout_shape(shape);
    if (copy.control_bytes != shape->control_bytes || copy.slots_offset != shape->slots_offset ||
        copy.slot_stride != shape->slot_stride || copy.segment_bytes != shape->segment_bytes ||
        file_bytes != shape->segment_bytes)
        return -EPERM;
    return 0;
}

void sx_layout_string(char *copy, const char *field, size_t size)
{
    size_t used = strnlen(field, size - 1);

    memcpy(copy, field, used);
    memset(copy + used, 0, size - used);
    for (size_t i = 0; i < used; i++)
        if ((unsigned char)copy[i] < 0x20 || copy[i] == 0x7f)
            copy[i] = '?';
}
