/* SPDX-License-Identifier: MIT */
/*
 * Several slots, and what one of them holds: depth, sizes, empty messages, timestamps.
 */
#include "streams.h"

#include <stdlib.h>
#include <string.h>

START_TEST(ring_of_n_slots_takes_n_puts_ahead)
{
    struct streamx_producer *producer = make_ring("s", 5);
    struct streamx_consumer *consumer = join("s");

    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    for (uint64_t seq = 1; seq <= 5; seq++) {
        take_text(consumer, seq, "x");
        ck_assert_int_eq(streamx_ack(consumer, seq), 0);
        ck_assert_int_eq(try_put(producer), 0);
        ck_assert_int_eq(try_put(producer), -EAGAIN);
    }
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(slowest_consumer_decides)
{
    struct streamx_producer *producer = make_ring("s", 3);
    struct streamx_consumer *fast = join("s"), *slow = join("s");

    for (uint64_t seq = 1; seq <= 3; seq++) {
        ck_assert_int_eq(try_put(producer), 0);
        next_text(fast, seq, "x");
    }
    ack_all(fast);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    next_text(slow, 1, "x");
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    next_text(slow, 2, "x");
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    streamx_unsubscribe(fast);
    streamx_unsubscribe(slow);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(empty_message_is_a_message)
{
    struct streamx_producer *producer = make_ring("s", 3);
    struct streamx_consumer *consumer = join("s");

    put_text(producer, "");
    ck_assert_int_eq(streamx_put(producer, NULL, 0, STREAMX_NOWAIT), 0);
    put_text(producer, "end");
    next_text(consumer, 1, "");
    next_text(consumer, 2, "");
    next_text(consumer, 3, "end");
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
    ck_assert_int_eq(try_next(consumer), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

static void exchange_full_slot(uint32_t slot_size)
{
    const struct streamx_options options = {.slots = 2, .slot_size = slot_size};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    unsigned char *data = malloc((size_t)slot_size + 1);

    ck_assert_ptr_nonnull(data);
    for (int round = 1; round <= 4; round++) {
        memset(data, round, slot_size);
        ck_assert_int_eq(streamx_put(producer, data, slot_size, STREAMX_NOWAIT), 0);
        ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
        ck_assert_uint_eq(message.len, slot_size);
        ck_assert_mem_eq(message.data, data, slot_size);
    }
    ck_assert_int_eq(streamx_put(producer, data, (size_t)slot_size + 1, PATIENCE), -EMSGSIZE);
    ck_assert_int_eq(streamx_put(producer, data, SIZE_MAX, PATIENCE), -EMSGSIZE);
    free(data);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}

START_TEST(message_may_fill_its_slot_and_not_more)
{
    static const uint32_t sizes[] = {1, 7, 8, 31, 32, 33, 4095, 4096, 4097, 65536, 3000001};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        exchange_full_slot(sizes[i]);
}
END_TEST

START_TEST(too_long_is_found_before_anything_is_waited_for)
{
    const struct streamx_options options = {.slot_size = 4, .min_consumers = 1};
    struct streamx_producer *producer = make_stream("s", &options);

    ck_assert_int_eq(streamx_put(producer, "12345", 5, PATIENCE), -EMSGSIZE);
    ck_assert_int_eq(streamx_put(producer, "12345", 5, STREAMX_NOWAIT), -EMSGSIZE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

/* In each state of the producer's, of which some have a shorter way than others. */
static void refuse_too_long(struct streamx_producer *producer, uint32_t slot_size)
{
    static const char data[8] = "x";
    const size_t lens[] = {SIZE_MAX, SIZE_MAX - 1, (size_t)UINT32_MAX + 1, (size_t)slot_size + 1};

    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        ck_assert_int_eq(streamx_put(producer, data, lens[i], STREAMX_NOWAIT), -EMSGSIZE);
        ck_assert_int_eq(streamx_put(producer, data, lens[i], PATIENCE), -EMSGSIZE);
    }
}

static void refuse_between_others(uint32_t flags, int64_t evict_after_ns)
{
    const struct streamx_options options = {
        .slots = 4, .slot_size = 100, .flags = flags, .evict_after_ns = evict_after_ns};
    static const char data[100] = "data";
    static const size_t lens[] = {5, 5, 5, 5, 100, 100, 100, 0, 0, 0, 64, 65, 64, 65};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    refuse_too_long(producer, options.slot_size);
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        ck_assert_int_eq(streamx_put(producer, data, lens[i], STREAMX_NOWAIT), 0);
        refuse_too_long(producer, options.slot_size);
        ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
        ck_assert_uint_eq(message.seq, i + 1);
        ck_assert_uint_eq(message.len, lens[i]);
        ck_assert_mem_eq(message.data, data, lens[i]);
    }
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_uint_eq(look("s").published, sizeof lens / sizeof *lens);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(consumer);
}

START_TEST(too_long_is_refused_whatever_the_stream)
{
    static const uint32_t flags[] = {0, STREAMX_TIMESTAMPS, STREAMX_PIPE, STREAMX_SHARED,
                                     STREAMX_SHARED | STREAMX_STAMPS | STREAMX_RESUME};

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        refuse_between_others(flags[i], 0);
        refuse_between_others(flags[i], PATIENCE);
    }
}
END_TEST

static uint64_t stamp_of(struct streamx_consumer *consumer)
{
    struct streamx_message message;

    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), 1);
    return message.time_ns;
}

START_TEST(timestamps_are_the_time_of_publication)
{
    const struct streamx_options options = {.slots = 4, .flags = STREAMX_TIMESTAMPS};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *consumer = join("s");
    uint64_t begin_ns = (uint64_t)now_ns(), first_ns, second_ns;

    put_text(producer, "a");
    PUT_BATCH(producer, "b", "c");
    first_ns = stamp_of(consumer);
    second_ns = stamp_of(consumer);
    ck_assert_uint_ge(first_ns, begin_ns);
    ck_assert_uint_ge(second_ns, first_ns);
    ck_assert_uint_eq(stamp_of(consumer), second_ns);
    ck_assert_uint_le(second_ns, (uint64_t)now_ns());
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(without_timestamps_the_time_is_zero)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    put_text(producer, "a");
    ck_assert_uint_eq(stamp_of(consumer), 0);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("ring", ring_of_n_slots_takes_n_puts_ahead, slowest_consumer_decides,
                     empty_message_is_a_message, message_may_fill_its_slot_and_not_more,
                     too_long_is_found_before_anything_is_waited_for,
                     too_long_is_refused_whatever_the_stream,
                     timestamps_are_the_time_of_publication, without_timestamps_the_time_is_zero);
}
