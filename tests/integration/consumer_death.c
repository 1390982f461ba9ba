/* SPDX-License-Identifier: MIT */
/*
 * A consumer that dies holds nobody up; one that only does nothing is waited for.
 */
#include "streams.h"

#include <unistd.h>

/* Takes the first message, and keeps it in hand until told to exit. */
static void hold_first(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");

    (void)arg;
    take_text(consumer, 1, "a");
    say(parent, 1);
    hear(parent);
    _exit(0);
}

/* Takes the first message and becomes another program, which stays. */
static void hold_and_exec(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");

    (void)arg;
    take_text(consumer, 1, "a");
    say(parent, 1);
    hear(parent);
    execl("/bin/sh", "sh", "-c", "kill -STOP $$", (char *)NULL);
    ck_abort_msg("exec failed");
}

/* Puts two messages into one slot, the second one when the first has been acknowledged. */
static void put_two(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    put_text(producer, "a");
    put_text(producer, "b");
    say(parent, 2);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

struct scene {
    struct child producer, holder;
    struct streamx_consumer *witness; /* has acknowledged the first message */
};

/* A producer that sleeps because of one consumer, which another one is beside. */
static struct scene set_scene(void (*holder)(struct link, void *))
{
    struct scene scene;

    scene.producer = child_start(put_two, NULL);
    scene.witness = join("s");
    scene.holder = child_start(holder, NULL);
    ck_assert_int_eq(hear(scene.holder.link), 1);
    next_text(scene.witness, 1, "a");
    ack_all(scene.witness);
    WAIT_UNTIL(waits_for("s", 1));
    ck_assert_int_eq(try_take(scene.witness), -EAGAIN);
    return scene;
}

static void expect_release(struct scene *scene)
{
    ck_assert_int_eq(hear(scene->producer.link), 2);
    next_text(scene->witness, 2, "b");
    ack_all(scene->witness);
    child_join(&scene->producer);
    ck_assert_int_eq(try_take(scene->witness), 0);
    streamx_unsubscribe(scene->witness);
}

START_TEST(dead_consumer_releases_a_blocked_put)
{
    struct scene scene = set_scene(hold_first);

    child_kill(&scene.holder);
    expect_release(&scene);
}
END_TEST

START_TEST(consumer_that_exits_without_leaving_releases_a_blocked_put)
{
    struct scene scene = set_scene(hold_first);

    say(scene.holder.link, 1);
    child_join(&scene.holder);
    expect_release(&scene);
}
END_TEST

START_TEST(consumer_that_executes_another_program_releases_a_blocked_put)
{
    struct scene scene = set_scene(hold_and_exec);

    say(scene.holder.link, 1);
    expect_release(&scene);
    child_kill(&scene.holder);
}
END_TEST

START_TEST(stopped_consumer_is_waited_for)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child holder = child_start(hold_first, NULL);
    struct streamx_consumer *witness = join("s");

    put_text(producer, "a");
    ck_assert_int_eq(hear(holder.link), 1);
    next_text(witness, 1, "a");
    ack_all(witness);
    child_stop(&holder);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ck_assert_int_eq(streamx_put(producer, "b", 1, 10 * BRIEFLY), -ETIMEDOUT);
    ck_assert_uint_eq(look("s").consumers, 2);
    child_kill(&holder);
    ck_assert_int_eq(streamx_put(producer, "b", 1, PATIENCE), 0);
    next_text(witness, 2, "b");
    streamx_unsubscribe(witness);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(nowait_put_finds_the_dead_too)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child holder = child_start(hold_first, NULL);
    struct streamx_consumer *witness = join("s");

    put_text(producer, "a");
    ck_assert_int_eq(hear(holder.link), 1);
    next_text(witness, 1, "a");
    ack_all(witness);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    child_kill(&holder);
    WAIT_UNTIL(try_put(producer) == 0);
    streamx_unsubscribe(witness);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

/* A nanosecond: over before anything has been waited for. */
START_TEST(put_that_waits_for_a_moment_finds_the_dead_too)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child holder = child_start(hold_first, NULL);
    struct streamx_consumer *witness = join("s");

    put_text(producer, "a");
    ck_assert_int_eq(hear(holder.link), 1);
    next_text(witness, 1, "a");
    ack_all(witness);
    ck_assert_int_eq(streamx_put(producer, "b", 1, 1), -ETIMEDOUT);
    child_kill(&holder);
    ck_assert_int_eq(streamx_put(producer, "b", 1, 1), 0);
    next_text(witness, 2, "b");
    streamx_unsubscribe(witness);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(close_does_not_wait_for_the_dead)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child holder = child_start(hold_first, NULL);
    struct streamx_consumer *witness = join("s");

    put_text(producer, "a");
    ck_assert_int_eq(hear(holder.link), 1);
    next_text(witness, 1, "a");
    ack_all(witness);
    child_kill(&holder);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    streamx_unsubscribe(witness);
}
END_TEST

/* Both sides die with a message in the ring; whoever comes next finds it. */
static void put_and_stay(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    put_text(producer, "a");
    say(parent, 1);
    hear(parent);
}

START_TEST(message_survives_the_death_of_both_sides)
{
    struct child producer = child_start(put_and_stay, NULL), holder;
    struct streamx_consumer *successor;

    ck_assert_int_eq(hear(producer.link), 1);
    holder = child_start(hold_first, NULL);
    ck_assert_int_eq(hear(holder.link), 1);
    child_kill(&holder);
    child_kill(&producer);
    successor = join("s");
    next_text(successor, 1, "a");
    ck_assert_int_eq(try_next(successor), -EOWNERDEAD);
    streamx_unsubscribe(successor);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(last_to_leave_removes_a_dead_stream_past_dead_neighbours)
{
    struct child producer = child_start(put_and_stay, NULL), holder;
    struct streamx_consumer *last;

    ck_assert_int_eq(hear(producer.link), 1);
    holder = child_start(hold_first, NULL);
    ck_assert_int_eq(hear(holder.link), 1);
    last = join("s");
    child_kill(&producer);
    child_kill(&holder);
    next_text(last, 1, "a");
    ck_assert_int_eq(try_next(last), -EOWNERDEAD);
    streamx_unsubscribe(last);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(many_deaths_leave_a_stream_that_works)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.max_consumers = 3});
    struct streamx_consumer *consumer;

    put_text(producer, "a");
    for (int i = 0; i < 20; i++) {
        struct child holder = child_start(hold_first, NULL);

        ck_assert_int_eq(hear(holder.link), 1);
        child_kill(&holder);
    }
    consumer = join("s");
    next_text(consumer, 1, "a");
    ack_all(consumer);
    ck_assert_int_eq(streamx_put(producer, "b", 1, PATIENCE), 0);
    next_text(consumer, 2, "b");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("consumer_death", dead_consumer_releases_a_blocked_put,
                     consumer_that_exits_without_leaving_releases_a_blocked_put,
                     consumer_that_executes_another_program_releases_a_blocked_put,
                     stopped_consumer_is_waited_for, nowait_put_finds_the_dead_too,
                     put_that_waits_for_a_moment_finds_the_dead_too,
                     close_does_not_wait_for_the_dead, message_survives_the_death_of_both_sides,
                     last_to_leave_removes_a_dead_stream_past_dead_neighbours,
                     many_deaths_leave_a_stream_that_works);
}
