/* SPDX-License-Identifier: MIT */
/*
 * STREAMX_PIPE: once every consumer that was attached has gone, the producer is told.
 */
#include "streams.h"

static struct streamx_producer *make_pipe(uint32_t slots)
{
    const struct streamx_options options = {.slots = slots, .flags = STREAMX_PIPE};

    return make_stream("s", &options);
}

/* A pipe of this many slots that a consumer has joined and left. */
static struct streamx_producer *make_broken_pipe(uint32_t slots)
{
    struct streamx_producer *producer = make_pipe(slots);

    streamx_unsubscribe(join("s"));
    return producer;
}

START_TEST(before_the_first_consumer_a_pipe_is_like_any_stream)
{
    struct streamx_producer *producer = make_pipe(1);

    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(put_putv_and_loan_break_even_where_there_is_room)
{
    struct streamx_producer *producer = make_broken_pipe(4);
    const struct iovec one = {(void *)"x", 1};
    size_t capacity;
    void *data;

    ck_assert_int_eq(try_put(producer), -EPIPE);
    ck_assert_int_eq(streamx_put(producer, "x", 1, STREAMX_FOREVER), -EPIPE);
    ck_assert_int_eq(streamx_putv(producer, &one, 1, STREAMX_NOWAIT), -EPIPE);
    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT), -EPIPE);
    ck_assert_uint_eq(look("s").published, 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(too_long_is_found_before_the_break)
{
    struct streamx_producer *producer = make_broken_pipe(1);
    static char bytes[65537];

    ck_assert_int_eq(streamx_put(producer, bytes, sizeof bytes, STREAMX_NOWAIT), -EMSGSIZE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(drain_and_close_break_only_with_something_unacknowledged)
{
    struct streamx_producer *producer = make_pipe(2);
    struct streamx_consumer *consumer = join("s");

    put_text(producer, "a");
    next_text(consumer, 1, "a");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    consumer = join("s");
    put_text(producer, "b");
    take_text(consumer, 2, "b");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EPIPE);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_FOREVER), -EPIPE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_FOREVER), -EPIPE);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(wait_breaks_if_no_other_event_holds)
{
    struct streamx_producer *producer = make_pipe(1);
    struct streamx_consumer *consumer = join("s");
    const unsigned both = STREAMX_ROOM | STREAMX_DRAINED;

    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ROOM, STREAMX_NOWAIT), -EPIPE);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_DRAINED, STREAMX_NOWAIT), STREAMX_DRAINED);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ROOM | STREAMX_ALONE, STREAMX_NOWAIT),
                     STREAMX_ALONE);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ATTACHED, STREAMX_NOWAIT), -EAGAIN);
    consumer = join("s");
    put_text(producer, "a");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_DRAINED, STREAMX_NOWAIT), -EPIPE);
    ck_assert_int_eq(streamx_wait(producer, both, STREAMX_FOREVER), -EPIPE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -EPIPE);
}
END_TEST

START_TEST(pipe_mends_when_somebody_comes)
{
    struct streamx_producer *producer = make_broken_pipe(1);
    struct streamx_consumer *consumer;

    ck_assert_int_eq(try_put(producer), -EPIPE);
    consumer = join("s");
    ck_assert_int_eq(try_put(producer), 0);
    next_text(consumer, 1, "x");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(try_put(producer), -EPIPE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(one_of_two_leaving_breaks_nothing)
{
    struct streamx_producer *producer = make_pipe(1);
    struct streamx_consumer *leaving = join("s"), *staying = join("s");

    streamx_unsubscribe(leaving);
    ck_assert_int_eq(try_put(producer), 0);
    next_text(staying, 1, "x");
    streamx_unsubscribe(staying);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -EPIPE);
}
END_TEST

static void attach_and_stay(struct link parent, void *arg)
{
    (void)arg;
    join("s");
    say(parent, 1);
    hear(parent);
}

START_TEST(death_of_the_last_consumer_breaks_a_put)
{
    struct streamx_producer *producer = make_pipe(1);
    struct child consumer = child_start(attach_and_stay, NULL);

    ck_assert_int_eq(hear(consumer.link), 1);
    put_text(producer, "a");
    child_kill(&consumer);
    ck_assert_int_eq(streamx_put(producer, "b", 1, PATIENCE), -EPIPE);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), -EPIPE);
}
END_TEST

static void put_until_broken(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_pipe(1);
    int put;

    (void)arg;
    put_text(producer, "a");
    say(parent, 1);
    do
        put = streamx_put(producer, "b", 1, PATIENCE);
    while (put == 0);
    say(parent, put);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), -EPIPE);
}

START_TEST(sleeping_put_breaks_when_the_last_consumer_leaves)
{
    struct child producer = child_start(put_until_broken, NULL);
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_eq(hear(producer.link), 1);
    take_text(consumer, 1, "a");
    WAIT_UNTIL(waits_for("s", 1));
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(hear(producer.link), -EPIPE);
    child_join(&producer);
}
END_TEST

START_TEST(sleeping_put_breaks_when_the_last_consumer_dies)
{
    struct child producer = child_start(put_until_broken, NULL);
    struct child consumer = child_start(attach_and_stay, NULL);

    ck_assert_int_eq(hear(producer.link), 1);
    ck_assert_int_eq(hear(consumer.link), 1);
    WAIT_UNTIL(look("s").waiting_for != 0);
    child_kill(&consumer);
    ck_assert_int_eq(hear(producer.link), -EPIPE);
    child_join(&producer);
}
END_TEST

int main(void)
{
    return RUN_TESTS("pipe", before_the_first_consumer_a_pipe_is_like_any_stream,
                     put_putv_and_loan_break_even_where_there_is_room,
                     too_long_is_found_before_the_break,
                     drain_and_close_break_only_with_something_unacknowledged,
                     wait_breaks_if_no_other_event_holds, pipe_mends_when_somebody_comes,
                     one_of_two_leaving_breaks_nothing, death_of_the_last_consumer_breaks_a_put,
                     sleeping_put_breaks_when_the_last_consumer_leaves,
                     sleeping_put_breaks_when_the_last_consumer_dies);
}
