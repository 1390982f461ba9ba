/* SPDX-License-Identifier: MIT */
/*
 * Taps: they see what goes by, are not waited for, count for nothing, write nothing, and never hand
 * out a message that is not whole.
 */
#include "streams.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct streamx_consumer *tap_at(const char *name, uint32_t start)
{
    const struct streamx_subscribe_options options = {.start = start, .flags = STREAMX_TAP};
    struct streamx_consumer *tap = NULL;

    ck_assert_int_eq(streamx_subscribe(&tap, name, &options, PATIENCE), 0);
    ck_assert_ptr_nonnull(tap);
    return tap;
}

static struct streamx_consumer *tap_on(const char *name)
{
    return tap_at(name, STREAMX_START_NEW);
}

static void close_early(struct streamx_producer *producer)
{
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}

START_TEST(tap_sees_what_is_published)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *tap = tap_on("s");

    ck_assert_int_eq(try_take(tap), -EAGAIN);
    put_text(producer, "one");
    next_text(tap, 1, "one");
    PUT_BATCH(producer, "two", "", "four");
    next_text(tap, 2, "two");
    take_text(tap, 3, "");
    take_text(tap, 4, "four");
    ck_assert_int_eq(try_next(tap), -EAGAIN);
    streamx_unsubscribe(tap);
    close_early(producer);
}
END_TEST

START_TEST(tap_counts_for_nothing)
{
    const struct streamx_options options = {.min_consumers = 1, .max_consumers = 1, .slots = 2};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *taps[3], *consumer;

    for (int i = 0; i < 3; i++)
        taps[i] = tap_on("s");
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ATTACHED, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_uint_eq(look("s").consumers, 0);
    consumer = join("s");
    put_text(producer, "a");
    ck_assert_uint_eq(look("s").consumers, 1);
    next_text(taps[0], 1, "a");
    ck_assert_uint_eq(look("s").acknowledged, 0);
    next_text(consumer, 1, "a");
    ack_all(consumer);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT), STREAMX_ALONE);
    for (int i = 0; i < 3; i++)
        streamx_unsubscribe(taps[i]);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

/* Puts numbered messages, each acknowledged by the consumer. */
static void pass(struct streamx_producer *producer, struct streamx_consumer *consumer,
                 uint64_t from, uint64_t to)
{
    for (uint64_t seq = from; seq <= to; seq++) {
        ck_assert_int_eq(streamx_put(producer, &seq, sizeof seq, STREAMX_NOWAIT), 0);
        ck_assert_int_eq(try_next(consumer), 1);
        ack_all(consumer);
    }
}

static uint64_t take_number(struct streamx_consumer *tap)
{
    struct streamx_message message;
    uint64_t number;

    ck_assert_int_eq(streamx_take(tap, &message, PATIENCE), 1);
    ck_assert_uint_eq(message.len, sizeof number);
    memcpy(&number, message.data, sizeof number);
    ck_assert_uint_eq(message.seq, number);
    return number;
}

START_TEST(tap_is_not_waited_for_and_goes_on_half_a_ring_behind)
{
    struct streamx_producer *producer = make_ring("s", 8);
    struct streamx_consumer *tap = tap_on("s"), *consumer = join("s");

    pass(producer, consumer, 1, 2);
    ck_assert_uint_eq(take_number(tap), 1);
    pass(producer, consumer, 3, 9);
    ck_assert_uint_eq(take_number(tap), 2); /* still there */
    pass(producer, consumer, 10, 100);
    for (uint64_t seq = 96; seq <= 100; seq++)
        ck_assert_uint_eq(take_number(tap), seq);
    ck_assert_int_eq(try_take(tap), -EAGAIN);
    streamx_unsubscribe(tap);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(tap_of_one_slot_sees_the_newest)
{
    struct streamx_producer *producer = make_ring("s", 1);
    struct streamx_consumer *tap = tap_on("s"), *consumer = join("s");
    void *data;
    size_t capacity;

    pass(producer, consumer, 1, 50);
    ck_assert_uint_eq(take_number(tap), 50);
    pass(producer, consumer, 51, 51);
    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT), 0);
    memset(data, 0xff, 64);
    ck_assert_int_eq(try_take(tap), -EAGAIN); /* 51 has left the ring, whatever becomes of it */
    streamx_discard(producer);
    ck_assert_int_eq(try_take(tap), -EAGAIN);
    pass(producer, consumer, 52, 52);
    ck_assert_uint_eq(take_number(tap), 52);
    streamx_unsubscribe(tap);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(starts_of_a_tap)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *first = tap_at("s", STREAMX_START_OLDEST), *taps[4], *consumer;

    consumer = join("s");
    pass(producer, consumer, 1, 3);
    PUT_BATCH(producer, "four", "five");
    for (uint32_t start = 0; start < 4; start++)
        taps[start] = tap_at("s", start);
    put_text(producer, "six"); /* in place of 1 */
    next_text(taps[STREAMX_START_NEXT], 6, "six");
    next_text(taps[STREAMX_START_NEW], 6, "six");
    next_text(taps[STREAMX_START_LATEST], 5, "five");
    next_text(taps[STREAMX_START_LATEST], 6, "six");
    ck_assert_uint_eq(take_number(first), 3); /* 1 was missed: half a ring behind */
    /* OLDEST was 1, when it attached. */
    ck_assert_uint_eq(take_number(taps[STREAMX_START_OLDEST]), 3);
    next_text(taps[STREAMX_START_OLDEST], 4, "four");
    streamx_unsubscribe(first);
    for (uint32_t start = 0; start < 4; start++)
        streamx_unsubscribe(taps[start]);
    streamx_unsubscribe(consumer);
    close_early(producer);
}
END_TEST

