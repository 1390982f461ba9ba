/* SPDX-License-Identifier: MIT */
/*
 * A stream whose name stays beyond its end, for a consumer that may have died before it learnt of
 * that.
 */
#include "streams.h"

static const struct streamx_options ring = {.slots = 4, .slot_size = 64};

static struct streamx_consumer *join_keeping(void)
{
    struct streamx_subscribe_options options = {.flags = STREAMX_KEEP};
    struct streamx_consumer *consumer;

    ck_assert_int_eq(streamx_subscribe(&consumer, "s", &options, STREAMX_NOWAIT), 0);
    return consumer;
}

/* Has acknowledged all that there is, and waits to be killed. */
static void acknowledge_everything(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join_keeping();

    (void)arg;
    say(parent, 1);
    hear(parent);
    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    ck_assert_int_eq(streamx_ack(consumer, 0), 0);
    say(parent, 2);
    hear(parent);
}

/* The stream "s", of a and b, after everybody who was attached has died. */
static struct streamx_producer *make_bereaved(void)
{
    struct streamx_producer *producer = make_stream("s", &ring);
    struct child consumer = child_start(acknowledge_everything, NULL);

    ck_assert_int_eq(hear(consumer.link), 1);
    put_text(producer, "a");
    put_text(producer, "b");
    say(consumer.link, 1);
    ck_assert_int_eq(hear(consumer.link), 2);
    child_kill(&consumer);
    return producer;
}

START_TEST(end_that_a_killed_consumer_has_missed_can_be_learnt_later)
{
    struct streamx_producer *producer = make_bereaved();
    struct streamx_consumer *consumer;
    struct streamx_info info;

    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    info = look("s");
    ck_assert_uint_eq(info.state, STREAMX_STATE_CLOSED);
    ck_assert_uint_eq(info.published, 2);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT), -ENOENT);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(death_that_a_killed_consumer_has_missed_can_be_learnt_later)
{
    struct streamx_producer *producer = make_bereaved();

    streamx_abandon(producer);
    ck_assert_uint_eq(look("s").state, STREAMX_STATE_DEAD);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

START_TEST(kept_name_is_in_no_producers_way)
{
    struct streamx_producer *producer = make_bereaved();

    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    producer = make_stream("s", &ring);
    ck_assert_uint_eq(look("s").published, 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(name_goes_once_the_end_was_seen)
{
    struct streamx_producer *producer = make_stream("s", &ring);
    struct streamx_consumer *consumer = join_keeping();

    put_text(producer, "a");
    next_text(consumer, 1, "a");
    ck_assert_int_eq(streamx_ack(consumer, 0), 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    ck_assert(name_exists("s"));
    ck_assert_int_eq(try_next(consumer), 0);
    ck_assert(name_exists("s"));
    streamx_unsubscribe(consumer);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(name_stays_for_one_that_left_before_the_end)
{
    struct streamx_producer *producer = make_stream("s", &ring);
    struct streamx_consumer *other;

    streamx_unsubscribe(join_keeping());
    ck_assert_int_eq(streamx_subscribe(&other, "s", NULL, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_next(other), 0);
    streamx_unsubscribe(other);
    ck_assert_uint_eq(look("s").state, STREAMX_STATE_CLOSED);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

START_TEST(tap_keeps_nothing)
{
    struct streamx_subscribe_options options = {.flags = STREAMX_KEEP | STREAMX_TAP};
    struct streamx_producer *producer = make_stream("s", &ring);
    struct streamx_consumer *consumer;

    ck_assert_int_eq(streamx_subscribe(&consumer, "s", &options, STREAMX_NOWAIT), -EINVAL);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    ck_assert(!name_exists("s"));
}
END_TEST

int main(void)
{
    return RUN_TESTS("keep", end_that_a_killed_consumer_has_missed_can_be_learnt_later,
                     death_that_a_killed_consumer_has_missed_can_be_learnt_later,
                     kept_name_is_in_no_producers_way, name_goes_once_the_end_was_seen,
                     name_stays_for_one_that_left_before_the_end, tap_keeps_nothing);
}
