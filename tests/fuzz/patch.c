/* SPDX-License-Identifier: MIT */
/*
 * One change to a stream's file: a field of the header, a control word, a field of a seat, of a
 * producer's place, of a slot's backing or of a frame, a word of a batch's table, or bytes
 * anywhere. The new value is one that comparisons and sums like to trip over, or a neighbour of the
 * old one, or the number of a process or thread that lives, or arbitrary.
 */
#define _GNU_SOURCE
#include "patch.h"

#include <unistd.h>

struct field {
    uint16_t offset;
    uint8_t size;
};

#define FIELD(type, member)                                                                        \
    {                                                                                              \
        offsetof(struct type, member), sizeof(((struct type *)0)->member)                          \
    }

static const struct field header_fields[] = {
    FIELD(sx_header, magic),
    FIELD(sx_header, version),
    FIELD(sx_header, flags),
    FIELD(sx_header, slots),
    FIELD(sx_header, slot_size),
    FIELD(sx_header, max_consumers),
    FIELD(sx_header, min_consumers),
    FIELD(sx_header, control_bytes),
    FIELD(sx_header, slots_offset),
    FIELD(sx_header, slot_stride),
    FIELD(sx_header, segment_bytes),
    FIELD(sx_header, evict_after_ns),
    FIELD(sx_header, created_ns),
    FIELD(sx_header, max_producers),
    FIELD(sx_header, reserve_size),
    {offsetof(struct sx_header, type), 8},
    {offsetof(struct sx_header, name), 8},
};

static const struct field control_fields[] = {
    FIELD(sx_control, claimed),
    FIELD(sx_control, published),
    FIELD(sx_control, series[0].extent),
    FIELD(sx_control, series[0].seqs),
    FIELD(sx_control, series[0].bytes),
    FIELD(sx_control, series[1].extent),
    FIELD(sx_control, series[1].seqs),
    FIELD(sx_control, series[1].bytes),
    FIELD(sx_control, last_stamp[0]),
    FIELD(sx_control, last_stamp[1]),
    FIELD(sx_control, wanted),
    FIELD(sx_control, wanted_since_ns),
    FIELD(sx_control, data_event),
    FIELD(sx_control, state),
    FIELD(sx_control, fencing),
    FIELD(sx_control, sleepers),
    FIELD(sx_control, epoch),
    FIELD(sx_control, next_attach),
    FIELD(sx_control, seats_used),
    FIELD(sx_control, kept),
    FIELD(sx_control, room_event),
    FIELD(sx_control, acked),
    FIELD(sx_control, pen),
    FIELD(sx_control, turn_next),
    FIELD(sx_control, turn_granted_ns),
    FIELD(sx_control, pen_wanted),
    FIELD(sx_control, roster_event),
    FIELD(sx_control, next_producer),
};

static const struct field seat_fields[] = {
    FIELD(sx_seat, owner),
    FIELD(sx_seat, cursor),
    FIELD(sx_seat, attached_ns),
    FIELD(sx_seat, pid_namespace),
    FIELD(sx_seat, pid),
    FIELD(sx_seat, fencing),
    {offsetof(struct sx_seat, label), 8},
};

static const struct field place_fields[] = {
    FIELD(sx_place, owner),
    FIELD(sx_place, waiting_since_ns),
    FIELD(sx_place, attached_ns),
    FIELD(sx_place, pid_namespace),
    FIELD(sx_place, pid),
    FIELD(sx_place, turn_event),
    FIELD(sx_place, served),
    FIELD(sx_place, latest),
    {offsetof(struct sx_place, label), 8},
};

static const struct field backing_fields[] = {
    FIELD(sx_backing, bytes),
    FIELD(sx_backing, used_seq),
};

static const struct field frame_fields[] = {
    FIELD(sx_frame, stamp),
    FIELD(sx_frame, first_seq),
    FIELD(sx_frame, time_ns),
    FIELD(sx_frame, extent),
};

#define PICK(table, feed) ((table)[feed_below((feed), sizeof(table) / sizeof((table)[0]))])

struct terrain terrain_of(const struct streamx_options *options)
{
    uint32_t reserve_size = options->reserve_size > 0 ? options->reserve_size : options->slot_size;
    struct sx_shape shape = {.slots = options->slots,
                             .slot_size = options->slot_size,
                             .reserve_size = reserve_size,
                             .max_consumers = options->max_consumers,
                             .max_producers = options->max_producers};
    bool partly = reserve_size < options->slot_size;

