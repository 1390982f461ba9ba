/* SPDX-License-Identifier: MIT */
/*
 * abandon: no end of stream; consumers see a dead producer after the last value, and the name stays
 * as long as something unacknowledged is left under it.
 */
#include "streams.h"

START_TEST(abandon_is_seen_as_a_death_after_the_last_value)
{
    struct streamx_producer *producer = make_ring("s", 2);
    struct streamx_consumer *consumer = join("s");

    put_text(producer, "a");
    PUT_BATCH(producer, "b", "c");
    streamx_abandon(producer);
    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    next_text(consumer, 3, "c");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(try_next(consumer), -EOWNERDEAD);
        ck_assert_int_eq(try_take(consumer), -EOWNERDEAD);
    }
    streamx_unsubscribe(consumer);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(name_of_an_empty_stream_goes_at_once)
{
    streamx_abandon(make_stream("s", NULL));
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(name_of_an_acknowledged_stream_goes_at_once_or_with_the_last_consumer)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    put_text(producer, "a");
    next_text(consumer, 1, "a");
    ack_all(consumer);
    streamx_abandon(producer);
    streamx_unsubscribe(consumer);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(unacknowledged_value_keeps_the_name_for_a_successor)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer;

    put_text(producer, "kept");
    streamx_abandon(producer);
    ck_assert(name_exists("s"));
    ck_assert_uint_eq(look("s").state, STREAMX_STATE_DEAD);
    consumer = join("s");
    take_text(consumer, 1, "kept");
    ck_assert_int_eq(try_take(consumer), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
    ck_assert(name_exists("s"));
    consumer = join("s");
    next_text(consumer, 1, "kept");
    ck_assert_int_eq(try_next(consumer), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(name_goes_with_the_last_of_several_consumers)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *first = join("s"), *last = join("s");

    put_text(producer, "a");
    streamx_abandon(producer);
    next_text(first, 1, "a");
    ack_all(first);
    next_text(last, 1, "a");
    ck_assert_int_eq(try_next(last), -EOWNERDEAD);
    streamx_unsubscribe(first);
    streamx_unsubscribe(last);
    ck_assert(!name_exists("s"));
}
END_TEST

static void take_to_the_death(struct link parent, void *arg)
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

START_TEST(sleeping_consumer_is_told_of_the_abandonment)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child consumer = child_start(take_to_the_death, NULL);

    ck_assert_int_eq(hear(consumer.link), 1);
    put_text(producer, "a");
    WAIT_UNTIL(child_asleep(&consumer));
    streamx_abandon(producer);
    ck_assert_int_eq(hear(consumer.link), -EOWNERDEAD);
    child_join(&consumer);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(abandoned_name_may_be_taken_again)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *old = join("s"), *new;

    put_text(producer, "old");
    streamx_abandon(producer);
    producer = make_stream("s", NULL);
    new = join("s");
    put_text(producer, "new");
    next_text(old, 1, "old");
    ck_assert_int_eq(try_next(old), -EOWNERDEAD);
    streamx_unsubscribe(old);
    ck_assert(name_exists("s"));
    next_text(new, 1, "new");
    streamx_unsubscribe(new);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("abandon", abandon_is_seen_as_a_death_after_the_last_value,
                     name_of_an_empty_stream_goes_at_once,
                     name_of_an_acknowledged_stream_goes_at_once_or_with_the_last_consumer,
                     unacknowledged_value_keeps_the_name_for_a_successor,
                     name_goes_with_the_last_of_several_consumers,
                     sleeping_consumer_is_told_of_the_abandonment,
                     abandoned_name_may_be_taken_again);
}
