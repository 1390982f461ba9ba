/* SPDX-License-Identifier: MIT */
/*
 * One slot, the default: put of message n+1 returns only once every consumer has acknowledged n.
 */
#include "streams.h"

#include <string.h>

START_TEST(first_put_does_not_wait_for_a_consumer)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ck_assert_int_eq(streamx_put(producer, "x", 1, BRIEFLY), -ETIMEDOUT);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(next_put_waits_for_every_consumer)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumers[3] = {join("s"), join("s"), join("s")};

    put_text(producer, "first");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(try_put(producer), -EAGAIN);
        take_text(consumers[i], 1, "first");
        ck_assert_int_eq(try_put(producer), -EAGAIN);
        ck_assert_int_eq(streamx_put(producer, "x", 1, BRIEFLY), -ETIMEDOUT);
        ack_all(consumers[i]);
    }
    ck_assert_int_eq(streamx_put(producer, "second", 6, STREAMX_NOWAIT), 0);
    for (int i = 0; i < 3; i++)
        next_text(consumers[i], 2, "second");
    for (int i = 0; i < 3; i++)
        streamx_unsubscribe(consumers[i]);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(put_that_timed_out_leaves_no_trace)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    put_text(producer, "kept");
    ck_assert_int_eq(streamx_put(producer, "lost", 4, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_put(producer, "lost", 4, BRIEFLY), -ETIMEDOUT);
    next_text(consumer, 1, "kept");
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    put_text(producer, "later");
    next_text(consumer, 2, "later");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(timed_out_call_waits_as_long_as_it_was_told)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    int64_t begin_ns = now_ns();

    ck_assert_int_eq(streamx_take(consumer, &message, BRIEFLY), -ETIMEDOUT);
    ck_assert_int_ge(now_ns() - begin_ns, BRIEFLY);
    put_text(producer, "x");
    begin_ns = now_ns();
    ck_assert_int_eq(streamx_put(producer, "x", 1, BRIEFLY), -ETIMEDOUT);
    ck_assert_int_ge(now_ns() - begin_ns, BRIEFLY);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

/* Says when it has joined and when it has put; puts two messages. */
static void put_two(struct link parent, void *arg)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.min_consumers = 2});

    (void)arg;
    put_text(producer, "one");
    put_text(producer, "two");
    say(parent, 2);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

START_TEST(blocked_put_goes_on_at_the_last_acknowledgment)
{
    struct child producer = child_start(put_two, NULL);
    struct streamx_consumer *early = join("s"), *late = join("s");

    take_text(early, 1, "one");
    take_text(late, 1, "one");
    WAIT_UNTIL(waits_for("s", 1));
    ack_all(early);
    ck_assert_int_eq(try_take(early), -EAGAIN);
    WAIT_UNTIL(waits_for("s", 1));
    ack_all(late);
    ck_assert_int_eq(hear(producer.link), 2);
    next_text(early, 2, "two");
    next_text(late, 2, "two");
    ack_all(early);
    ack_all(late);
    streamx_unsubscribe(early);
    streamx_unsubscribe(late);
    child_join(&producer);
}
END_TEST

enum { MANY = 3000 };

static void check_many(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    uint64_t expected = 0;

    (void)parent;
    (void)arg;
    streamx_for_each(consumer, &message) {
        uint64_t value[4];

        ck_assert_uint_eq(message.seq, ++expected);
        ck_assert_uint_eq(message.len, sizeof value);
        memcpy(value, message.data, sizeof value);
        for (uint64_t i = 0; i < 4; i++)
            ck_assert_uint_eq(value[i], expected * 4 + i);
    }
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 0);
    ck_assert_uint_eq(expected, MANY);
    streamx_unsubscribe(consumer);
}

START_TEST(every_process_sees_every_value_in_order)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.min_consumers = 3});
    struct child consumers[3];

    for (int i = 0; i < 3; i++)
        consumers[i] = child_start(check_many, NULL);
    for (uint64_t n = 1; n <= MANY; n++) {
        const uint64_t value[4] = {n * 4, n * 4 + 1, n * 4 + 2, n * 4 + 3};

        ck_assert_int_eq(streamx_put(producer, value, sizeof value, PATIENCE), 0);
    }
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    for (int i = 0; i < 3; i++)
        child_join(&consumers[i]);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "rendezvous", first_put_does_not_wait_for_a_consumer, next_put_waits_for_every_consumer,
        put_that_timed_out_leaves_no_trace, timed_out_call_waits_as_long_as_it_was_told,
        blocked_put_goes_on_at_the_last_acknowledgment, every_process_sees_every_value_in_order);
}
