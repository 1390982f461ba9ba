/* SPDX-License-Identifier: MIT */
/*
 * A consumer that waits by its descriptor or by an arm is told of everything that a NOWAIT call
 * would answer: a message, the end, a death, an eviction. In every world.
 */
#include "deeds.h"
#include "worlds.h"

/* A consumer of the doer's stream, which has taken what was put before the deed. */
static struct streamx_consumer *join_and_take(int messages)
{
    struct streamx_consumer *consumer = join("s");

    for (int i = 0; i < messages; i++)
        take_text(consumer, (uint64_t)i + 1, "0");
    return consumer;
}

static void hear_of_a_message(struct watch *watch)
{
    struct doer producer = producer_that(PUT, 0, NULL);
    struct streamx_consumer *consumer = join_and_take(0);
    struct streamx_message message;

    let_it(&producer);
    ck_assert_int_eq(watch_next(watch, consumer, &message), 1);
    ck_assert_uint_eq(message.seq, 1);
    was_told_promptly(&producer);
    streamx_unsubscribe(consumer);
}

START_TEST(message_is_told_of)
{
    everywhere(hear_of_a_message);
}
END_TEST

static void hear_of_a_batch(struct watch *watch)
{
    struct doer producer = producer_that(BATCH, 0, NULL);
    struct streamx_consumer *consumer = join_and_take(0);
    struct streamx_message message;

    let_it(&producer);
    ck_assert_int_eq(watch_take(watch, consumer, &message), 1);
    /* There is one more: a wait must not wait. */
    watch_consumer(watch, consumer);
    ck_assert_int_eq(streamx_take(consumer, &message, STREAMX_NOWAIT), 1);
    ck_assert_uint_eq(message.seq, 2);
    was_told_promptly(&producer);
    streamx_unsubscribe(consumer);
}

START_TEST(what_is_left_of_a_batch_keeps_it_readable)
{
    everywhere(hear_of_a_batch);
}
END_TEST

static void hear_of_the_end(struct watch *watch)
{
    struct doer producer = producer_that(CLOSE, 0, NULL);
    struct streamx_consumer *consumer = join_and_take(0);
    struct streamx_message message;

    let_it(&producer);
    ck_assert_int_eq(watch_next(watch, consumer, &message), 0);
    was_told_promptly(&producer);
    watch_consumer(watch, consumer); /* for good */
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 0);
    watch_consumer(watch, consumer);
    streamx_unsubscribe(consumer);
}

START_TEST(end_of_stream_is_told_of_for_good)
{
    everywhere(hear_of_the_end);
}
END_TEST

static void hear_that_it_was_abandoned(struct watch *watch)
{
    struct doer producer = producer_that(ABANDON, 0, NULL);
    struct streamx_consumer *consumer = join_and_take(0);
    struct streamx_message message;

    let_it(&producer);
    ck_assert_int_eq(watch_next(watch, consumer, &message), -EOWNERDEAD);
    was_told_promptly(&producer);
    streamx_unsubscribe(consumer);
}

START_TEST(abandoned_stream_is_told_of)
{
    everywhere(hear_that_it_was_abandoned);
}
END_TEST

static void hear_that_it_was_killed(struct watch *watch)
{
    struct doer producer = producer_that(DIE, 0, NULL);
    struct streamx_consumer *consumer = join_and_take(0);
    struct streamx_message message;

    let_it(&producer);
    ck_assert_int_eq(watch_next(watch, consumer, &message), -EOWNERDEAD);
    was_told_promptly(&producer);
    watch_consumer(watch, consumer);
    streamx_unsubscribe(consumer);
}

START_TEST(killed_producer_is_told_of)
{
    everywhere(hear_that_it_was_killed);
}
END_TEST

static void hear_of_its_eviction(struct watch *watch)
{
    const struct streamx_options options = {.evict_after_ns = 5 * BRIEFLY};
    struct doer producer = producer_that(EVICT, 1, &options);
    struct streamx_consumer *consumer = join_and_take(1), *witness = join_and_take(1);
    struct streamx_message message;

    ack_all(
        witness); /* else the message would be kept for a successor, and the put go on waiting */
    let_it(&producer);
    ck_assert_int_eq(watch_take(watch, consumer, &message), -ESTALE);
    was_told_promptly(&producer);
    streamx_unsubscribe(consumer);
    streamx_unsubscribe(witness);
}

START_TEST(eviction_is_told_of)
{
    everywhere(hear_of_its_eviction);
}
END_TEST

static void find_everything_there_already(struct watch *watch)
{
    struct streamx_producer *producer = make_ring("s", 2);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    put_text(producer, "a");
    watch_consumer(watch, consumer); /* the first look at the descriptor: without a call before */
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), -EAGAIN);
    put_text(producer, "b"); /* between the call and the wait */
    watch_consumer(watch, consumer);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    watch_consumer(watch, consumer);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(consumer);
}

START_TEST(what_happened_before_the_wait_is_not_missed)
{
    everywhere(find_everything_there_already);
}
END_TEST

static void be_quiet(struct watch *watch)
{
    struct streamx_producer *producer = make_ring("s", 2);
    struct streamx_consumer *consumer = join("s");
    int fd = streamx_consumer_fd(consumer);

    (void)watch;
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(streamx_consumer_fd(consumer), fd);
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert(!readable_now(fd));
    put_text(producer, "a");
    WAIT_UNTIL(readable_now(fd));
    ck_assert(readable_now(fd)); /* a look does not use it up */
    next_text(consumer, 1, "a");
    WAIT_UNTIL(try_next(consumer) == -EAGAIN && !readable_now(fd));
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

START_TEST(descriptor_is_level_triggered_and_quiet_after_eagain)
{
    everywhere_by_descriptor(be_quiet);
}
END_TEST

/* The arm says so, and the descriptor, which does the same, is there all the same. */
static void be_refused_an_arm(struct watch *watch)
{
    struct doer producer = producer_that(PUT, 0, NULL);
    struct streamx_consumer *consumer = join_and_take(0);
    struct streamx_message message;

    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_int_eq(watch_ring_prepare_next(consumer), watch->armable ? 0 : -EOPNOTSUPP);
    let_it(&producer);
    ck_assert_int_eq(watch_next(watch, consumer, &message), 1);
    was_told_promptly(&producer);
    streamx_unsubscribe(consumer);
}

START_TEST(arm_that_is_not_to_be_had_is_refused)
{
    everywhere_by_descriptor(be_refused_an_arm);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "consumer_readiness", message_is_told_of, what_is_left_of_a_batch_keeps_it_readable,
        end_of_stream_is_told_of_for_good, abandoned_stream_is_told_of, killed_producer_is_told_of,
        eviction_is_told_of, what_happened_before_the_wait_is_not_missed,
        descriptor_is_level_triggered_and_quiet_after_eagain, arm_that_is_not_to_be_had_is_refused);
}
