/* SPDX-License-Identifier: MIT */
/*
 * A producer that waits by its descriptor or by an arm is told of each event: ROOM, DRAINED,
 * ATTACHED, ALONE; of a pipe that broke; of deaths and of evictions that are due. In every world.
 */
#include "deeds.h"
#include "worlds.h"

/* A stream in which one message was put, and was taken by the consumer that will do this. */
static struct streamx_producer *with_one_in_hand(struct streamx_options options, enum deed deed,
                                                 struct doer *consumer)
{
    struct streamx_producer *producer = make_stream("s", &options);

    put_text(producer, "a");
    *consumer = consumer_that(deed, 1);
    return producer;
}

static void hear_after(struct watch *watch, struct streamx_options options, enum deed deed,
                       unsigned events, int expected)
{
    struct doer consumer;
    struct streamx_producer *producer = with_one_in_hand(options, deed, &consumer);

    let_it(&consumer);
    ck_assert_int_eq(watch_wait(watch, producer, events), expected);
    was_told_promptly(&consumer);
    streamx_close(producer, STREAMX_NOWAIT);
}

static void hear_of_room(struct watch *watch)
{
    hear_after(watch, (struct streamx_options){0}, ACK, STREAMX_ROOM, STREAMX_ROOM);
}

START_TEST(room_is_told_of)
{
    everywhere(hear_of_room);
}
END_TEST

static void hear_that_all_is_acknowledged(struct watch *watch)
{
    hear_after(watch, (struct streamx_options){.slots = 4}, ACK, STREAMX_DRAINED, STREAMX_DRAINED);
}

START_TEST(drained_is_told_of)
{
    everywhere(hear_that_all_is_acknowledged);
}
END_TEST

static void hear_that_the_last_one_left(struct watch *watch)
{
    hear_after(watch, (struct streamx_options){0}, LEAVE, STREAMX_ALONE, STREAMX_ALONE);
}

static void hear_that_the_last_one_died(struct watch *watch)
{
    hear_after(watch, (struct streamx_options){0}, DIE, STREAMX_ALONE, STREAMX_ALONE);
}

START_TEST(alone_is_told_of)
{
    everywhere(hear_that_the_last_one_left);
    everywhere(hear_that_the_last_one_died);
}
END_TEST

static void hear_that_the_pipe_broke(struct watch *watch)
{
    const struct streamx_options pipe = {.flags = STREAMX_PIPE};

    hear_after(watch, pipe, LEAVE, STREAMX_ROOM, -EPIPE);
    hear_after(watch, pipe, DIE, STREAMX_DRAINED, -EPIPE);
}

START_TEST(broken_pipe_is_told_of)
{
    everywhere(hear_that_the_pipe_broke);
}
END_TEST

static void hear_that_somebody_came(struct watch *watch)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct doer consumer = consumer_that(ATTACH, 0);

    let_it(&consumer);
    ck_assert_int_eq(watch_wait(watch, producer, STREAMX_ATTACHED), STREAMX_ATTACHED);
    was_told_promptly(&consumer);
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(attached_is_told_of)
{
    everywhere(hear_that_somebody_came);
}
END_TEST

static void hear_that_enough_have_come(struct watch *watch)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.min_consumers = 1});
    struct doer consumer = consumer_that(ATTACH, 0);

    let_it(&consumer);
    ck_assert_int_eq(watch_wait(watch, producer, STREAMX_ROOM), STREAMX_ROOM);
    was_told_promptly(&consumer);
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(room_after_min_consumers_have_come_is_told_of)
{
    everywhere(hear_that_enough_have_come);
}
END_TEST

/* One has acknowledged, the other dies with the message in hand: nobody else makes room. */
static void hear_of_a_death(struct watch *watch)
{
    struct doer consumer;
    struct streamx_producer *producer =
        with_one_in_hand((struct streamx_options){0}, DIE, &consumer);
    struct streamx_consumer *witness = join("s");

    take_text(witness, 1, "a");
    ack_all(witness);
    let_it(&consumer);
    ck_assert_int_eq(watch_wait(watch, producer, STREAMX_ROOM), STREAMX_ROOM);
    was_told_promptly(&consumer);
    streamx_unsubscribe(witness);
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(killed_consumer_is_told_of)
{
    everywhere(hear_of_a_death);
}
END_TEST

/* Likewise, of one that came after the producer had begun to wait. */
static void hear_of_a_latecomers_death(struct watch *watch)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct doer consumer;

    put_text(producer, "a");
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT), -EAGAIN);
    if (watch->way != BY_ARM)
        ck_assert_int_ge(streamx_producer_fd(producer, STREAMX_ALONE), 0);
    consumer = consumer_that(DIE, 1);
    let_it(&consumer);
    ck_assert_int_eq(watch_wait(watch, producer, STREAMX_ALONE), STREAMX_ALONE);
    was_told_promptly(&consumer);
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(killed_latecomer_is_told_of)
{
    everywhere(hear_of_a_latecomers_death);
}
END_TEST

