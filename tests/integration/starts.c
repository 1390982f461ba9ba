/* SPDX-License-Identifier: MIT */
/*
 * The four starts: where a new consumer begins, and what its start acknowledges.
 */
#include "streams.h"

/* A ring of four slots: a and b acknowledged, c and d not, nobody attached. */
static struct streamx_producer *make_half_read(void)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumer = join("s");

    put_text(producer, "a");
    put_text(producer, "b");
    put_text(producer, "c");
    put_text(producer, "d");
    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    return producer;
}

static void end(struct streamx_producer *producer, struct streamx_consumer *consumer)
{
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}

START_TEST(next_is_the_first_that_nobody_has_acknowledged)
{
    struct streamx_producer *producer = make_half_read();
    struct streamx_consumer *consumer = join_at("s", STREAMX_START_NEXT);

    take_text(consumer, 3, "c");
    take_text(consumer, 4, "d");
    ck_assert_uint_eq(look("s").acknowledged, 2);
    end(producer, consumer);
}
END_TEST

START_TEST(next_counts_what_another_has_only_in_hand)
{
    struct streamx_producer *producer = make_half_read();
    struct streamx_consumer *first = join("s"), *second;

    take_text(first, 3, "c");
    second = join("s");
    take_text(second, 3, "c");
    streamx_unsubscribe(first);
    end(producer, second);
}
END_TEST

START_TEST(next_starts_where_the_foremost_attached_consumer_is)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *behind = join("s"), *ahead = join("s"), *joiner;

    PUT_BATCH(producer, "a", "b", "c");
    take_text(ahead, 1, "a");
    take_text(ahead, 2, "b");
    ack_all(ahead);
    joiner = join("s");
    take_text(joiner, 3, "c");
    take_text(behind, 1, "a");
    streamx_unsubscribe(behind);
    streamx_unsubscribe(ahead);
    end(producer, joiner);
}
END_TEST

START_TEST(next_with_everything_acknowledged_is_the_next_publication)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *first = join("s"), *second;

    put_text(producer, "a");
    next_text(first, 1, "a");
    ack_all(first);
    second = join("s");
    ck_assert_int_eq(try_take(second), -EAGAIN);
    put_text(producer, "b");
    take_text(second, 2, "b");
    streamx_unsubscribe(first);
    end(producer, second);
}
END_TEST

START_TEST(new_is_the_next_publication)
{
    struct streamx_producer *producer = make_half_read();
    struct streamx_consumer *consumer = join_at("s", STREAMX_START_NEW);

    ck_assert_int_eq(try_take(consumer), -EAGAIN);
    put_text(producer, "e");
    take_text(consumer, 5, "e");
    end(producer, consumer);
}
END_TEST

START_TEST(new_acknowledges_all_that_went_before)
{
    struct streamx_producer *producer = make_half_read();
    struct streamx_consumer *consumer = join_at("s", STREAMX_START_NEW);

    ck_assert_uint_eq(look("s").acknowledged, 4);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(new_acknowledges_for_nobody_else)
{
    struct streamx_producer *producer = make_half_read();
    struct streamx_consumer *old = join("s"), *new = join_at("s", STREAMX_START_NEW);

    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EAGAIN);
    next_text(old, 3, "c");
    next_text(old, 4, "d");
    ack_all(old);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(old);
    streamx_unsubscribe(new);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(latest_is_the_newest_in_the_ring)
{
    struct streamx_producer *producer = make_half_read();
    struct streamx_consumer *consumer = join_at("s", STREAMX_START_LATEST);

    ck_assert_uint_eq(look("s").acknowledged, 3);
    take_text(consumer, 4, "d");
    ck_assert_int_eq(try_take(consumer), -EAGAIN);
    end(producer, consumer);
}
END_TEST

START_TEST(latest_is_there_even_if_acknowledged)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *first = join("s"), *second;

    put_text(producer, "a");
    next_text(first, 1, "a");
    ack_all(first);
    second = join_at("s", STREAMX_START_LATEST);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    next_text(second, 1, "a");
    ack_all(second);
    ck_assert_int_eq(try_put(producer), 0);
    streamx_unsubscribe(first);
    end(producer, second);
}
END_TEST

