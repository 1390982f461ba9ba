/* SPDX-License-Identifier: MIT */
/*
 * Several messages in hand: take acknowledges nothing, ack says how far, next acknowledges all.
 */
#include "streams.h"

#include <string.h>

START_TEST(take_acknowledges_nothing)
{
    struct streamx_producer *producer = make_ring("s", 3);
    struct streamx_consumer *consumer = join("s");

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(try_put(producer), 0);
    for (uint64_t seq = 1; seq <= 3; seq++)
        take_text(consumer, seq, "x");
    ck_assert_int_eq(try_take(consumer), -EAGAIN);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ck_assert_uint_eq(look("s").acknowledged, 0);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(ack_frees_exactly_what_it_names)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumer = join("s");

    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(try_put(producer), 0);
    for (uint64_t seq = 1; seq <= 3; seq++)
        take_text(consumer, seq, "x");
    ck_assert_int_eq(streamx_ack(consumer, 2), 0);
    ck_assert_uint_eq(look("s").acknowledged, 2);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ack_all(consumer);
    ck_assert_uint_eq(look("s").acknowledged, 3);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(ack_beyond_what_was_taken_is_refused)
{
    struct streamx_producer *producer = make_ring("s", 3);
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_eq(streamx_ack(consumer, 1), -EINVAL);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(streamx_ack(consumer, 1), -EINVAL);
    take_text(consumer, 1, "x");
    ck_assert_int_eq(streamx_ack(consumer, 2), -EINVAL);
    ck_assert_int_eq(streamx_ack(consumer, UINT64_MAX), -EINVAL);
    ck_assert_uint_eq(look("s").acknowledged, 0);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(ack_may_be_repeated)
{
    struct streamx_producer *producer = make_ring("s", 3);
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_eq(streamx_ack(consumer, 0), 0);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), 0);
    take_text(consumer, 1, "x");
    take_text(consumer, 2, "x");
    ck_assert_int_eq(streamx_ack(consumer, 2), 0);
    ck_assert_int_eq(streamx_ack(consumer, 2), 0);
    ck_assert_int_eq(streamx_ack(consumer, 1), 0);
    ck_assert_uint_eq(look("s").acknowledged, 2); /* and not 1 again */
    ck_assert_int_eq(streamx_ack(consumer, 0), 0);
    ck_assert_uint_eq(look("s").acknowledged, 2);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(next_acknowledges_even_when_nothing_new_is_there)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    ck_assert_int_eq(try_put(producer), 0);
    take_text(consumer, 1, "x");
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_int_eq(try_put(producer), 0);
    take_text(consumer, 2, "x");
    ck_assert_int_eq(streamx_next(consumer, &message, BRIEFLY), -ETIMEDOUT);
    ck_assert_int_eq(try_put(producer), 0);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(next_acknowledges_all_in_hand)
{
    struct streamx_producer *producer = make_ring("s", 3);
    struct streamx_consumer *consumer = join("s");

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(try_put(producer), 0);
    take_text(consumer, 1, "x");
    take_text(consumer, 2, "x");
    next_text(consumer, 3, "x");
    ck_assert_uint_eq(look("s").acknowledged, 2);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(what_is_in_hand_stays_as_it_is)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *holder = join("s"), *other = join("s");
    struct streamx_message held[2];

    put_text(producer, "free");
    put_text(producer, "held");
    put_text(producer, "kept");
    take_text(holder, 1, "free");
    ck_assert_int_eq(streamx_take(holder, &held[0], STREAMX_NOWAIT), 1);
    ck_assert_int_eq(streamx_take(holder, &held[1], STREAMX_NOWAIT), 1);
    ck_assert_int_eq(streamx_ack(holder, 1), 0);
    while (try_take(other) == 1)
        ack_all(other);
    while (try_put(producer) == 0)
        ;
    ck_assert_mem_eq(held[0].data, "held", 4);
    ck_assert_mem_eq(held[1].data, "kept", 4);
    streamx_unsubscribe(holder);
    streamx_unsubscribe(other);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(message_carries_zero_where_nothing_is_defined)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    memset(&message, 0xff, sizeof message);
    put_text(producer, "x");
    ck_assert_int_eq(streamx_take(consumer, &message, PATIENCE), 1);
    ck_assert_uint_eq(message.reserved[0], 0);
    ck_assert_uint_eq(message.reserved[1], 0);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("in_hand", take_acknowledges_nothing, ack_frees_exactly_what_it_names,
                     ack_beyond_what_was_taken_is_refused, ack_may_be_repeated,
                     next_acknowledges_even_when_nothing_new_is_there,
                     next_acknowledges_all_in_hand, what_is_in_hand_stays_as_it_is,
                     message_carries_zero_where_nothing_is_defined);
}
