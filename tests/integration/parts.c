/* SPDX-License-Identifier: MIT */
/*
 * publish_parts: a loan becomes several messages where they lie, with something between them that
 * can be read in place and belongs to none.
 */
#include "streams.h"

#include <stdio.h>
#include <string.h>

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

int main(void)
{
    return RUN_TESTS(
        "parts", lines_are_published_where_they_lie, gap_may_be_nothing_or_as_much_as_255,
        one_part_is_a_message_from_the_start, bad_parts_are_refused_and_the_loan_stays_open,
        parts_fit_with_eight_bytes_a_message, a_successor_begins_within_a_batch_of_parts,
        gap_is_seen_where_late_ones_are_evicted_and_by_a_tap);
}