START_TEST(what_a_tap_has_taken_is_its_own_until_the_next_call)
{
    struct streamx_producer *producer = make_ring("s", 1);
    struct streamx_consumer *tap = tap_on("s"), *consumer = join("s");
    struct streamx_message message;

    put_text(producer, "first");
    ck_assert_int_eq(streamx_take(tap, &message, PATIENCE), 1);
    next_text(consumer, 1, "first");
    ack_all(consumer);
    put_text(producer, "other");
    ck_assert_mem_eq(message.data, "first", 5);
    next_text(tap, 2, "other");
    streamx_unsubscribe(tap);
    streamx_unsubscribe(consumer);
    close_early(producer);
}
END_TEST

START_TEST(a_tap_acknowledges_nothing)
{
    struct streamx_producer *producer = make_ring("s", 1);
    struct streamx_consumer *tap = tap_on("s");

    put_text(producer, "a");
    ck_assert_int_eq(streamx_ack(tap, 1), -EINVAL);
    take_text(tap, 1, "a");
    ck_assert_int_eq(streamx_ack(tap, 2), -EINVAL);
    ck_assert_int_eq(streamx_ack(tap, 1), 0);
    ck_assert_int_eq(streamx_ack(tap, 0), 0);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    streamx_unsubscribe(tap);
    close_early(producer);
}
END_TEST

START_TEST(a_tap_keeps_to_its_times_and_has_no_descriptor)
{
    const struct streamx_subscribe_options options = {.flags = STREAMX_TAP};
    struct streamx_producer *producer;
    struct streamx_consumer *tap;
    struct streamx_message message;

    ck_assert_int_eq(streamx_subscribe(&tap, "s", &options, STREAMX_NOWAIT), -ENOENT);
    ck_assert_int_eq(streamx_subscribe(&tap, "s", &options, BRIEFLY), -ETIMEDOUT);
    producer = make_stream("s", NULL);
    tap = tap_on("s");
    ck_assert_int_eq(streamx_take(tap, &message, BRIEFLY), -ETIMEDOUT);
    ck_assert_int_eq(streamx_next(tap, &message, BRIEFLY), -ETIMEDOUT);
    ck_assert_int_eq(streamx_take(tap, &message, -2), -EINVAL);
    ck_assert_int_eq(streamx_consumer_fd(tap), -EOPNOTSUPP);
    put_text(producer, "a");
    next_text(tap, 1, "a");
    streamx_unsubscribe(tap);
    close_early(producer);
}
END_TEST

static void watch_to_the_end(struct link parent, void *arg)
{
    struct streamx_consumer *tap = tap_at("s", STREAMX_START_OLDEST);
    struct streamx_message message;
    int end;

    (void)arg;
    say(parent, 0);
    while ((end = streamx_next(tap, &message, PATIENCE)) == 1)
        ;
    say(parent, end);
    ck_assert_int_eq(streamx_next(tap, &message, PATIENCE), end);
    ck_assert_int_eq(streamx_take(tap, &message, STREAMX_NOWAIT), end);
    streamx_unsubscribe(tap);
}