    sx_layout_shape(&shape);
    return (struct terrain){.slots = shape.slots,
                            .seats = shape.max_consumers,
                            .places = shape.max_producers,
                            .slot_size = shape.slot_size,
                            .backing_offset = partly ? SX_PAGE + shape.backing_offset : 0,
                            .slots_offset = shape.slots_offset,
                            .slot_stride = shape.slot_stride,
                            .file_bytes = shape.segment_bytes};
}

static uint64_t new_value(struct feed *feed, uint64_t old)
{
    uint8_t kind = feed_byte(feed), small = feed_byte(feed);

    switch (kind % 7) {
    case 0:
        return small;
    case 1:
        return UINT64_MAX - small;
    case 2:
        return old + small;
    case 3:
        return old - small;
    case 4: /* near a power of two */
        return (UINT64_C(1) << small % 64) + kind / 7 % 3 - 1;
    case 5: /* a thread's number is nobody's process, and yet there */
        return (uint64_t)(small & 1 ? gettid() : getpid());
    default:
        return feed_number(feed, 8);
    }
}

static void change(int fd, uint64_t base, struct field field, struct feed *feed)
{
    off_t at = (off_t)(base + field.offset);
    uint64_t value = 0;

    if (pread(fd, &value, field.size, at) != field.size)
        return;
    value = new_value(feed, value);
    (void)!pwrite(fd, &value, field.size, at);
}

static uint64_t frame_offset(const struct terrain *terrain, struct feed *feed)
{
    return terrain->slots_offset + feed_below(feed, terrain->slots) * terrain->slot_stride;
}

static void change_anywhere(int fd, const struct terrain *terrain, struct feed *feed,
                            uint64_t least)
{
    uint64_t at = least + feed_number(feed, 3) % (terrain->file_bytes - least);
    uint8_t bytes[8];
    size_t size = 1 + feed_below(feed, sizeof bytes);
    uint64_t number = feed_number(feed, 8);

    memcpy(bytes, &number, sizeof bytes);
    if (size > terrain->file_bytes - at)
        size = terrain->file_bytes - at;
    (void)!pwrite(fd, bytes, size, (off_t)at);
}

void patch_shared(int fd, const struct terrain *terrain, struct feed *feed)
{
    const uint64_t seats = SX_PAGE + offsetof(struct sx_control, seats);
    uint64_t base;

    switch (feed_below(feed, 7)) {
    case 0:
        change(fd, SX_PAGE, PICK(control_fields, feed), feed);
        break;
    case 1:
        base = seats + feed_below(feed, terrain->seats) * sizeof(struct sx_seat);
        change(fd, base, PICK(seat_fields, feed), feed);
        break;
    case 2:
        base = frame_offset(terrain, feed);
        change(fd, base, PICK(frame_fields, feed), feed);
        break;
    case 3: /* the table of a batch, or payload */
        base = frame_offset(terrain, feed) + sizeof(struct sx_frame);
        change(fd, base + 4 * feed_below(feed, terrain->slot_size / 4 + 1), (struct field){0, 4},
               feed);
        break;
    case 4:
        base =
            seats + (terrain->seats + feed_below(feed, terrain->places)) * sizeof(struct sx_seat);
        change(fd, base, PICK(place_fields, feed), feed);
        break;
    case 5:
        base =
            terrain->backing_offset + feed_below(feed, terrain->slots) * sizeof(struct sx_backing);
        if (terrain->backing_offset > 0)
            change(fd, base, PICK(backing_fields, feed), feed);
        break;
    default:
        change_anywhere(fd, terrain, feed, SX_PAGE);
        break;
    }
}

static_assert(sizeof(struct sx_place) == sizeof(struct sx_seat), "places follow the seats");

void patch(int fd, const struct terrain *terrain, struct feed *feed)
{
    switch (feed_below(feed, 8)) {
    case 0:
        change(fd, 0, PICK(header_fields, feed), feed);
        break;
    case 1:
        change_anywhere(fd, terrain, feed, 0);
        break;
    default:
        patch_shared(fd, terrain, feed);
        break;
    }
}
