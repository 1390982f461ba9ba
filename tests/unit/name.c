/* SPDX-License-Identifier: MIT */
/*
 * The file and its name: prepared unseen, bound in one step, never taken from a successor.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "memory/name.h"
#include "support.h"

static void make(struct sx_segment *segment, const char *name)
{
    struct sx_header header = {.slots = 1, .slot_size = 64, .reserve_size = 64, .max_consumers = 4};
    char *path;

    snprintf(header.name, sizeof header.name, "%s", name);
    ck_assert_int_eq(sx_name_path(name, &path), 0);
    ck_assert_int_eq(sx_segment_create(segment, path, &header, 0600), 0);
}

START_TEST(nothing_is_seen_before_the_link)
{
    struct sx_segment segment;
    struct stat status;

    make(&segment, "s");
    ck_assert_int_eq(access(stream_path("s"), F_OK), -1);
    ck_assert_int_eq(sx_name_link(&segment), 0);
    ck_assert_int_eq(stat(stream_path("s"), &status), 0);
    ck_assert_uint_eq((uint64_t)status.st_size, segment.shape.segment_bytes);
    ck_assert_int_eq(sx_name_unbind(segment.path, segment.fd, 0), 0);
    ck_assert(!sx_segment_named(&segment));
    sx_segment_close(&segment);
}
END_TEST

START_TEST(memory_is_reserved_before_the_link)
{
    struct sx_segment segment;
    struct stat status;

    make(&segment, "s");
    ck_assert_int_eq(fstat(segment.fd, &status), 0);
    ck_assert_uint_ge((uint64_t)status.st_blocks * 512, segment.shape.segment_bytes);
    sx_segment_close(&segment);
}
END_TEST

START_TEST(live_stream_keeps_its_name)
{
    struct sx_segment first, second;

    make(&first, "s");
    make(&second, "s");
    ck_assert_int_eq(sx_name_link(&first), 0);
    ck_assert_int_eq(sx_name_link(&second), -EEXIST);
    sx_segment_close(&second);
    ck_assert_int_eq(sx_name_unbind(first.path, first.fd, 0), 0);
    sx_segment_close(&first);
}
END_TEST

START_TEST(dead_stream_is_replaced)
{
    struct sx_segment first, second;

    make(&first, "s");
    ck_assert_int_eq(sx_name_link(&first), 0);
    sx_segment_close(&first); /* its lock is gone: like a death */
    make(&second, "s");
    ck_assert_int_eq(sx_name_link(&second), 0);
    ck_assert_int_eq(sx_name_unbind(second.path, second.fd, 0), 0);
    sx_segment_close(&second);
}
END_TEST

START_TEST(name_of_a_successor_is_not_removed)
{
    struct sx_segment first, second;

    make(&first, "s");
    ck_assert_int_eq(sx_name_link(&first), 0);
    ck_assert_int_eq(unlink(stream_path("s")), 0);
    make(&second, "s");
    ck_assert_int_eq(sx_name_link(&second), 0);
    ck_assert_int_eq(sx_name_unbind(first.path, first.fd, 0), 0);
    ck_assert_int_eq(access(stream_path("s"), F_OK), 0);
    ck_assert_int_eq(sx_name_unbind(second.path, second.fd, 0), 0);
    ck_assert_int_eq(access(stream_path("s"), F_OK), -1);
    sx_segment_close(&first);
    sx_segment_close(&second);
}
END_TEST

START_TEST(unbinding_waits_for_the_lock_no_longer_than_told)
{
    struct sx_segment segment;
    int other;

    make(&segment, "s");
    ck_assert_int_eq(sx_name_link(&segment), 0);
    other = open(stream_path("s"), O_RDWR);
    ck_assert_int_eq(sx_liveness_hold(other, SX_LOCK_NAME), 0);
    ck_assert_int_eq(sx_name_unbind(segment.path, segment.fd, 0), -EBUSY);
    ck_assert_int_eq(sx_name_unbind(segment.path, segment.fd, sx_clock_now() + BRIEFLY), -EBUSY);
    ck_assert_int_eq(access(stream_path("s"), F_OK), 0);
    close(other);
    ck_assert_int_eq(sx_name_unbind(segment.path, segment.fd, 0), 0);
    sx_segment_close(&segment);
}
END_TEST

START_TEST(header_carries_the_name_that_it_was_made_for)
{
    struct sx_segment segment, other;

    make(&segment, "s");
    ck_assert_int_eq(sx_name_link(&segment), 0);
    ck_assert_int_eq(sx_segment_open(&other, stream_path("s"), "t", false), -EPERM);
    ck_assert_int_eq(sx_segment_open(&other, stream_path("s"), "s", false), 0);
    sx_segment_close(&other);
    ck_assert_int_eq(sx_name_unbind(segment.path, segment.fd, 0), 0);
    sx_segment_close(&segment);
}
END_TEST

int main(void)
{
    return RUN_TESTS("name", nothing_is_seen_before_the_link, memory_is_reserved_before_the_link,
                     live_stream_keeps_its_name, dead_stream_is_replaced,
                     name_of_a_successor_is_not_removed,
                     unbinding_waits_for_the_lock_no_longer_than_told,
                     header_carries_the_name_that_it_was_made_for);
}