START_TEST(end_and_abandonment_are_seen_after_the_last_message)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *tap = tap_on("s");
    struct child watcher = child_start(watch_to_the_end, NULL);

    hear(watcher.link);
    put_text(producer, "a");
    close_early(producer);
    next_text(tap, 1, "a");
    ck_assert_int_eq(try_next(tap), 0);
    ck_assert_int_eq(hear(watcher.link), 0);
    child_join(&watcher);
    streamx_unsubscribe(tap);

    producer = make_ring("s", 4);
    tap = tap_on("s");
    put_text(producer, "b");
    streamx_abandon(producer);
    next_text(tap, 1, "b");
    ck_assert_int_eq(try_next(tap), -EOWNERDEAD);
    streamx_unsubscribe(tap);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

static void publish_and_wait(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_ring("s", 4);

    (void)arg;
    say(parent, 0);
    hear(parent);
    put_text(producer, "last");
    say(parent, 0);
    hear(parent);
}

START_TEST(death_of_the_producer_is_seen_by_one_who_waits)
{
    struct child dying = child_start(publish_and_wait, NULL), watcher;
    struct streamx_consumer *tap;

    hear(dying.link);
    tap = tap_on("s");
    watcher = child_start(watch_to_the_end, NULL);
    hear(watcher.link);
    say(dying.link, 0);
    hear(dying.link);
    child_kill(&dying);
    ck_assert_int_eq(hear(watcher.link), -EOWNERDEAD);
    child_join(&watcher);
    next_text(tap, 1, "last");
    ck_assert_int_eq(try_next(tap), -EOWNERDEAD);
    streamx_unsubscribe(tap);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

START_TEST(death_of_a_tap_leaves_nothing)
{
    struct streamx_producer *producer = make_ring("s", 1);
    struct streamx_consumer *consumer = join("s");
    struct child watcher = child_start(watch_to_the_end, NULL);

    hear(watcher.link);
    put_text(producer, "a");
    child_kill(&watcher);
    next_text(consumer, 1, "a");
    ack_all(consumer);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    ck_assert_uint_eq(look("s").consumers, 1);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

/* ---- permissions --------------------------------------------------------------------------- */

static void tap_without_writing(struct link parent, void *arg)
{
    struct streamx_consumer *consumer;

    (void)arg;
    ck_assert_int_eq(setgid(65534), 0);
    ck_assert_int_eq(setuid(65534), 0);
    say(parent, streamx_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT));
    consumer = tap_at("s", STREAMX_START_OLDEST);
    next_text(consumer, 1, "a");
    streamx_unsubscribe(consumer);
}

static void be_refused(struct link parent, void *arg)
{
    const struct streamx_subscribe_options options = {.flags = STREAMX_TAP};
    struct streamx_consumer *consumer;

    (void)arg;
    ck_assert_int_eq(setgid(65534), 0);
    ck_assert_int_eq(setuid(65534), 0);
    say(parent, streamx_subscribe(&consumer, "s", &options, STREAMX_NOWAIT));
}

START_TEST(permission_to_read_is_enough_to_tap_and_not_to_subscribe)
{
    struct streamx_producer *producer;
    struct child other;

    if (geteuid() != 0)
        return; /* nobody else to be */
    ck_assert_int_eq(chmod(stream_dir(), 0711), 0);
    producer = make_stream("s", &(struct streamx_options){.mode = 0644});
    put_text(producer, "a");
    other = child_start(tap_without_writing, NULL);
    ck_assert_int_eq(hear(other.link), -EPERM);
    child_join(&other);
    close_early(producer);
    producer = make_stream("s", NULL);
    other = child_start(be_refused, NULL);
    ck_assert_int_eq(hear(other.link), -EPERM);
    child_join(&other);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(forked_child_has_no_tap)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *tap = tap_on("s");
    pid_t child;

    put_text(producer, "a");
    take_text(tap, 1, "a");
    child = fork();
    if (child == 0) {
        bool refused = try_take(tap) == -EPERM && streamx_ack(tap, 0) == -EPERM &&
                       streamx_consumer_fd(tap) == -EPERM;
        streamx_unsubscribe(tap);
        _exit(refused ? 0 : 1);
    }
    child_join(&(struct child){.pid = child, .link = {.in = -1, .out = -1}});
    put_text(producer, "b");
    next_text(tap, 2, "b");
    streamx_unsubscribe(tap);
    close_early(producer);
}
END_TEST

/* ---- memory -------------------------------------------------------------------------------- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMITABLE false /* its shadow would not fit */
#elif defined(__has_feature)
#define LIMITABLE (!__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer))
#else
#define LIMITABLE true
#endif

#define LARGE ((size_t)64 << 20)

static void run_out_of_memory(struct link parent, void *arg)
{
    struct streamx_consumer *tap = tap_on("s");
    struct rlimit limit;

    (void)arg;
    ck_assert_int_eq(getrlimit(RLIMIT_DATA, &limit), 0);
    limit.rlim_cur = LARGE / 2;
    ck_assert_int_eq(setrlimit(RLIMIT_DATA, &limit), 0);
    say(parent, 0);
    hear(parent);
    say(parent, try_take(tap));
    say(parent, try_next(tap));
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_DATA, &limit), 0);
    say(parent, try_next(tap));
    streamx_unsubscribe(tap);
}

