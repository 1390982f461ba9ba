/* SPDX-License-Identifier: MIT */
/*
 * publish_parts: a loan becomes several messages where they lie, with something between them that
 * can be read in place and belongs to none.
 */
#include "streams.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ENDS(...)                                                                                  \
    (const uint32_t[])                                                                             \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static char *borrow(struct streamx_producer *producer, const char *text)
{
    size_t capacity;
    void *data;

    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, PATIENCE), 0);
    ck_assert_uint_ge(capacity, strlen(text));
    memcpy(data, text, strlen(text));
    return data;
}

/* The next message, what is behind it included. */
static void expect_part(struct streamx_consumer *consumer, uint64_t seq, const char *text,
                        const char *behind)
{
    struct streamx_message message;

    ck_assert_int_eq(streamx_take(consumer, &message, PATIENCE), 1);
    ck_assert_uint_eq(message.seq, seq);
    ck_assert_uint_eq(message.len, strlen(text));
    ck_assert_uint_eq(message.gap, strlen(behind));
    ck_assert_mem_eq(message.data, text, strlen(text));
    ck_assert_mem_eq((const char *)message.data + message.len, behind, strlen(behind));
}

static void close_early(struct streamx_producer *producer)
{
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}

START_TEST(lines_are_published_where_they_lie)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    borrow(producer, "one\n\nthree\nrest");
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(3, 4, 10), 3, 1), 0);
    ck_assert_uint_eq(look("s").published, 3);
    ck_assert_uint_eq(look("s").publications, 1);
    ck_assert_uint_eq(look("s").bytes, 8);
    expect_part(consumer, 1, "one", "\n");
    expect_part(consumer, 2, "", "\n");
    expect_part(consumer, 3, "three", "");
    ack_all(consumer);
    PUT_BATCH(producer, "four", "five");
    expect_part(consumer, 4, "four", "");
    expect_part(consumer, 5, "five", "");
    ack_all(consumer);
    put_text(producer, "six");
    expect_part(consumer, 6, "six", "");
    ck_assert_uint_eq(look("s").bytes, 19);
    streamx_unsubscribe(consumer);
    close_early(producer);
}
END_TEST

START_TEST(gap_may_be_nothing_or_as_much_as_255)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumer = join("s");
    char text[1024], behind[256] = "";

    borrow(producer, "abc");
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(1, 1, 3), 3, 0), 0);
    expect_part(consumer, 1, "a", "");
    expect_part(consumer, 2, "", "");
    expect_part(consumer, 3, "bc", "");
    memset(behind, '-', 255);
    snprintf(text, sizeof text, "a%s%sb", behind, behind);
    borrow(producer, text);
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(1, 256, 512), 3, 255), 0);
    expect_part(consumer, 4, "a", behind);
    expect_part(consumer, 5, "", behind);
    expect_part(consumer, 6, "b", "");
    streamx_unsubscribe(consumer);
    close_early(producer);
}
END_TEST

START_TEST(one_part_is_a_message_from_the_start)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    borrow(producer, "hello");
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(4), 1, 7), 0);
    expect_part(consumer, 1, "hell", "");
    ck_assert_uint_eq(look("s").bytes, 4);
    streamx_unsubscribe(consumer);
    close_early(producer);
}
END_TEST

START_TEST(bad_parts_are_refused_and_the_loan_stays_open)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(0), 1, 0), -EINVAL);
    borrow(producer, "a,b");
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(1), 0, 0), -EINVAL);
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(1, 3), 2, 256), -EINVAL);
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(1, 3), 2, 3), -EINVAL);
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(3, 1), 2, 0), -EINVAL);
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(UINT32_MAX, 1), 2, 2), -EINVAL);
    ck_assert_int_eq(try_put(producer), -EBUSY);
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(1, 3), 2, 1), 0);
    expect_part(consumer, 1, "a", ",");
    expect_part(consumer, 2, "b", "");
    streamx_unsubscribe(consumer);
    close_early(producer);
}
END_TEST

START_TEST(parts_fit_with_eight_bytes_a_message)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.slots = 4, .slot_size = 64});
    struct streamx_consumer *consumer = join("s");
    char *data = borrow(producer, "");

    memset(data, 'x', 64);
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(40, 49), 2, 1), -EMSGSIZE);
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(65), 1, 1), -EMSGSIZE);
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(1, UINT32_MAX), 2, 1), -EMSGSIZE);
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(40, 48), 2, 1), 0);
    data = borrow(producer, "");
    memset(data, 'x', 64);
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(64), 1, 1), 0);
    ck_assert_int_eq(try_take(consumer), 1);
    ck_assert_int_eq(try_take(consumer), 1);
    ck_assert_int_eq(try_take(consumer), 1);
    ck_assert_uint_eq(look("s").bytes, 40 + 7 + 64);
    streamx_unsubscribe(consumer);
    close_early(producer);
}
END_TEST

