/* SPDX-License-Identifier: MIT */
/*
 * Nothing is missed between a NOWAIT call that gives -EAGAIN and the wait that follows: a consumer
 * that only ever waits by its descriptor or by an arm, against a publisher at a random pace; and a
 * producer that only ever waits so, against consumers at a random pace. A message that took longer
 * than PROMPTLY from publication to arrival was told of by the look around, not by its wake.
 *
 * Prints its seed; STREAMX_SEED repeats it.
 */
#include "worlds.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* In the world that lacks nothing; elsewhere a tenth. */
enum { MESSAGES_SHORT = 5000, MESSAGES_LONG = 100000 };

struct task {
    uint64_t messages;
    uint64_t salt;
};

static struct task task_of(const struct watch *watch)
{
    uint64_t messages = long_run() ? MESSAGES_LONG : MESSAGES_SHORT;

    return (struct task){.messages = watch->everything ? messages : messages / 10};
}

static uint64_t seed;

static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Nothing most of the time, so that the others catch up and fall asleep at every point. */
static void dawdle(uint64_t *state)
{
    uint64_t choice = draw(state) % 64;

    if (choice == 0)
        nanosleep(&(struct timespec){.tv_nsec = (long)(draw(state) % 50000)}, NULL);
    else if (choice < 4)
        sched_yield();
    else if (choice < 16)
        for (uint64_t turns = draw(state) % 2000; turns > 0; turns--)
            __asm__ volatile("" ::: "memory");
}

/* ---- a waiting consumer -------------------------------------------------------------------- */

static void publish_at_random(struct link parent, void *arg)
{
    const struct streamx_options options = {
        .slots = 8, .slot_size = 64, .flags = STREAMX_TIMESTAMPS, .min_consumers = 1};
    struct streamx_producer *producer = make_stream("s", &options);
    const struct task *task = arg;
    uint64_t state = seed | 1;

    say(parent, 0);
    for (uint64_t i = 1; i <= task->messages; i++) {
        ck_assert_int_eq(streamx_put(producer, &i, sizeof i, PATIENCE), 0);
        dawdle(&state);
    }
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

static void receive_by_waiting(struct watch *watch)
{
    struct task task = task_of(watch);
    struct child publisher = child_start(publish_at_random, &task);
    struct streamx_consumer *consumer;
    struct streamx_message message;
    uint64_t seq = 0;
    int64_t late_ns, latest_ns = 0;

    ck_assert_int_eq(hear(publisher.link), 0);
    consumer = join("s");
    while (watch_next(watch, consumer, &message) == 1) {
        late_ns = now_ns() - (int64_t)message.time_ns;
        if (late_ns > latest_ns)
            latest_ns = late_ns;
        ck_assert_uint_eq(message.seq, ++seq);
        ck_assert_mem_eq(message.data, &seq, sizeof seq);
    }
    ck_assert_uint_eq(seq, task.messages);
    ck_assert_msg(latest_ns < PROMPTLY, "a wake was lost: %lld ms", (long long)latest_ns / 1000000);
    ck_assert_uint_gt(watch->waits, 0);
    streamx_unsubscribe(consumer);
    child_join(&publisher);
}

START_TEST(waiting_consumer_loses_no_wake)
{
    everywhere(receive_by_waiting);
}
END_TEST

/* ---- a waiting producer -------------------------------------------------------------------- */

enum { CONSUMERS = 3 };

static void acknowledge_at_random(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    const struct task *task = arg;
    uint64_t state = (seed + task->salt) | 1, seq = 0;

    say(parent, 0);
    while (streamx_next(consumer, &message, PATIENCE) == 1) {
        ck_assert_uint_eq(message.seq, ++seq);
        dawdle(&state);
    }
    ck_assert_uint_eq(seq, task->messages);
    streamx_unsubscribe(consumer);
}

/* How long the longest wait for room took. */
static int64_t put_by_waiting(struct watch *watch, struct streamx_producer *producer,
                              uint64_t messages)
{
    int64_t longest_ns = 0;

    for (uint64_t i = 0; i < messages; i++) {
        int64_t since_ns = now_ns();
        int result;

        while ((result = streamx_put(producer, &i, sizeof i, STREAMX_NOWAIT)) == -EAGAIN)
            watch_producer(watch, producer, STREAMX_ROOM);
        ck_assert_int_eq(result, 0);
        if (now_ns() - since_ns > longest_ns)
            longest_ns = now_ns() - since_ns;
    }
    return longest_ns;
}

static void publish_by_waiting(struct watch *watch)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.slots = 2, .slot_size = 64});
    struct child consumers[CONSUMERS];
    struct task task = task_of(watch);
    int64_t longest_ns;

    for (unsigned i = 0; i < CONSUMERS; i++) {
        task.salt = i;
        consumers[i] = child_start(acknowledge_at_random, &task);
        ck_assert_int_eq(hear(consumers[i].link), 0);
    }
    longest_ns = put_by_waiting(watch, producer, task.messages);
    ck_assert_int_eq(watch_wait(watch, producer, STREAMX_DRAINED), STREAMX_DRAINED);
    ck_assert_msg(longest_ns < PROMPTLY, "a wake was lost: %lld ms",
                  (long long)longest_ns / 1000000);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    for (unsigned i = 0; i < CONSUMERS; i++)
        child_join(&consumers[i]);
}

START_TEST(waiting_producer_loses_no_wake)
{
    everywhere(publish_by_waiting);
}
END_TEST

int main(void)
{
    const char *given = getenv("STREAMX_SEED");

    seed = given ? strtoull(given, NULL, 0) : (uint64_t)now_ns();
    printf("STREAMX_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    return RUN_TESTS("lost_wake", waiting_consumer_loses_no_wake, waiting_producer_loses_no_wake);
}