START_TEST(no_memory_for_the_copy_is_a_result_and_not_final)
{
    const struct streamx_options options = {.slot_size = LARGE};
    struct streamx_producer *producer;
    struct child child;
    void *data;
    size_t capacity;

    if (!LIMITABLE)
        return;
    producer = make_stream("s", &options);
    child = child_start(run_out_of_memory, NULL);
    hear(child.link);
    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_publish(producer, capacity), 0);
    say(child.link, 0);
    ck_assert_int_eq(hear(child.link), -ENOMEM);
    ck_assert_int_eq(hear(child.link), -ENOMEM);
    ck_assert_int_eq(hear(child.link), 1);
    child_join(&child);
    close_early(producer);
}
END_TEST

/* ---- at full speed ------------------------------------------------------------------------- */

#define STORM_BYTES 4096
#define STORM_SEEN 1000

/* What message `seq` is like: its length and each of its bytes follow from its number. */
static size_t storm_fill(unsigned char *bytes, uint64_t seq)
{
    size_t len = 8 + (seq * 7919) % (STORM_BYTES - 8);

    memset(bytes, (int)(seq * 31 & 0xff), len);
    memcpy(bytes, &seq, sizeof seq);
    return len;
}

/* Both ends in one process, so that it and the tap are all who need a processor. */
static void storm(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_ring("s", *(uint32_t *)arg);
    struct streamx_consumer *consumer = join("s");
    unsigned char bytes[STORM_BYTES];

    for (uint64_t seq = 1; seq % 256 != 0 || !heard(parent); seq++) {
        size_t len = storm_fill(bytes, seq);

        ck_assert_int_eq(streamx_put(producer, bytes, len, STREAMX_NOWAIT), 0);
        ck_assert_int_eq(try_take(consumer), 1);
        ack_all(consumer);
    }
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

static void watch_a_storm(uint32_t slots)
{
    struct child producer = child_start(storm, &slots);
    struct streamx_consumer *tap = tap_on("s");
    struct streamx_message message;
    unsigned char bytes[STORM_BYTES];
    uint64_t last = 0;
    int result, seen;

    for (seen = 0; seen < STORM_SEEN; seen++) {
        ck_assert_int_eq(streamx_next(tap, &message, PATIENCE), 1);
        ck_assert_uint_gt(message.seq, last);
        last = message.seq;
        ck_assert_uint_eq(message.len, storm_fill(bytes, last));
        ck_assert_mem_eq(message.data, bytes, message.len);
    }
    say(producer.link, 0);
    while ((result = streamx_next(tap, &message, PATIENCE)) == 1)
        ;
    ck_assert_int_eq(result, 0);
    child_join(&producer);
    streamx_unsubscribe(tap);
}

START_TEST(nothing_torn_is_seen_of_one_slot_at_full_speed)
{
    watch_a_storm(1);
}
END_TEST

START_TEST(nothing_torn_is_seen_of_a_ring_at_full_speed)
{
    watch_a_storm(16);
}
END_TEST

int main(void)
{
    return RUN_TESTS("tap", tap_sees_what_is_published, tap_counts_for_nothing,
                     tap_is_not_waited_for_and_goes_on_half_a_ring_behind,
                     tap_of_one_slot_sees_the_newest, starts_of_a_tap,
                     what_a_tap_has_taken_is_its_own_until_the_next_call,
                     a_tap_acknowledges_nothing, a_tap_keeps_to_its_times_and_has_no_descriptor,
                     end_and_abandonment_are_seen_after_the_last_message,
                     death_of_the_producer_is_seen_by_one_who_waits, death_of_a_tap_leaves_nothing,
                     permission_to_read_is_enough_to_tap_and_not_to_subscribe,
                     forked_child_has_no_tap, no_memory_for_the_copy_is_a_result_and_not_final,
                     nothing_torn_is_seen_of_one_slot_at_full_speed,
                     nothing_torn_is_seen_of_a_ring_at_full_speed);
}
