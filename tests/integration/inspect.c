/* SPDX-License-Identifier: MIT */
/*
 * inspect: what a stream and its consumers look like from outside.
 */
#include "streams.h"

#include <string.h>
#include <unistd.h>

START_TEST(inspect_tells_how_the_stream_was_made)
{
    const struct streamx_options options = {.slots = 3,
                                            .slot_size = 100,
                                            .max_consumers = 5,
                                            .min_consumers = 2,
                                            .mode = 0660,
                                            .type = "celsius",
                                            .flags = STREAMX_TIMESTAMPS | STREAMX_PIPE};
    uint64_t begin_ns = (uint64_t)now_ns();
    struct streamx_producer *producer = make_stream("some stream", &options);
    struct streamx_info info = look("some stream");

    ck_assert_str_eq(info.name, "some stream");
    ck_assert_str_eq(info.type, "celsius");
    ck_assert_uint_eq(info.state, STREAMX_STATE_LIVE);
    ck_assert_uint_eq(info.flags, STREAMX_TIMESTAMPS | STREAMX_PIPE);
    ck_assert_uint_eq(info.pid, (uint32_t)getpid());
    ck_assert_uint_eq(info.uid, geteuid());
    ck_assert_uint_eq(info.mode, 0660);
    ck_assert_uint_eq(info.slots, 3);
    ck_assert_uint_eq(info.slot_size, 100);
    ck_assert_uint_eq(info.max_consumers, 5);
    ck_assert_uint_eq(info.min_consumers, 2);
    ck_assert_int_eq(info.evict_after_ns, 0);
    ck_assert_uint_ge(info.created_ns, begin_ns);
    ck_assert_uint_le(info.created_ns, (uint64_t)now_ns());
    ck_assert_uint_ge(info.segment_bytes, 300);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(inspect_counts_what_has_happened)
{
    struct streamx_producer *producer = make_ring("s", 2);
    struct streamx_consumer *consumer = join("s");
    struct streamx_info info = look("s");

    ck_assert_uint_eq(info.published, 0);
    ck_assert_uint_eq(info.publications_in_ring, 0);
    ck_assert_uint_eq(info.consumers, 1);
    PUT_BATCH(producer, "a", "bc", "def");
    put_text(producer, "ghij");
    next_text(consumer, 1, "a");
    next_text(consumer, 2, "bc");
    info = look("s");
    ck_assert_uint_eq(info.published, 4);
    ck_assert_uint_eq(info.publications, 2);
    ck_assert_uint_eq(info.publications_in_ring, 2);
    ck_assert_uint_eq(info.bytes, 10);
    ck_assert_uint_eq(info.acknowledged, 1);
    ck_assert_uint_eq(info.waiting_for, 0);
    ck_assert_uint_eq(info.waiting_ns, 0);
    streamx_unsubscribe(consumer);
    ck_assert_uint_eq(look("s").consumers, 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(inspect_writes_no_more_than_it_is_told)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_info info;
    const size_t size = offsetof(struct streamx_info, state);

    memset(&info, 0xa5, sizeof info);
    ck_assert_int_eq(streamx_inspect("s", &info, size), 0);
    ck_assert_str_eq(info.name, "s");
    for (size_t i = size; i < sizeof info; i++)
        ck_assert_uint_eq(((unsigned char *)&info)[i], 0xa5);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(absent_stream_cannot_be_inspected)
{
    struct streamx_info info;

    ck_assert_int_eq(streamx_inspect("s", &info, sizeof info), -ENOENT);
    ck_assert_int_eq(streamx_inspect_consumers("s", NULL, NULL), -ENOENT);
}
END_TEST

static void put_twice(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    put_text(producer, "a");
    say(parent, 1);
    put_text(producer, "b");
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

struct seen {
    struct streamx_consumer_info consumers[8];
    unsigned count;
};

static int collect(const struct streamx_consumer_info *info, void *arg)
{
    struct seen *seen = arg;

    ck_assert_uint_lt(seen->count, 8);
    seen->consumers[seen->count++] = *info;
    return 0;
}

static struct seen look_at_consumers(void)
{
    struct seen seen = {.count = 0};

    ck_assert_int_eq(streamx_inspect_consumers("s", collect, &seen), 0);
    return seen;
}

static bool waited_for_alone(unsigned one, unsigned other)
{
    struct seen seen = look_at_consumers();

    return seen.count == 2 && seen.consumers[one].waited_ns > 0 &&
           seen.consumers[other].waited_ns == 0;
}

START_TEST(inspect_tells_who_is_being_waited_for)
{
    struct child producer = child_start(put_twice, NULL);
    struct streamx_consumer *done, *behind;

    ck_assert_int_eq(hear(producer.link), 1);
    done = join("s");
    behind = join("s");
    next_text(done, 1, "a");
    ack_all(done);
    WAIT_UNTIL(waits_for("s", 1) && waited_for_alone(1, 0));
    WAIT_UNTIL(look("s").waiting_ns > 0); /* not while it looks around */
    ck_assert_uint_eq(look_at_consumers().consumers[0].behind, 0);
    ck_assert_uint_eq(look_at_consumers().consumers[1].behind, 1);
    next_text(behind, 1, "a");
    ack_all(behind);
    next_text(done, 2, "b");
    next_text(behind, 2, "b");
    streamx_unsubscribe(done);
    ack_all(behind);
    streamx_unsubscribe(behind);
    child_join(&producer);
}
END_TEST

START_TEST(inspect_tells_who_the_consumers_are)
{
    const struct streamx_subscribe_options options = {.label = "the second"};
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *first = join("s"), *second;
    struct seen seen;

    ck_assert_int_eq(streamx_subscribe(&second, "s", &options, STREAMX_NOWAIT), 0);
    put_text(producer, "a");
    put_text(producer, "b");
    next_text(first, 1, "a");
    next_text(first, 2, "b");
    seen = look_at_consumers();
    ck_assert_uint_eq(seen.count, 2);
    ck_assert_str_eq(seen.consumers[0].label, program_invocation_short_name);
    ck_assert_str_eq(seen.consumers[1].label, "the second");
    ck_assert_uint_eq(seen.consumers[0].acknowledged, 1);
    ck_assert_uint_eq(seen.consumers[0].behind, 1);
    ck_assert_uint_eq(seen.consumers[1].acknowledged, 0);
    ck_assert_uint_eq(seen.consumers[1].behind, 2);
    ck_assert_uint_lt(seen.consumers[0].attach, seen.consumers[1].attach);
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(seen.consumers[i].pid, (uint32_t)getpid());
        ck_assert_uint_eq(seen.consumers[i].state, STREAMX_CONSUMER_ALIVE);
        ck_assert_uint_ge(seen.consumers[i].attached_ns, look("s").created_ns);
        ck_assert_uint_eq(seen.consumers[i].waited_ns, 0);
    }
    streamx_unsubscribe(first);
    streamx_unsubscribe(second);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

static int stop_at_once(const struct streamx_consumer_info *info, void *arg)
{
    (void)info;
    ++*(int *)arg;
    return 42;
}

START_TEST(inspecting_consumers_ends_when_told)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *first = join("s"), *second = join("s");
    int calls = 0;

    ck_assert_int_eq(streamx_inspect_consumers("s", stop_at_once, &calls), 42);
    ck_assert_int_eq(calls, 1);
    streamx_unsubscribe(first);
    streamx_unsubscribe(second);
    ck_assert_int_eq(streamx_inspect_consumers("s", stop_at_once, &calls), 0);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

static void attach_and_stay(struct link parent, void *arg)
{
    (void)arg;
    join("s");
    say(parent, 1);
    hear(parent);
}

START_TEST(dead_consumer_is_shown_as_dead_until_it_is_reaped)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child consumer = child_start(attach_and_stay, NULL);

    ck_assert_int_eq(hear(consumer.link), 1);
    ck_assert_uint_eq(look_at_consumers().consumers[0].state, STREAMX_CONSUMER_ALIVE);
    child_kill(&consumer);
    ck_assert_uint_eq(look_at_consumers().count, 1);
    ck_assert_uint_eq(look_at_consumers().consumers[0].state, STREAMX_CONSUMER_DEAD);
    ck_assert_uint_eq(look_at_consumers().consumers[0].pid, (uint32_t)consumer.pid);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, PATIENCE), STREAMX_ALONE);
    ck_assert_uint_eq(look_at_consumers().count, 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(label_can_be_changed)
{
    static const char longest[] = "0123456789012345678901234567890123456789012345678901234567890"
                                  "12";
    struct streamx_producer *producer = make_ring("s", 1);
    struct streamx_consumer *consumer = join("s");
    char too_long[STREAMX_TAG_MAX + 2];

    ck_assert_int_eq(streamx_relabel(consumer, longest), 0);
    ck_assert_str_eq(look_at_consumers().consumers[0].label, longest);
    ck_assert_int_eq(streamx_relabel(consumer, "short"), 0);
    ck_assert_str_eq(look_at_consumers().consumers[0].label, "short");
    memset(too_long, 'x', sizeof too_long);
    too_long[sizeof too_long - 1] = '\0';
    ck_assert_int_eq(streamx_relabel(consumer, too_long), -EINVAL);
    ck_assert_int_eq(streamx_relabel(consumer, NULL), -EINVAL);
    ck_assert_str_eq(look_at_consumers().consumers[0].label, "short");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS("inspect", inspect_tells_how_the_stream_was_made,
                     inspect_counts_what_has_happened, inspect_writes_no_more_than_it_is_told,
                     absent_stream_cannot_be_inspected, inspect_tells_who_is_being_waited_for,
                     inspect_tells_who_the_consumers_are, label_can_be_changed,
                     inspecting_consumers_ends_when_told,
                     dead_consumer_is_shown_as_dead_until_it_is_reaped);
}
