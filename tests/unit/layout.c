/* SPDX-License-Identifier: MIT */
/*
 * Geometry, and the checks that a header from somebody else has to pass.
 */
#include "memory/layout.h"

#include <string.h>

#include "streamx.h"
#include "support.h"

static struct sx_header good;
static struct sx_shape shape;
static bool reserve_half;

static void make_good(uint32_t slots, uint32_t slot_size, uint32_t consumers)
{
    shape = (struct sx_shape){.slots = slots,
                              .slot_size = slot_size,
                              .reserve_size = reserve_half ? (slot_size + 1) / 2 : slot_size,
                              .max_consumers = consumers};
    sx_layout_shape(&shape);
    good = (struct sx_header){.magic = SX_MAGIC,
                              .version = SX_LAYOUT_VERSION,
                              .slots = slots,
                              .slot_size = slot_size,
                              .reserve_size = shape.reserve_size,
                              .max_consumers = consumers,
                              .control_bytes = shape.control_bytes,
                              .slots_offset = shape.slots_offset,
                              .slot_stride = shape.slot_stride,
                              .segment_bytes = shape.segment_bytes};
}

static int check_good(void)
{
    struct sx_shape checked;
    int result = sx_layout_check(&good, shape.segment_bytes, &checked);

    if (result == 0)
        ck_assert_mem_eq(&checked, &shape, sizeof shape);
    return result;
}

START_TEST(reserve_is_within_the_slot)
{
    make_good(4, 64, 4);
    good.reserve_size = 65;
    ck_assert_int_eq(check_good(), -EPERM);
    good.reserve_size = 0;
    ck_assert_int_eq(check_good(), -EPERM);
}
END_TEST

START_TEST(regions_follow_each_other_and_are_large_enough)
{
    const uint32_t slots[] = {1, 2, 1024, STREAMX_SLOTS_MAX};
    const uint32_t sizes[] = {1, 31, 32, 33, 65536, STREAMX_SLOT_SIZE_MAX};
    const uint32_t consumers[] = {1, 64, STREAMX_CONSUMERS_MAX};

    for (int i = 0; i < 2 * 4 * 6 * 3; i++) {
        reserve_half = i >= 4 * 6 * 3;
        make_good(slots[i % 4], sizes[i / 4 % 6], consumers[i / 24 % 3]);
        ck_assert_uint_ge(shape.backing_offset,
                          sizeof(struct sx_control) + sizeof(struct sx_seat) * shape.max_consumers);
        ck_assert_uint_ge(shape.control_bytes,
                          shape.backing_offset + (shape.reserve_size < shape.slot_size
                                                      ? slots[i % 4] * sizeof(struct sx_backing)
                                                      : 0));
        ck_assert_uint_eq(shape.slots_offset, SX_PAGE + shape.control_bytes);
        ck_assert_uint_ge(shape.slot_stride, sizeof(struct sx_frame) + shape.slot_size);
        ck_assert_uint_eq(shape.slot_stride % 64, 0);
        ck_assert_uint_ge(shape.segment_bytes,
                          shape.slots_offset + shape.slots * shape.slot_stride);
        ck_assert_uint_eq(shape.segment_bytes % SX_PAGE, 0);
        ck_assert_int_eq(check_good(), 0);
    }
}
END_TEST

START_TEST(default_stream_takes_less_than_128_kib)
{
    make_good(1, 65536, 64);
    ck_assert_uint_lt(shape.segment_bytes, 128 * 1024);
}
END_TEST

START_TEST(foreign_magic_is_no_stream)
{
    make_good(1, 64, 1);
    good.magic++;
    ck_assert_int_eq(check_good(), -EPERM);
    good.magic = __builtin_bswap64(SX_MAGIC);
    ck_assert_int_eq(check_good(), -EPERM);
}
END_TEST

START_TEST(other_version_is_told_apart_from_garbage)
{
    make_good(1, 64, 1);
    good.version++;
    good.slots = 0;
    ck_assert_int_eq(check_good(), -EPROTO);
}
END_TEST

START_TEST(file_must_have_the_size_that_its_header_implies)
{
    struct sx_shape checked;

    make_good(4, 100, 8);
    ck_assert_int_eq(sx_layout_check(&good, shape.segment_bytes - SX_PAGE, &checked), -EPERM);
    ck_assert_int_eq(sx_layout_check(&good, shape.segment_bytes + SX_PAGE, &checked), -EPERM);
    ck_assert_int_eq(sx_layout_check(&good, SX_PAGE - 1, &checked), -EPERM);
    ck_assert_int_eq(sx_layout_check(&good, 0, &checked), -EPERM);
}
END_TEST

/* Sets one field of a good header to a bad value; which must be refused. */
#define REFUSES(field, value)                                                                      \
    do {                                                                                           \
        make_good(4, 100, 8);                                                                      \
        good.field = (value);                                                                      \
        ck_assert_int_eq(check_good(), -EPERM);                                                    \
    } while (0)

START_TEST(no_field_is_believed_that_contradicts_another)
{
    REFUSES(slots, 0);
    REFUSES(slots, 400);
    REFUSES(slots, STREAMX_SLOTS_MAX + 1);
    REFUSES(slots, UINT32_MAX);
    REFUSES(slot_size, 0);
    REFUSES(slot_size, 1000);
    REFUSES(slot_size, STREAMX_SLOT_SIZE_MAX + 1);
    REFUSES(max_consumers, 0);
    REFUSES(max_consumers, STREAMX_CONSUMERS_MAX + 1);
    REFUSES(control_bytes, shape.control_bytes + SX_PAGE);
    REFUSES(control_bytes, 0);
    REFUSES(slots_offset, 0);
    REFUSES(slots_offset, UINT64_MAX);
    REFUSES(slot_stride, 0);
    REFUSES(slot_stride, shape.slot_stride + 64);
    REFUSES(segment_bytes, UINT64_MAX);
    REFUSES(evict_after_ns, -1);
}
END_TEST

START_TEST(unterminated_and_unprintable_strings_are_tamed)
{
    char field[8] = {'a', '\n', 'b', '\x1b', 'c', 'd', 'e', 'f'};
    char copy[8];

    sx_layout_string(copy, field, sizeof copy);
    ck_assert_str_eq(copy, "a?b?cde");
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "layout", reserve_is_within_the_slot, regions_follow_each_other_and_are_large_enough,
        default_stream_takes_less_than_128_kib, foreign_magic_is_no_stream,
        other_version_is_told_apart_from_garbage, file_must_have_the_size_that_its_header_implies,
        no_field_is_believed_that_contradicts_another,
        unterminated_and_unprintable_strings_are_tamed);
}
