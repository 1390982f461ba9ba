/* SPDX-License-Identifier: MIT */
/*
 * What no consumer has acknowledged is never overwritten: it stays with nobody attached, and goes
 * to a successor, message by message.
 */
#include "streams.h"

START_TEST(unacknowledged_message_stays_with_nobody_attached)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer;

    put_text(producer, "kept");
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    consumer = join("s");
    take_text(consumer, 1, "kept");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    consumer = join("s");
    next_text(consumer, 1, "kept");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(message_acknowledged_by_one_is_gone_for_successors)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *done = join("s"), *holder = join("s"), *successor;

    put_text(producer, "first");
    next_text(done, 1, "first");
    ack_all(done);
    next_text(holder, 1, "first");
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    streamx_unsubscribe(holder);
    successor = join("s");
    ck_assert_int_eq(try_take(successor), -EAGAIN);
    put_text(producer, "second");
    next_text(successor, 2, "second");
    streamx_unsubscribe(done);
    streamx_unsubscribe(successor);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(acknowledgment_outlives_its_consumer)
{
    struct streamx_producer *producer = make_ring("s", 3);
    struct streamx_consumer *consumer = join("s");

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(try_put(producer), 0);
    next_text(consumer, 1, "x");
    next_text(consumer, 2, "x");
    next_text(consumer, 3, "x");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    consumer = join("s");
    next_text(consumer, 3, "x");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(successor_goes_on_in_the_middle_of_a_batch)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    PUT_BATCH(producer, "a", "b", "c", "d");
    take_text(consumer, 1, "a");
    take_text(consumer, 2, "b");
    take_text(consumer, 3, "c");
    ck_assert_int_eq(streamx_ack(consumer, 2), 0);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    consumer = join("s");
    next_text(consumer, 3, "c");
    next_text(consumer, 4, "d");
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ack_all(consumer);
    ck_assert_int_eq(try_put(producer), 0);
    next_text(consumer, 5, "x");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

/* Takes the batch up to and including message 3, having acknowledged message arg, and stays. */
static void hold_three(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");

    take_text(consumer, 1, "a");
    take_text(consumer, 2, "b");
    take_text(consumer, 3, "c");
    if (*(const uint64_t *)arg > 0)
        ck_assert_int_eq(streamx_ack(consumer, *(const uint64_t *)arg), 0);
    say(parent, 3);
    hear(parent);
}

static void put_three(struct streamx_producer *producer, bool as_batch)
{
    if (as_batch) {
        PUT_BATCH(producer, "a", "b", "c");
        return;
    }
    put_text(producer, "a");
    put_text(producer, "b");
    put_text(producer, "c");
}

/* The successor attaches while the holder lives, or after its death that nobody has noticed. */
static void inherit(bool as_batch, bool attach_before, uint64_t acknowledged)
{
    struct streamx_producer *producer = make_ring("s", as_batch ? 1 : 3);
    struct child holder = child_start(hold_three, &acknowledged);
    struct streamx_consumer *successor = NULL;

    WAIT_UNTIL(look("s").consumers == 1);
    put_three(producer, as_batch);
    ck_assert_int_eq(hear(holder.link), 3);
    if (attach_before)
        successor = join("s");
    child_kill(&holder);
    if (!attach_before)
        successor = join("s");
    for (uint64_t seq = acknowledged + 1; seq <= 3; seq++)
        next_text(successor, seq, (const char *[]){"a", "b", "c"}[seq - 1]);
    ck_assert_int_eq(try_next(successor), -EAGAIN);
    put_text(producer, "d");
    next_text(successor, 4, "d");
    ack_all(successor);
    streamx_unsubscribe(successor);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

START_TEST(successor_inherits_what_a_dead_consumer_had_in_hand)
{
    for (uint64_t acknowledged = 0; acknowledged < 3; acknowledged++) {
        inherit(false, false, acknowledged);
        inherit(true, false, acknowledged);
    }
}
END_TEST

START_TEST(successor_that_attached_before_the_death_inherits_too)
{
    for (uint64_t acknowledged = 0; acknowledged < 3; acknowledged++) {
        inherit(false, true, acknowledged);
        inherit(true, true, acknowledged);
    }
}
END_TEST

START_TEST(dead_consumers_message_is_kept_with_nobody_attached)
{
    struct streamx_producer *producer = make_ring("s", 3);
    struct child holder = child_start(hold_three, &(uint64_t){1});
    struct streamx_consumer *successor;

    WAIT_UNTIL(look("s").consumers == 1);
    put_three(producer, false);
    ck_assert_int_eq(hear(holder.link), 3);
    child_kill(&holder);
    WAIT_UNTIL(try_put(producer) == 0); /* into the slot of message 1; reaps the dead seat */
    ck_assert_int_eq(streamx_put(producer, "x", 1, BRIEFLY), -ETIMEDOUT);
    successor = join("s");
    next_text(successor, 2, "b");
    next_text(successor, 3, "c");
    next_text(successor, 4, "x");
    streamx_unsubscribe(successor);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("retention", unacknowledged_message_stays_with_nobody_attached,
                     message_acknowledged_by_one_is_gone_for_successors,
                     acknowledgment_outlives_its_consumer,
                     successor_goes_on_in_the_middle_of_a_batch,
                     successor_inherits_what_a_dead_consumer_had_in_hand,
                     successor_that_attached_before_the_death_inherits_too,
                     dead_consumers_message_is_kept_with_nobody_attached);
}
