/* SPDX-License-Identifier: MIT */
/*
 * drain: every message acknowledged, by every attached consumer and by one at least.
 */
#include "streams.h"

START_TEST(nothing_put_is_drained)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.min_consumers = 2});

    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_drain(producer, -2), -EINVAL);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(one_consumer_at_least_must_have_acknowledged)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer;

    put_text(producer, "a");
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_drain(producer, BRIEFLY), -ETIMEDOUT);
    consumer = join("s");
    take_text(consumer, 1, "a");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EAGAIN);
    consumer = join("s");
    next_text(consumer, 1, "a");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(every_attached_consumer_must_have_acknowledged)
{
    struct streamx_producer *producer = make_ring("s", 2);
    struct streamx_consumer *first = join("s"), *second = join("s");

    PUT_BATCH(producer, "a", "b");
    next_text(first, 1, "a");
    next_text(first, 2, "b");
    ack_all(first);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EAGAIN);
    next_text(second, 1, "a");
    next_text(second, 2, "b");
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EAGAIN);
    ack_all(second);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(first);
    streamx_unsubscribe(second);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(who_leaves_no_longer_counts)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *done = join("s"), *leaving = join("s");

    put_text(producer, "a");
    next_text(done, 1, "a");
    ack_all(done);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EAGAIN);
    streamx_unsubscribe(leaving);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(done);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

static void put_and_drain(struct link parent, void *arg)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.slots = 4, .min_consumers = 2});

    (void)arg;
    put_text(producer, "a");
    put_text(producer, "b");
    say(parent, streamx_drain(producer, PATIENCE));
    hear(parent);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

START_TEST(sleeping_drain_ends_with_the_last_acknowledgment)
{
    struct child producer = child_start(put_and_drain, NULL);
    struct streamx_consumer *first = join("s"), *second = join("s");

    next_text(first, 1, "a");
    next_text(first, 2, "b");
    ack_all(first);
    next_text(second, 1, "a");
    WAIT_UNTIL(waits_for("s", 2));
    next_text(second, 2, "b");
    WAIT_UNTIL(waits_for("s", 2));
    ack_all(second);
    ck_assert_int_eq(hear(producer.link), 0);
    streamx_unsubscribe(first);
    streamx_unsubscribe(second);
    say(producer.link, 0);
    child_join(&producer);
}
END_TEST

START_TEST(sleeping_drain_ends_when_the_last_one_in_the_way_leaves)
{
    struct child producer = child_start(put_and_drain, NULL);
    struct streamx_consumer *first = join("s"), *second = join("s");

    next_text(first, 1, "a");
    next_text(first, 2, "b");
    ack_all(first);
    WAIT_UNTIL(waits_for("s", 2));
    streamx_unsubscribe(second);
    ck_assert_int_eq(hear(producer.link), 0);
    streamx_unsubscribe(first);
    say(producer.link, 0);
    child_join(&producer);
}
END_TEST

int main(void)
{
    return RUN_TESTS("drain", nothing_put_is_drained, one_consumer_at_least_must_have_acknowledged,
                     every_attached_consumer_must_have_acknowledged, who_leaves_no_longer_counts,
                     sleeping_drain_ends_with_the_last_acknowledgment,
                     sleeping_drain_ends_when_the_last_one_in_the_way_leaves);
}
