/* SPDX-License-Identifier: MIT */
/*
 * A producer that dies without closing is seen as dead, after the last value and never before; one
 * that only does nothing is not.
 */
#include "streams.h"

#include <unistd.h>

/* Puts three values into a ring; then ends as told: 0 exits, 1 stays. */
static void put_three(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_ring("s", 4);

    (void)arg;
    put_text(producer, "a");
    PUT_BATCH(producer, "b", "c");
    say(parent, 1);
    hear(parent);
    _exit(0);
}

static struct child start_producer(void)
{
    struct child producer = child_start(put_three, NULL);

    ck_assert_int_eq(hear(producer.link), 1);
    return producer;
}

static void expect_three_and_death(struct streamx_consumer *consumer)
{
    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    next_text(consumer, 3, "c");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(try_next(consumer), -EOWNERDEAD);
        ck_assert_int_eq(try_take(consumer), -EOWNERDEAD);
    }
}

START_TEST(killed_producer_is_seen_after_the_last_value)
{
    struct child producer = start_producer();
    struct streamx_consumer *consumer = join("s");

    child_kill(&producer);
    expect_three_and_death(consumer);
    streamx_unsubscribe(consumer);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(producer_that_exits_without_closing_has_died)
{
    struct child producer = start_producer();
    struct streamx_consumer *consumer = join("s");

    say(producer.link, 0);
    child_join(&producer);
    expect_three_and_death(consumer);
    streamx_unsubscribe(consumer);
    ck_assert(!name_exists("s"));
}
END_TEST

static void take_to_the_death(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    int64_t count = 0;
    int got;

    (void)arg;
    while ((got = streamx_next(consumer, &message, PATIENCE)) == 1)
        if (++count == 3)
            say(parent, 3);
    say(parent, got);
    streamx_unsubscribe(consumer);
}

START_TEST(sleeping_consumers_notice_the_death)
{
    struct child producer = start_producer(), consumers[3];

    for (int i = 0; i < 3; i++) {
        consumers[i] = child_start(take_to_the_death, NULL);
        WAIT_UNTIL(look("s").consumers == (uint32_t)i + 1);
    }
    for (int i = 0; i < 3; i++)
        WAIT_UNTIL(child_asleep(&consumers[i]));
    child_kill(&producer);
    for (int i = 0; i < 3; i++) {
        int64_t heard = hear(consumers[i].link);

        ck_assert_int_eq(heard == 3 ? hear(consumers[i].link) : heard, -EOWNERDEAD);
        child_join(&consumers[i]);
    }
    ck_assert(!name_exists("s"));
}
END_TEST

/* A nanosecond: over before anything has been waited for. */
START_TEST(consumer_that_waits_for_moments_notices_the_death)
{
    struct child producer = start_producer();
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    next_text(consumer, 3, "c");
    ck_assert_int_eq(streamx_next(consumer, &message, 1), -ETIMEDOUT);
    child_kill(&producer);
    ck_assert_int_eq(streamx_next(consumer, &message, 1), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
}
END_TEST

START_TEST(stopped_producer_is_alive)
{
    struct child producer = start_producer();
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    next_text(consumer, 3, "c");
    child_stop(&producer);
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_int_eq(streamx_next(consumer, &message, 10 * BRIEFLY), -ETIMEDOUT);
    ck_assert_int_eq(streamx_remove("s", 0), -EBUSY);
    child_kill(&producer);
    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
}
END_TEST

static void die_with_a_loan(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_ring("s", 2);
    size_t capacity;
    void *data;

    (void)arg;
    put_text(producer, "whole");
    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, PATIENCE), 0);
    ((char *)data)[0] = 'h';
    say(parent, 1);
    hear(parent);
}

START_TEST(what_a_dead_producer_had_not_published_is_never_seen)
{
    struct child producer = child_start(die_with_a_loan, NULL);
    struct streamx_consumer *consumer;

    ck_assert_int_eq(hear(producer.link), 1);
    consumer = join("s");
    child_kill(&producer);
    next_text(consumer, 1, "whole");
    ck_assert_int_eq(try_next(consumer), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
}
END_TEST

static void close_and_exit(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_ring("s", 4);

    (void)arg;
    hear(parent);
    put_text(producer, "a");
    put_text(producer, "b");
    streamx_close(producer, STREAMX_NOWAIT); /* acknowledged or not, it is an end */
}

START_TEST(end_just_before_an_exit_is_no_death)
{
    for (int i = 0; i < 50; i++) {
        struct child producer = child_start(close_and_exit, NULL);
        struct streamx_consumer *consumer = join("s");
        struct streamx_message message;

        say(producer.link, 1);
        next_text(consumer, 1, "a");
        next_text(consumer, 2, "b");
        ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), 0);
        streamx_unsubscribe(consumer);
        child_join(&producer);
    }
}
END_TEST

static void put_and_exec(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_ring("s", 2);

    (void)parent;
    (void)arg;
    put_text(producer, "a");
    execl("/bin/sh", "sh", "-c", "kill -STOP $$", (char *)NULL);
    ck_abort_msg("exec failed");
}

START_TEST(producer_that_executes_another_program_has_died)
{
    struct child producer = child_start(put_and_exec, NULL);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    next_text(consumer, 1, "a");
    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
    child_kill(&producer);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "producer_death", killed_producer_is_seen_after_the_last_value,
        producer_that_exits_without_closing_has_died, sleeping_consumers_notice_the_death,
        consumer_that_waits_for_moments_notices_the_death, stopped_producer_is_alive,
        what_a_dead_producer_had_not_published_is_never_seen, end_just_before_an_exit_is_no_death,
        producer_that_executes_another_program_has_died);
}
