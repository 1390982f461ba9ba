/* SPDX-License-Identifier: MIT */
/*
 * Messages of any length: memory is taken when it is needed, is an error when it is not to be had,
 * and is given back when it has not been needed for a while.
 */
#include "streams.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define RESERVE ((size_t)65536)

static const struct streamx_options long_ones = {.slot_size = 32 * MIB, .reserve_size = RESERVE};

static uint64_t memory(void)
{
    return look("s").memory_bytes;
}

/* The last page of a slot may be the next one's first: it stays. */
static void expect_given_back(uint64_t before)
{
    ck_assert_uint_ge(memory(), before);
    ck_assert_uint_le(memory(), before + 65536);
}

static unsigned char *pattern(size_t len, unsigned seed)
{
    unsigned char *bytes = malloc(len + 1);

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)((i * 31 + i / 4096) ^ seed);
    return bytes;
}

/* Puts a long message, and sees that it arrives. */
static void pass_long(struct streamx_producer *producer, struct streamx_consumer *consumer,
                      size_t len)
{
    unsigned char *bytes = pattern(len, (unsigned)len);
    struct streamx_message message;

    ck_assert_int_eq(streamx_put(producer, bytes, len, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
    ck_assert_uint_eq(message.len, len);
    ck_assert(memcmp(message.data, bytes, len) == 0);
    ack_all(consumer);
    free(bytes);
}

static void pass_short(struct streamx_producer *producer, struct streamx_consumer *consumer,
                       int count)
{
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(try_put(producer), 0);
        ck_assert_int_eq(try_next(consumer), 1);
        ack_all(consumer);
    }
}

START_TEST(only_what_is_reserved_is_taken_at_creation)
{
    struct streamx_producer *producer = make_stream("s", &long_ones);
    struct streamx_info info = look("s");

    ck_assert_uint_eq(info.slot_size, 32 * MIB);
    ck_assert_uint_gt(info.segment_bytes, 32 * MIB);
    ck_assert_uint_ge(info.memory_bytes, RESERVE);
    ck_assert_uint_lt(info.memory_bytes, RESERVE + 65536);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    producer = make_stream("s", NULL);
    info = look("s"); /* in whole pages */
    ck_assert_uint_ge(info.memory_bytes, info.segment_bytes);
    ck_assert_uint_lt(info.memory_bytes, info.segment_bytes + 65536);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(long_message_goes_through_and_its_memory_goes_again)
{
    struct streamx_producer *producer = make_stream("s", &long_ones);
    struct streamx_consumer *consumer = join("s");
    uint64_t before = memory();

    pass_short(producer, consumer, 10);
    ck_assert_uint_eq(memory(), before);
    pass_long(producer, consumer, 32 * MIB);
    ck_assert_uint_ge(memory(), 32 * MIB);
    pass_short(producer, consumer, 100);
    ck_assert_uint_ge(memory(), 32 * MIB);
    pass_short(producer, consumer, 4900);
    expect_given_back(before);
    pass_long(producer, consumer, MIB);
    ck_assert_uint_lt(memory(), 2 * MIB);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(memory_goes_after_a_batch_of_many_short_ones_too)
{
    enum { MANY = 2000 };
    struct streamx_producer *producer = make_stream("s", &long_ones);
    struct streamx_consumer *consumer = join("s");
    struct iovec batch[MANY];
    uint64_t before = memory();

    for (int i = 0; i < MANY; i++)
        batch[i] = (struct iovec){(void *)"12345678", 8};
    pass_long(producer, consumer, MIB);
    ck_assert_int_eq(streamx_putv(producer, batch, MANY, STREAMX_NOWAIT), 0);
    expect_given_back(before);
    for (int i = 0; i < MANY; i++)
        next_text(consumer, (uint64_t)i + 2, "12345678");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(memory_stays_while_long_ones_come_now_and_then)
{
    struct streamx_producer *producer = make_stream("s", &long_ones);
    struct streamx_consumer *consumer = join("s");

    for (int i = 0; i < 10; i++) {
        pass_long(producer, consumer, MIB);
        pass_short(producer, consumer, 500);
        ck_assert_uint_ge(memory(), MIB);
    }
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(memory_stays_where_late_readers_are_evicted)
{
    struct streamx_options options = long_ones;
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;

    options.evict_after_ns = PATIENCE;
    producer = make_stream("s", &options);
    consumer = join("s");
    pass_long(producer, consumer, MIB);
    pass_short(producer, consumer, 3000);
    ck_assert_uint_ge(memory(), MIB);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(slots_that_share_pages_keep_to_themselves)
{
    const struct streamx_options options = {.slots = 16, .slot_size = 9000, .reserve_size = 1};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *consumer = join("s");

    for (size_t round = 0; round < 40; round++) {
        pass_long(producer, consumer, 9000 - round);
        pass_long(producer, consumer, 4000 + round);
        pass_short(producer, consumer, round % 8 == 0 ? 1100 : 15);
    }
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(reserve_is_the_slot_at_most)
{
    struct streamx_options options = {.slot_size = 100, .reserve_size = 101};
    struct streamx_producer *producer;

    ck_assert_int_eq(streamx_create(&producer, "s", &options), -EINVAL);
    options.reserve_size = 100;
    producer = make_stream("s", &options);
    ck_assert_int_eq(streamx_put(producer, stream_dir(), 101, STREAMX_NOWAIT), -EMSGSIZE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    options.reserve_size = 1;
    producer = make_stream("s", &options);
    ck_assert_int_eq(streamx_put(producer, stream_dir(), 101, STREAMX_NOWAIT), -EMSGSIZE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(loans_are_as_large_as_asked_for)
{
    struct streamx_producer *producer = make_stream("s", &long_ones);
    struct streamx_consumer *consumer = join("s");
    size_t capacity;
    void *data;

    ck_assert_int_eq(
        streamx_loan_at_least(producer, 32 * MIB + 1, &data, &capacity, STREAMX_NOWAIT), -EMSGSIZE);
    ck_assert_int_eq(streamx_loan_at_least(producer, 10, &data, &capacity, STREAMX_NOWAIT), 0);
    ck_assert_uint_eq(capacity, RESERVE);
    ck_assert_int_eq(streamx_publish(producer, RESERVE + 1), -EMSGSIZE);
    streamx_discard(producer);
    ck_assert_int_eq(streamx_loan_at_least(producer, MIB, &data, &capacity, STREAMX_NOWAIT), 0);
    ck_assert_uint_ge(capacity, MIB);
    ck_assert_uint_lt(capacity, MIB + 65536);
    ck_assert_int_eq(streamx_loan_at_least(producer, 1, &data, &capacity, STREAMX_NOWAIT), -EBUSY);
    memset(data, 'x', capacity);
    ck_assert_int_eq(streamx_publish(producer, capacity), 0);
    ck_assert_int_eq(try_next(consumer), 1);
    ack_all(consumer);
    ck_assert_uint_lt(memory(), 2 * MIB);
    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT), 0);
    ck_assert_uint_eq(capacity, 32 * MIB);
    ck_assert_uint_ge(memory(), 32 * MIB);
    memset(data, 'y', capacity);
    ck_assert_int_eq(streamx_publish(producer, 3), 0);
    next_text(consumer, 2, "yyy");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);

    producer = make_stream("s", NULL);
    ck_assert_int_eq(streamx_loan_at_least(producer, 1, &data, &capacity, STREAMX_NOWAIT), 0);
    ck_assert_uint_eq(capacity, 65536);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(parts_may_need_more_than_the_loan_for_their_ends)
{
    enum { MANY = 20000 };
    struct streamx_producer *producer = make_stream("s", &long_ones);
    struct streamx_consumer *consumer = join("s");
    static uint32_t ends[MANY];
    size_t capacity;
    void *data;

    ck_assert_int_eq(streamx_loan_at_least(producer, RESERVE, &data, &capacity, STREAMX_NOWAIT), 0);
    memset(data, 'z', capacity);
    for (uint32_t i = 0; i < MANY; i++)
        ends[i] = 3 * i + 3;
    ck_assert_int_eq(streamx_publish_parts(producer, ends, MANY, 0), 0);
    for (uint32_t i = 0; i < MANY; i++)
        next_text(consumer, i + 1, "zzz");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

/* A hole that is read through a mapping becomes memory, which nobody would give back. */
START_TEST(taps_take_no_memory)
{
    const struct streamx_subscribe_options tapping = {.flags = STREAMX_TAP};
    struct streamx_producer *producer = make_stream("s", &long_ones);
    struct streamx_consumer *consumer = join("s"), *tap;
    unsigned char *bytes = pattern(3 * MIB, 7);
    struct streamx_message message;
    uint64_t before = memory();

    ck_assert_int_eq(streamx_subscribe(&tap, "s", &tapping, PATIENCE), 0);
    ck_assert_int_eq(streamx_put(producer, bytes, 3 * MIB, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_take(tap, &message, STREAMX_NOWAIT), 1);
    ck_assert_uint_eq(message.len, 3 * MIB);
    ck_assert(memcmp(message.data, bytes, 3 * MIB) == 0);
    ck_assert_int_eq(try_next(consumer), 1);
    ack_all(consumer);
    pass_short(producer, consumer, 3000);
    ck_assert_int_eq(try_take(tap), 1);
    expect_given_back(before);
    free(bytes);
    streamx_unsubscribe(tap);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

/* ---- limits
 * ----------------------------------------------------------------------------------- */

static void put_beyond_a_file_limit(struct link parent, void *arg)
{
    const struct rlimit small = {.rlim_cur = MIB, .rlim_max = MIB};
    struct streamx_producer *producer = make_stream("s", &long_ones), *other;
    struct streamx_consumer *consumer = join("s");

    (void)arg;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    say(parent, streamx_create(&other, "t", &long_ones));
    pass_long(producer, consumer, 4 * MIB); /* within the length that the file has already */
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

START_TEST(file_size_limit_is_an_error_of_create_and_no_signal)
{
    struct child child = child_start(put_beyond_a_file_limit, NULL);

    ck_assert_int_eq(hear(child.link), -EFBIG);
    child_join(&child);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "reserve", only_what_is_reserved_is_taken_at_creation,
        long_message_goes_through_and_its_memory_goes_again,
        memory_goes_after_a_batch_of_many_short_ones_too,
        memory_stays_while_long_ones_come_now_and_then, memory_stays_where_late_readers_are_evicted,
        slots_that_share_pages_keep_to_themselves, reserve_is_the_slot_at_most,
        loans_are_as_large_as_asked_for, parts_may_need_more_than_the_loan_for_their_ends,
        taps_take_no_memory, file_size_limit_is_an_error_of_create_and_no_signal);
}
