/* SPDX-License-Identifier: MIT */
/*
 * subscribe: waiting for a stream to appear, and what counts as absent.
 */
#include "streams.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int try_subscribe(int64_t timeout_ns)
{
    struct streamx_consumer *consumer;
    int joined = streamx_subscribe(&consumer, "s", NULL, timeout_ns);

    if (joined == 0)
        streamx_unsubscribe(consumer);
    return joined;
}

START_TEST(absent_stream_is_told_or_timed_out)
{
    ck_assert_int_eq(try_subscribe(STREAMX_NOWAIT), -ENOENT);
    ck_assert_int_eq(try_subscribe(BRIEFLY), -ETIMEDOUT);
}
END_TEST

START_TEST(absent_directory_is_not_waited_for)
{
    ck_assert_int_eq(setenv("STREAMX_DIR", stream_path("none"), 1), 0);
    ck_assert_int_eq(try_subscribe(STREAMX_NOWAIT), -ENOENT);
    ck_assert_int_eq(try_subscribe(PATIENCE), -ENOENT);
}
END_TEST

START_TEST(bad_options_are_refused)
{
    const struct streamx_subscribe_options bad[] = {
        {.start = 4}, {.start = UINT32_MAX}, {.flags = UINT32_MAX}, {.spin_ns = -2}};
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(streamx_subscribe(&consumer, "s", &bad[i], STREAMX_NOWAIT), -EINVAL);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, -2), -EINVAL);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, INT64_MIN), -EINVAL);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(bad_timeouts_are_refused)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    ck_assert_int_eq(streamx_put(producer, "x", 1, -2), -EINVAL);
    ck_assert_int_eq(streamx_put(producer, "x", 1, INT64_MIN), -EINVAL);
    ck_assert_uint_eq(look("s").published, 0);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(streamx_take(consumer, &message, -2), -EINVAL);
    ck_assert_int_eq(streamx_next(consumer, &message, INT64_MIN), -EINVAL);
    take_text(consumer, 1, "x");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(label_may_have_63_bytes_and_not_more)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_subscribe_options options = {0};
    struct streamx_consumer *consumer;
    char label[STREAMX_TAG_MAX + 2];

    memset(label, 'l', sizeof label);
    label[STREAMX_TAG_MAX + 1] = '\0';
    options.label = label;
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", &options, STREAMX_NOWAIT), -EINVAL);
    label[STREAMX_TAG_MAX] = '\0';
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", &options, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

static void subscribe_and_take(struct link parent, void *arg)
{
    struct streamx_consumer *consumer;

    (void)arg;
    say(parent, 1);
    consumer = join("s");
    next_text(consumer, 1, "first");
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    say(parent, 2);
    streamx_unsubscribe(consumer);
}

START_TEST(subscriber_waits_for_its_stream_to_appear)
{
    struct child consumer = child_start(subscribe_and_take, NULL);
    struct streamx_producer *producer;

    ck_assert_int_eq(hear(consumer.link), 1);
    WAIT_UNTIL(child_asleep(&consumer));
    producer = make_stream("s", NULL);
    put_text(producer, "first");
    ck_assert_int_eq(hear(consumer.link), 2);
    child_join(&consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(removed_stream_counts_as_absent)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    put_text(producer, "x");
    ck_assert_int_eq(streamx_remove("s", STREAMX_FORCE), 0);
    ck_assert_int_eq(try_subscribe(STREAMX_NOWAIT), -ENOENT);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

/* Puts one message, and dies without closing once told to. */
static void put_and_die(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    put_text(producer, "first");
    say(parent, 1);
    hear(parent);
    _exit(0);
}

static void acknowledge_all(void)
{
    struct streamx_consumer *consumer = join("s");

    next_text(consumer, 1, "first");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
}

static void leave_a_dead_stream(bool acknowledged)
{
    struct child producer = child_start(put_and_die, NULL);

    ck_assert_int_eq(hear(producer.link), 1);
    if (acknowledged)
        acknowledge_all();
    say(producer.link, 1);
    child_join(&producer);
}

START_TEST(dead_stream_with_nothing_unacknowledged_counts_as_absent)
{
    leave_a_dead_stream(true);
    ck_assert_int_eq(try_subscribe(STREAMX_NOWAIT), -ENOENT);
    ck_assert_int_eq(try_subscribe(BRIEFLY), -ETIMEDOUT);
    if (name_exists("s"))
        ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

START_TEST(dead_stream_with_something_unacknowledged_is_attached_to)
{
    struct streamx_consumer *consumer;

    leave_a_dead_stream(false);
    consumer = join("s");
    next_text(consumer, 1, "first");
    ck_assert_int_eq(try_next(consumer), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(subscriber_waits_past_a_dead_stream_for_its_successor)
{
    struct child consumer;
    struct streamx_producer *producer;

    leave_a_dead_stream(true);
    consumer = child_start(subscribe_and_take, NULL);
    ck_assert_int_eq(hear(consumer.link), 1);
    WAIT_UNTIL(child_asleep(&consumer));
    producer = make_stream("s", NULL);
    put_text(producer, "first");
    ck_assert_int_eq(hear(consumer.link), 2);
    child_join(&consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(several_consumers_may_live_in_one_process)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *first = join("s"), *second = join("s");

    put_text(producer, "a");
    next_text(first, 1, "a");
    next_text(second, 1, "a");
    streamx_unsubscribe(first);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ack_all(second);
    ck_assert_int_eq(try_put(producer), 0);
    streamx_unsubscribe(second);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("subscribe", absent_stream_is_told_or_timed_out,
                     absent_directory_is_not_waited_for, bad_options_are_refused,
                     bad_timeouts_are_refused, label_may_have_63_bytes_and_not_more,
                     subscriber_waits_for_its_stream_to_appear, removed_stream_counts_as_absent,
                     dead_stream_with_nothing_unacknowledged_counts_as_absent,
                     dead_stream_with_something_unacknowledged_is_attached_to,
                     subscriber_waits_past_a_dead_stream_for_its_successor,
                     several_consumers_may_live_in_one_process);
}