static void hear_that_an_eviction_is_due(struct watch *watch)
{
    const struct streamx_options options = {.evict_after_ns = 5 * BRIEFLY};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *slow = join("s"), *witness = join("s");
    int64_t since_ns;

    put_text(producer, "a");
    take_text(slow, 1, "a");
    take_text(witness, 1, "a");
    ack_all(witness);
    since_ns = now_ns();
    ck_assert_int_eq(watch_wait(watch, producer, STREAMX_ROOM), STREAMX_ROOM);
    ck_assert_int_ge(now_ns() - since_ns, options.evict_after_ns);
    ck_assert_int_lt(now_ns() - since_ns, options.evict_after_ns + PROMPTLY);
    ck_assert_int_eq(streamx_ack(slow, 0), -ESTALE);
    streamx_unsubscribe(slow);
    streamx_unsubscribe(witness);
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(eviction_that_is_due_is_told_of)
{
    everywhere(hear_that_an_eviction_is_due);
}
END_TEST

static void change_the_events(struct watch *watch)
{
    struct streamx_producer *producer = make_ring("s", 2);
    struct streamx_consumer *consumer = join("s");
    int fd = streamx_producer_fd(producer, STREAMX_ROOM);

    (void)watch;
    ck_assert_int_ge(fd, 0);
    ck_assert(readable_now(fd));
    ck_assert_int_eq(streamx_producer_fd(producer, STREAMX_ALONE), fd);
    WAIT_UNTIL(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT) == -EAGAIN &&
               !readable_now(fd));
    ck_assert_int_eq(streamx_producer_fd(producer, 0), -EINVAL);
    ck_assert_int_eq(streamx_producer_fd(producer, 16), -EINVAL);
    put_text(producer, "a"); /* and nobody has taken it: it is not drained */
    ck_assert_int_eq(streamx_producer_fd(producer, STREAMX_DRAINED), fd);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EAGAIN);
    ck_assert(!readable_now(fd));
    next_text(consumer, 1, "a");
    ack_all(consumer);
    WAIT_UNTIL(readable_now(fd));
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

START_TEST(events_of_a_descriptor_can_be_changed)
{
    everywhere_by_descriptor(change_the_events);
}
END_TEST

static void be_quiet(struct watch *watch)
{
    struct doer consumer;
    struct streamx_producer *producer =
        with_one_in_hand((struct streamx_options){.flags = STREAMX_SHARED}, ACK, &consumer);
    int fd;

    (void)watch;
    WAIT_UNTIL((fd = streamx_producer_fd(producer, STREAMX_ROOM)) >= 0 &&
               try_put(producer) == -EAGAIN && !readable_now(fd));
    let_it(&consumer);
    /* It may become readable for no cause, too. */
    WAIT_UNTIL(readable_now(fd) && try_put(producer) == 0);
    was_told_promptly(&consumer);
    streamx_abandon(producer);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}

START_TEST(descriptor_of_a_full_shared_stream_is_quiet_after_eagain)
{
    everywhere_by_descriptor(be_quiet);
}
END_TEST

static void be_refused_an_arm(struct watch *watch)
{
    struct doer consumer;
    struct streamx_producer *producer =
        with_one_in_hand((struct streamx_options){0}, ACK, &consumer);

    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ck_assert_int_eq(watch_ring_prepare_wait(producer, STREAMX_ROOM),
                     watch->armable ? 0 : -EOPNOTSUPP);
    let_it(&consumer);
    ck_assert_int_eq(watch_wait(watch, producer, STREAMX_ROOM), STREAMX_ROOM);
    was_told_promptly(&consumer);
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(arm_that_is_not_to_be_had_is_refused)
{
    everywhere_by_descriptor(be_refused_an_arm);
}
END_TEST

int main(void)
{
    return RUN_TESTS("producer_readiness", room_is_told_of, drained_is_told_of, alone_is_told_of,
                     broken_pipe_is_told_of, attached_is_told_of,
                     room_after_min_consumers_have_come_is_told_of, killed_consumer_is_told_of,
                     killed_latecomer_is_told_of, eviction_that_is_due_is_told_of,
                     events_of_a_descriptor_can_be_changed,
                     descriptor_of_a_full_shared_stream_is_quiet_after_eagain,
                     arm_that_is_not_to_be_had_is_refused);
}
