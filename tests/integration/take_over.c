/* SPDX-License-Identifier: MIT */
/*
 * A stream that a dead producer left is replaced by the next one of its name; who was attached
 * finishes on the old one.
 */
#include "streams.h"

#include <unistd.h>

static void put_and_stay(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_ring("s", 2);

    (void)arg;
    put_text(producer, "old 1");
    put_text(producer, "old 2");
    say(parent, 1);
    hear(parent);
}

static struct child start_producer(void)
{
    struct child producer = child_start(put_and_stay, NULL);

    ck_assert_int_eq(hear(producer.link), 1);
    return producer;
}

START_TEST(dead_producers_stream_is_replaced_and_counts_from_one)
{
    struct child dying = start_producer();
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;

    ck_assert_int_eq(streamx_create(&producer, "s", NULL), -EEXIST);
    child_kill(&dying);
    producer = make_stream("s", NULL);
    ck_assert_uint_eq(look("s").published, 0);
    ck_assert_uint_eq(look("s").slots, 1);
    consumer = join("s");
    ck_assert_int_eq(try_take(consumer), -EAGAIN);
    put_text(producer, "new");
    next_text(consumer, 1, "new");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(consumers_of_the_old_stream_finish_on_it)
{
    struct child dying = start_producer();
    struct streamx_consumer *of_old = join("s"), *of_new;
    struct streamx_producer *producer;

    take_text(of_old, 1, "old 1");
    child_kill(&dying);
    producer = make_stream("s", NULL);
    of_new = join("s");
    put_text(producer, "new");
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    next_text(of_new, 1, "new");
    ack_all(of_new);
    ck_assert_int_eq(try_put(producer), 0);
    next_text(of_old, 2, "old 2");
    ck_assert_int_eq(try_next(of_old), -EOWNERDEAD);
    streamx_unsubscribe(of_old);
    ck_assert(name_exists("s"));
    streamx_unsubscribe(of_new);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(name_may_be_taken_over_again_and_again)
{
    for (int i = 0; i < 5; i++) {
        struct child dying = start_producer();

        child_kill(&dying);
    }
    ck_assert_uint_eq(look("s").published, 2);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

enum { RIVALS = 4 };

static void contend(struct link parent, void *arg)
{
    struct streamx_producer *producer = NULL;
    int created;

    (void)arg;
    hear(parent);
    created = streamx_create(&producer, "s", NULL);
    say(parent, created);
    hear(parent);
    if (created == 0)
        ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

START_TEST(of_several_that_take_over_at_once_one_succeeds)
{
    struct child rivals[RIVALS], dying = start_producer();
    int successes = 0;

    child_kill(&dying);
    for (int i = 0; i < RIVALS; i++)
        rivals[i] = child_start(contend, NULL);
    for (int i = 0; i < RIVALS; i++)
        say(rivals[i].link, 1);
    for (int i = 0; i < RIVALS; i++) {
        int64_t created = hear(rivals[i].link);

        ck_assert(created == 0 || created == -EEXIST);
        successes += created == 0;
    }
    ck_assert_int_eq(successes, 1);
    for (int i = 0; i < RIVALS; i++) {
        say(rivals[i].link, 1);
        child_join(&rivals[i]);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("take_over", dead_producers_stream_is_replaced_and_counts_from_one,
                     consumers_of_the_old_stream_finish_on_it,
                     name_may_be_taken_over_again_and_again,
                     of_several_that_take_over_at_once_one_succeeds);
}