START_TEST(latest_is_the_last_message_of_a_batch)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer;

    PUT_BATCH(producer, "a", "b", "c");
    consumer = join_at("s", STREAMX_START_LATEST);
    ck_assert_uint_eq(look("s").acknowledged, 2);
    take_text(consumer, 3, "c");
    end(producer, consumer);
}
END_TEST

START_TEST(oldest_is_the_oldest_in_the_ring)
{
    struct streamx_producer *producer = make_half_read();
    struct streamx_consumer *consumer = join_at("s", STREAMX_START_OLDEST);

    take_text(consumer, 1, "a");
    take_text(consumer, 2, "b");
    take_text(consumer, 3, "c");
    end(producer, consumer);
}
END_TEST

START_TEST(oldest_holds_its_slot)
{
    struct streamx_producer *producer = make_half_read();
    struct streamx_consumer *consumer;

    put_text(producer, "e"); /* over a */
    consumer = join_at("s", STREAMX_START_OLDEST);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    next_text(consumer, 2, "b");
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    next_text(consumer, 3, "c");
    ck_assert_int_eq(try_put(producer), 0);
    end(producer, consumer);
}
END_TEST

START_TEST(oldest_begins_at_the_first_message_of_a_batch)
{
    struct streamx_producer *producer = make_ring("s", 2);
    struct streamx_consumer *consumer = join("s");

    PUT_BATCH(producer, "a", "b");
    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    streamx_unsubscribe(consumer);
    consumer = join_at("s", STREAMX_START_OLDEST);
    take_text(consumer, 1, "a");
    end(producer, consumer);
}
END_TEST

START_TEST(oldest_does_not_reach_into_a_slot_taken_for_refilling)
{
    struct streamx_producer *producer = make_half_read();
    struct streamx_consumer *consumer;
    size_t capacity;
    void *data;

    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT), 0);
    consumer = join_at("s", STREAMX_START_OLDEST);
    take_text(consumer, 2, "b");
    streamx_unsubscribe(consumer);
    streamx_discard(producer);
    consumer = join_at("s", STREAMX_START_OLDEST);
    take_text(consumer, 2, "b");
    end(producer, consumer);
}
END_TEST

START_TEST(with_an_empty_ring_every_start_is_new)
{
    struct streamx_producer *producer = make_ring("s", 2);
    struct streamx_consumer *consumers[4];

    for (uint32_t start = 0; start < 4; start++) {
        consumers[start] = join_at("s", start);
        ck_assert_int_eq(try_take(consumers[start]), -EAGAIN);
    }
    put_text(producer, "a");
    for (uint32_t start = 0; start < 4; start++) {
        take_text(consumers[start], 1, "a");
        streamx_unsubscribe(consumers[start]);
    }
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(with_the_only_slot_lent_latest_and_oldest_are_new)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");
    size_t capacity;
    void *data;

    put_text(producer, "a");
    next_text(consumer, 1, "a");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT), 0);
    for (uint32_t start = STREAMX_START_LATEST; start <= STREAMX_START_OLDEST; start++) {
        consumer = join_at("s", start);
        ck_assert_int_eq(try_take(consumer), -EAGAIN);
        streamx_unsubscribe(consumer);
    }
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "starts", next_is_the_first_that_nobody_has_acknowledged,
        next_counts_what_another_has_only_in_hand,
        next_starts_where_the_foremost_attached_consumer_is,
        next_with_everything_acknowledged_is_the_next_publication, new_is_the_next_publication,
        new_acknowledges_all_that_went_before, new_acknowledges_for_nobody_else,
        latest_is_the_newest_in_the_ring, latest_is_there_even_if_acknowledged,
        latest_is_the_last_message_of_a_batch, oldest_is_the_oldest_in_the_ring,
        oldest_holds_its_slot, oldest_begins_at_the_first_message_of_a_batch,
        oldest_does_not_reach_into_a_slot_taken_for_refilling,
        with_an_empty_ring_every_start_is_new, with_the_only_slot_lent_latest_and_oldest_are_new);
}