START_TEST(a_successor_begins_within_a_batch_of_parts)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    borrow(producer, "one, two, three, four");
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(3, 8, 15, 21), 4, 2), 0);
    expect_part(consumer, 1, "one", ", ");
    expect_part(consumer, 2, "two", ", ");
    ck_assert_int_eq(streamx_ack(consumer, 2), 0);
    streamx_unsubscribe(consumer);
    consumer = join("s");
    expect_part(consumer, 3, "three", ", ");
    expect_part(consumer, 4, "four", "");
    streamx_unsubscribe(consumer);
    consumer = join_at("s", STREAMX_START_LATEST);
    expect_part(consumer, 4, "four", "");
    streamx_unsubscribe(consumer);
    close_early(producer);
}
END_TEST

START_TEST(gap_is_seen_where_late_ones_are_evicted_and_by_a_tap)
{
    const struct streamx_options evicting = {.evict_after_ns = PATIENCE};
    const struct streamx_subscribe_options tapping = {.flags = STREAMX_TAP,
                                                      .start = STREAMX_START_OLDEST};
    struct streamx_producer *producer = make_stream("s", &evicting);
    struct streamx_consumer *consumer = join("s"), *tap;

    borrow(producer, "a;b");
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(1, 3), 2, 1), 0);
    ck_assert_int_eq(streamx_subscribe(&tap, "s", &tapping, PATIENCE), 0);
    expect_part(consumer, 1, "a", ";");
    expect_part(consumer, 2, "b", "");
    expect_part(tap, 1, "a", ";");
    expect_part(tap, 2, "b", "");
    streamx_unsubscribe(tap);
    streamx_unsubscribe(consumer);
    close_early(producer);
}
END_TEST

/* Takes so many at once, which end there; `base` counts from the publication's beginning. */
static struct streamx_parts take_run(struct streamx_consumer *consumer, unsigned most,
                                     unsigned count, uint64_t bytes)
{
    struct streamx_parts parts;

    ck_assert_int_eq(streamx_take_parts(consumer, &parts, most, PATIENCE), 1);
    ck_assert_uint_eq(parts.count, count);
    ck_assert_uint_eq(parts.bytes, bytes);
    return parts;
}

