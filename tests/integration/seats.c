/* SPDX-License-Identifier: MIT */
/*
 * Seats: how many may attach at one time, and how many the producer waits for at the beginning.
 */
#include "streams.h"

static int try_join(struct streamx_consumer **consumer)
{
    return streamx_subscribe(consumer, "s", NULL, STREAMX_NOWAIT);
}

static void attach_and_stay(struct link parent, void *arg)
{
    (void)arg;
    join("s");
    say(parent, 1);
    hear(parent);
}

static struct child start_consumer(void)
{
    struct child consumer = child_start(attach_and_stay, NULL);

    ck_assert_int_eq(hear(consumer.link), 1);
    return consumer;
}

START_TEST(no_more_consumers_than_seats)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.max_consumers = 2});
    struct streamx_consumer *first = join("s"), *second = join("s"), *third;

    ck_assert_int_eq(try_join(&third), -EUSERS);
    ck_assert_int_eq(streamx_subscribe(&third, "s", NULL, PATIENCE), -EUSERS);
    streamx_unsubscribe(first);
    ck_assert_int_eq(try_join(&third), 0);
    ck_assert_int_eq(try_join(&first), -EUSERS);
    put_text(producer, "a");
    next_text(second, 1, "a");
    next_text(third, 1, "a");
    streamx_unsubscribe(second);
    streamx_unsubscribe(third);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(default_is_64_seats)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumers[64], *extra;

    for (int i = 0; i < 64; i++)
        consumers[i] = join("s");
    ck_assert_int_eq(try_join(&extra), -EUSERS);
    put_text(producer, "a");
    for (int i = 0; i < 64; i++) {
        ck_assert_int_eq(try_put(producer), -EAGAIN);
        next_text(consumers[i], 1, "a");
        ack_all(consumers[i]);
    }
    ck_assert_int_eq(try_put(producer), 0);
    for (int i = 0; i < 64; i++)
        streamx_unsubscribe(consumers[i]);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(dead_seats_are_reaped_before_anyone_is_refused)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.max_consumers = 2});
    struct streamx_consumer *living = join("s"), *successor, *extra;
    struct child dying = start_consumer();

    ck_assert_int_eq(try_join(&successor), -EUSERS);
    child_kill(&dying);
    ck_assert_int_eq(try_join(&successor), 0);
    ck_assert_int_eq(try_join(&extra), -EUSERS);
    streamx_unsubscribe(living);
    streamx_unsubscribe(successor);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(stopped_consumer_keeps_its_seat)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.max_consumers = 1});
    struct child stopped = start_consumer();
    struct streamx_consumer *other;

    child_stop(&stopped);
    ck_assert_int_eq(try_join(&other), -EUSERS);
    child_kill(&stopped);
    ck_assert_int_eq(try_join(&other), 0);
    streamx_unsubscribe(other);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(nothing_is_put_before_min_consumers_have_come)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.min_consumers = 2});
    struct streamx_consumer *first, *second;

    ck_assert_int_eq(try_put(producer), -EAGAIN);
    first = join("s");
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ck_assert_int_eq(streamx_put(producer, "x", 1, BRIEFLY), -ETIMEDOUT);
    second = join("s");
    ck_assert_int_eq(try_put(producer), 0);
    take_text(first, 1, "x");
    take_text(second, 1, "x");
    streamx_unsubscribe(first);
    streamx_unsubscribe(second);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(min_consumers_are_waited_for_once)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.min_consumers = 2, .slots = 2});
    struct streamx_consumer *first = join("s"), *second = join("s");

    ck_assert_int_eq(try_put(producer), 0);
    streamx_unsubscribe(first);
    streamx_unsubscribe(second);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(min_consumers_must_be_there_at_one_time)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.min_consumers = 2});

    streamx_unsubscribe(join("s"));
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    streamx_unsubscribe(join("s"));
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(the_dead_do_not_count_for_min_consumers)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.min_consumers = 2});
    struct child dying = start_consumer();
    struct streamx_consumer *living, *second;

    child_kill(&dying);
    living = join("s");
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    second = join("s");
    ck_assert_int_eq(try_put(producer), 0);
    streamx_unsubscribe(living);
    streamx_unsubscribe(second);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

static void put_when_two_have_come(struct link parent, void *arg)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.min_consumers = 2});

    (void)arg;
    say(parent, 1);
    put_text(producer, "a");
    say(parent, 2);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

START_TEST(sleeping_put_is_told_when_min_consumers_have_come)
{
    struct child producer = child_start(put_when_two_have_come, NULL);
    struct streamx_consumer *consumers[2];

    ck_assert_int_eq(hear(producer.link), 1);
    WAIT_UNTIL(waits_for("s", UINT64_MAX));
    consumers[0] = join("s");
    ck_assert_int_eq(try_take(consumers[0]), -EAGAIN);
    consumers[1] = join("s");
    ck_assert_int_eq(hear(producer.link), 2);
    for (int i = 0; i < 2; i++) {
        next_text(consumers[i], 1, "a");
        ack_all(consumers[i]);
        streamx_unsubscribe(consumers[i]);
    }
    child_join(&producer);
}
END_TEST

int main(void)
{
    return RUN_TESTS("seats", no_more_consumers_than_seats, default_is_64_seats,
                     dead_seats_are_reaped_before_anyone_is_refused,
                     stopped_consumer_keeps_its_seat, nothing_is_put_before_min_consumers_have_come,
                     min_consumers_are_waited_for_once, min_consumers_must_be_there_at_one_time,
                     the_dead_do_not_count_for_min_consumers,
                     sleeping_put_is_told_when_min_consumers_have_come);
}
