/* SPDX-License-Identifier: MIT */
/*
 * streamx_wait: when each event holds, and that a sleeping producer is told.
 */
#include "streams.h"

#define ALL (STREAMX_ROOM | STREAMX_DRAINED | STREAMX_ATTACHED | STREAMX_ALONE)

static int events(struct streamx_producer *producer)
{
    return streamx_wait(producer, ALL, STREAMX_NOWAIT);
}

START_TEST(events_follow_what_happens)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer;

    ck_assert_int_eq(events(producer), STREAMX_ROOM | STREAMX_DRAINED);
    consumer = join("s");
    ck_assert_int_eq(events(producer), STREAMX_ROOM | STREAMX_DRAINED | STREAMX_ATTACHED);
    put_text(producer, "a");
    ck_assert_int_eq(events(producer), STREAMX_ATTACHED);
    next_text(consumer, 1, "a");
    ck_assert_int_eq(events(producer), STREAMX_ATTACHED);
    ack_all(consumer);
    ck_assert_int_eq(events(producer), STREAMX_ROOM | STREAMX_DRAINED | STREAMX_ATTACHED);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(events(producer), STREAMX_ROOM | STREAMX_DRAINED | STREAMX_ALONE);
    put_text(producer, "b");
    ck_assert_int_eq(events(producer), STREAMX_ALONE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(only_events_asked_for_are_returned)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    ck_assert_int_eq(streamx_wait(producer, STREAMX_ROOM, PATIENCE), STREAMX_ROOM);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_DRAINED, PATIENCE), STREAMX_DRAINED);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ROOM | STREAMX_ATTACHED, PATIENCE),
                     STREAMX_ROOM);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ATTACHED, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, BRIEFLY), -ETIMEDOUT);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(no_event_and_unknown_events_are_invalid)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    ck_assert_int_eq(streamx_wait(producer, 0, STREAMX_NOWAIT), -EINVAL);
    ck_assert_int_eq(streamx_wait(producer, 16, STREAMX_NOWAIT), -EINVAL);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ROOM | 0x80000000u, STREAMX_NOWAIT), -EINVAL);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ROOM, -2), -EINVAL);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(there_is_no_room_before_min_consumers_have_come)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.min_consumers = 1});
    struct streamx_consumer *consumer;

    ck_assert_int_eq(streamx_wait(producer, STREAMX_ROOM, STREAMX_NOWAIT), -EAGAIN);
    consumer = join("s");
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ROOM, STREAMX_NOWAIT), STREAMX_ROOM);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(room_in_a_ring_does_not_mean_drained)
{
    struct streamx_producer *producer = make_ring("s", 2);
    struct streamx_consumer *consumer = join("s");

    put_text(producer, "a");
    ck_assert_int_eq(events(producer), STREAMX_ROOM | STREAMX_ATTACHED);
    put_text(producer, "b");
    ck_assert_int_eq(events(producer), STREAMX_ATTACHED);
    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    ck_assert_int_eq(events(producer), STREAMX_ROOM | STREAMX_ATTACHED);
    ack_all(consumer);
    ck_assert_int_eq(events(producer), STREAMX_ROOM | STREAMX_DRAINED | STREAMX_ATTACHED);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

/* A producer that puts one message, waits for the event, and reports what wait returned. */
static void await_event(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    const unsigned *event = arg;

    put_text(producer, "a");
    say(parent, 0);
    say(parent, streamx_wait(producer, *event, PATIENCE));
    hear(parent);
    streamx_close(producer, STREAMX_NOWAIT);
}

static struct child start_waiting(unsigned event)
{
    struct child producer = child_start(await_event, &event);

    ck_assert_int_eq(hear(producer.link), 0);
    WAIT_UNTIL(look("s").waiting_for != 0);
    return producer;
}

static void end_waiting(struct child *producer)
{
    say(producer->link, 0);
    child_join(producer);
}

START_TEST(sleeper_is_told_of_an_acknowledgment)
{
    static const unsigned wanted[] = {STREAMX_ROOM, STREAMX_DRAINED};

    for (int i = 0; i < 2; i++) {
        struct child producer = start_waiting(wanted[i]);
        struct streamx_consumer *consumer = join("s");

        take_text(consumer, 1, "a");
        WAIT_UNTIL(waits_for("s", 1) || waits_for("s", UINT64_MAX));
        ack_all(consumer);
        ck_assert_int_eq(hear(producer.link), wanted[i]);
        streamx_unsubscribe(consumer);
        end_waiting(&producer);
    }
}
END_TEST

START_TEST(sleeper_is_told_of_an_attachment)
{
    struct child producer = start_waiting(STREAMX_ATTACHED);
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_eq(hear(producer.link), STREAMX_ATTACHED);
    streamx_unsubscribe(consumer);
    end_waiting(&producer);
}
END_TEST

START_TEST(sleeper_is_told_when_the_last_one_leaves)
{
    struct streamx_consumer *first, *last;
    struct child producer = start_waiting(STREAMX_ALONE);

    first = join("s");
    last = join("s");
    streamx_unsubscribe(first);
    WAIT_UNTIL(look("s").waiting_for != 0);
    streamx_unsubscribe(last);
    ck_assert_int_eq(hear(producer.link), STREAMX_ALONE);
    end_waiting(&producer);
}
END_TEST

static void attach_and_stay(struct link parent, void *arg)
{
    (void)arg;
    join("s");
    say(parent, 1);
    hear(parent);
}

START_TEST(sleeper_finds_out_that_the_last_one_died)
{
    struct child producer = start_waiting(STREAMX_ALONE);
    struct child consumer = child_start(attach_and_stay, NULL);

    ck_assert_int_eq(hear(consumer.link), 1);
    WAIT_UNTIL(look("s").waiting_for != 0);
    child_kill(&consumer);
    ck_assert_int_eq(hear(producer.link), STREAMX_ALONE);
    end_waiting(&producer);
}
END_TEST

START_TEST(dead_consumer_counts_neither_as_attached_nor_for_long)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child consumer = child_start(attach_and_stay, NULL);

    ck_assert_int_eq(hear(consumer.link), 1);
    ck_assert_int_eq(events(producer), STREAMX_ROOM | STREAMX_DRAINED | STREAMX_ATTACHED);
    child_kill(&consumer);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, PATIENCE), STREAMX_ALONE);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ATTACHED, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS("events", events_follow_what_happens, only_events_asked_for_are_returned,
                     no_event_and_unknown_events_are_invalid,
                     there_is_no_room_before_min_consumers_have_come,
                     room_in_a_ring_does_not_mean_drained, sleeper_is_told_of_an_acknowledgment,
                     sleeper_is_told_of_an_attachment, sleeper_is_told_when_the_last_one_leaves,
                     sleeper_finds_out_that_the_last_one_died,
                     dead_consumer_counts_neither_as_attached_nor_for_long);
}
