/* SPDX-License-Identifier: MIT */
/*
 * A consumer that attaches in the last moment, for whom the producer has waited, sees how the
 * stream ends; it does not go and wait for another one.
 */
#include "streams.h"

#include <string.h>

enum { ROUNDS = 400 };

static void close_when_counted(struct link parent, void *arg)
{
    const struct streamx_options options = {.min_consumers = 1};
    void (*end)(struct streamx_producer *) = *(void (**)(struct streamx_producer *))arg;

    for (int i = 0; i < ROUNDS; i++) {
        struct streamx_producer *producer = make_stream("s", &options);

        say(parent, i);
        ck_assert_int_eq(streamx_wait(producer, STREAMX_ROOM, PATIENCE), STREAMX_ROOM);
        end(producer);
        hear(parent);
    }
}

static void end_cleanly(struct streamx_producer *producer)
{
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

static void end_by_abandoning(struct streamx_producer *producer)
{
    streamx_abandon(producer);
}

static void join_and_expect(void (*end)(struct streamx_producer *), int result)
{
    struct child producer = child_start(close_when_counted, &end);

    for (int i = 0; i < ROUNDS; i++) {
        struct streamx_consumer *consumer;
        struct streamx_message message;

        ck_assert_int_eq(hear(producer.link), i);
        ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, PATIENCE), 0);
        ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), result);
        streamx_unsubscribe(consumer);
        say(producer.link, i);
    }
    child_join(&producer);
}

START_TEST(counted_consumer_sees_the_clean_end)
{
    join_and_expect(end_cleanly, 0);
}
END_TEST

START_TEST(counted_consumer_sees_that_the_stream_was_abandoned)
{
    join_and_expect(end_by_abandoning, -EOWNERDEAD);
}
END_TEST

int main(void)
{
    return RUN_TESTS("last_moment", counted_consumer_sees_the_clean_end,
                     counted_consumer_sees_that_the_stream_was_abandoned);
}
