/* SPDX-License-Identifier: MIT */
/*
 * close: the end of a stream, its results, and that it always frees.
 */
#include "streams.h"

START_TEST(closing_what_nothing_was_put_into_succeeds)
{
    ck_assert_int_eq(streamx_close(make_stream("s", NULL), STREAMX_NOWAIT), 0);
    ck_assert(!name_exists("s"));
    ck_assert_int_eq(streamx_close(make_stream("s", NULL), STREAMX_FOREVER), 0);
}
END_TEST

START_TEST(closing_nothing_succeeds)
{
    ck_assert_int_eq(streamx_close(NULL, STREAMX_FOREVER), 0);
    streamx_abandon(NULL);
    streamx_unsubscribe(NULL);
}
END_TEST

START_TEST(close_says_when_something_was_not_acknowledged)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    put_text(producer, "a");
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
    ck_assert(!name_exists("s"));
    producer = make_stream("s", NULL);
    put_text(producer, "a");
    ck_assert_int_eq(streamx_close(producer, BRIEFLY), -ETIMEDOUT);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(close_with_a_bad_timeout_frees_all_the_same)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    put_text(producer, "a");
    ck_assert_int_eq(streamx_close(producer, -2), -EINVAL);
    ck_assert(!name_exists("s"));
    next_text(consumer, 1, "a");
    ck_assert_int_eq(try_next(consumer), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

START_TEST(end_comes_after_the_last_value_and_repeats)
{
    struct streamx_producer *producer = make_ring("s", 3);
    struct streamx_consumer *consumer = join("s");

    put_text(producer, "a");
    PUT_BATCH(producer, "b", "c");
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
    take_text(consumer, 1, "a");
    take_text(consumer, 2, "b");
    take_text(consumer, 3, "c");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(try_take(consumer), 0);
        ck_assert_int_eq(try_next(consumer), 0);
    }
    ck_assert_int_eq(streamx_ack(consumer, 3), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

START_TEST(closed_stream_counts_as_absent)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s"), *late;

    put_text(producer, "a");
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
    ck_assert_int_eq(streamx_subscribe(&late, "s", NULL, STREAMX_NOWAIT), -ENOENT);
    next_text(consumer, 1, "a");
    streamx_unsubscribe(consumer);
}
END_TEST

static void put_and_close(struct link parent, void *arg)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.min_consumers = 1});

    (void)arg;
    put_text(producer, "a");
    say(parent, 1);
    say(parent, streamx_close(producer, PATIENCE));
}

START_TEST(close_waits_for_the_last_acknowledgment)
{
    struct child producer = child_start(put_and_close, NULL);
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_eq(hear(producer.link), 1);
    take_text(consumer, 1, "a");
    WAIT_UNTIL(waits_for("s", 1));
    ck_assert_int_eq(try_take(consumer), -EAGAIN);
    ack_all(consumer);
    ck_assert_int_eq(hear(producer.link), 0);
    ck_assert(!name_exists("s"));
    ck_assert_int_eq(try_take(consumer), 0);
    streamx_unsubscribe(consumer);
    child_join(&producer);
}
END_TEST

static void take_to_the_end(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    int got;

    (void)arg;
    say(parent, 1);
    while ((got = streamx_next(consumer, &message, PATIENCE)) == 1)
        ;
    say(parent, got);
    streamx_unsubscribe(consumer);
}

START_TEST(sleeping_consumer_is_told_of_the_end)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child consumer = child_start(take_to_the_end, NULL);

    ck_assert_int_eq(hear(consumer.link), 1);
    put_text(producer, "a");
    WAIT_UNTIL(child_asleep(&consumer));
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    ck_assert_int_eq(hear(consumer.link), 0);
    child_join(&consumer);
}
END_TEST

int main(void)
{
    return RUN_TESTS("close", closing_what_nothing_was_put_into_succeeds, closing_nothing_succeeds,
                     close_says_when_something_was_not_acknowledged,
                     close_with_a_bad_timeout_frees_all_the_same,
                     end_comes_after_the_last_value_and_repeats, closed_stream_counts_as_absent,
                     close_waits_for_the_last_acknowledgment, sleeping_consumer_is_told_of_the_end);
}