START_TEST(parts_are_taken_together)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumer = join("s");
    struct streamx_parts parts;

    borrow(producer, "one\n\nthree\nrest");
    ck_assert_int_eq(streamx_publish_parts(producer, ENDS(3, 4, 10, 15), 4, 1), 0);
    parts = take_run(consumer, 100, 4, 15);
    ck_assert_uint_eq(parts.first.seq, 1);
    ck_assert_uint_eq(parts.first.len, 3);
    ck_assert_uint_eq(parts.gap, 1);
    ck_assert_ptr_eq(parts.base, parts.first.data);
    ck_assert_mem_eq(parts.base, "one\n\nthree\nrest", 15);
    ck_assert_int_eq(memcmp(parts.ends, ENDS(4, 10, 15), 3 * sizeof *parts.ends), 0);
    ck_assert_int_eq(streamx_ack(consumer, 3), 0);
    ck_assert_uint_eq(look("s").acknowledged_by_all, 3);
    ck_assert_int_eq(streamx_ack(consumer, 5), -EINVAL);
    ack_all(consumer);
    ck_assert_uint_eq(look("s").acknowledged_by_all, 4);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(what_fills_all_gaps_is_told)
{
    static const struct {
        const char *bytes;
        uint32_t ends[3];
        unsigned gap;
        uint32_t filler;
    } cases[] = {
        {"one\n\nfour\n", {3, 4, 9}, 1, 1 + '\n'},
        {"one\n\tfour\n", {3, 4, 9}, 1, 0},
        {"one\tto\nfour", {3, 6, 11}, 1, 0},
        {"one--to--four", {3, 7, 13}, 2, 1 + '-'},
        {"one, to, four", {3, 7, 13}, 2, 0},
        {"onetofour", {3, 5, 9}, 0, 0},
    };
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumer = join("s");
    struct streamx_parts parts;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        borrow(producer, cases[i].bytes);
        ck_assert_int_eq(streamx_publish_parts(producer, cases[i].ends, 3, cases[i].gap), 0);
        parts = take_run(consumer, 2, 2, cases[i].ends[1]);
        ck_assert_uint_eq(parts.filler, cases[i].filler);
        parts = take_run(consumer, 2, 1, cases[i].ends[2] - cases[i].ends[1] - cases[i].gap);
        ck_assert_uint_eq(parts.filler, 0); /* there is no gap behind the last one */
        ck_assert_uint_eq(parts.reserved + parts.reserved32, 0);
        ack_all(consumer);
    }
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(parts_are_taken_from_where_one_is_and_as_many_as_wanted)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumer = join("s");
    struct streamx_parts parts;

    PUT_BATCH(producer, "a", "bc", "def", "g", "hi");
    expect_part(consumer, 1, "a", "");
    parts = take_run(consumer, 2, 2, 6);
    ck_assert_uint_eq(parts.first.seq, 2);
    ck_assert_mem_eq(parts.base, "abcdef", 6);
    ck_assert_ptr_eq(parts.first.data, (const char *)parts.base + 1);
    ck_assert_uint_eq(parts.ends[0], 6);
    expect_part(consumer, 4, "g", "");
    parts = take_run(consumer, 1, 1, 2);
    ck_assert_uint_eq(parts.first.seq, 5);
    ck_assert_ptr_eq(parts.base, parts.first.data);
    put_text(producer, "alone");
    parts = take_run(consumer, 100, 1, 5);
    ck_assert_mem_eq(parts.first.data, "alone", 5);
    ck_assert_int_eq(streamx_take_parts(consumer, &parts, 0, PATIENCE), -EINVAL);
    ck_assert_int_eq(streamx_take_parts(consumer, &parts, 1, -2), -EINVAL);
    ck_assert_int_eq(streamx_take_parts(consumer, &parts, 9, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_take_parts(consumer, &parts, 9, 1000000), -ETIMEDOUT);
    ack_all(consumer);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    ck_assert_int_eq(streamx_take_parts(consumer, &parts, 9, PATIENCE), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

START_TEST(taps_take_parts_together_too)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *tap;
    struct streamx_parts parts;

    ck_assert_int_eq(
        streamx_subscribe(&tap, "s", &(struct streamx_subscribe_options){.flags = STREAMX_TAP}, 0),
        0);
    PUT_BATCH(producer, "a", "bc", "def");
    parts = take_run(tap, 100, 3, 6);
    ck_assert_mem_eq(parts.base, "abcdef", 6);
    ck_assert_int_eq(streamx_ack(tap, 0), 0);
    streamx_unsubscribe(tap);
    close_early(producer);
}
END_TEST

/* The table of ends that follows that payload in the stream's file: one of them becomes another. */
static void overwrite_end(const char *payload, unsigned which, uint32_t end)
{
    int fd = open(stream_path("s"), O_RDWR | O_CLOEXEC);
    char file[65536];
    ssize_t bytes = pread(fd, file, sizeof file, 0);
    const char *found = memmem(file, (size_t)bytes, payload, strlen(payload));
    off_t at = found - file + (off_t)strlen(payload) + (off_t)(sizeof end * (1 + which));

    ck_assert_ptr_nonnull(found);
    ck_assert_int_eq(pwrite(fd, &end, sizeof end, at), sizeof end);
    close(fd);
}

/* The last end is beyond the payload, or before its message: by a producer that means harm. */
START_TEST(run_that_ends_nowhere_sensible_is_refused)
{
    for (uint32_t bad = 1; bad <= 200; bad += 199) {
        struct streamx_producer *producer = make_ring("s", 1);
        struct streamx_consumer *consumer = join("s");
        struct streamx_parts parts;
        struct streamx_message message;

        ck_assert_int_eq(streamx_putv(producer, (struct iovec[]){{"abc", 3}, {"d", 1}, {"efgh", 4}},
                                      3, PATIENCE),
                         0);
        ck_assert_int_eq(streamx_take(consumer, &message, PATIENCE), 1);
        overwrite_end("abcdefgh", 2, bad);
        ck_assert_int_eq(streamx_take_parts(consumer, &parts, 9, PATIENCE), -EPROTO);
        ck_assert_int_eq(streamx_take_parts(consumer, &parts, 9, PATIENCE), -EPROTO);
        streamx_unsubscribe(consumer);
        close_early(producer);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "parts", parts_are_taken_together, parts_are_taken_from_where_one_is_and_as_many_as_wanted,
        taps_take_parts_together_too, run_that_ends_nowhere_sensible_is_refused,
        lines_are_published_where_they_lie, gap_may_be_nothing_or_as_much_as_255,
        one_part_is_a_message_from_the_start, bad_parts_are_refused_and_the_loan_stays_open,
        parts_fit_with_eight_bytes_a_message, a_successor_begins_within_a_batch_of_parts,
        gap_is_seen_where_late_ones_are_evicted_and_by_a_tap, what_fills_all_gaps_is_told);
}
