/* SPDX-License-Identifier: MIT */
/*
 * Where io_uring, pidfds or membarrier are not available, everything works all the same, and deaths
 * are noticed by the tick. The calls are taken away by a filter, from all or from some of the
 * processes. Skipped where filters are not permitted.
 */
#define _GNU_SOURCE
#include "streams.h"
#include "without.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { VALUES_SHORT = 200, VALUES_LONG = 3000, CONSUMERS = 2 };

static int values(void)
{
    return long_run() ? VALUES_LONG : VALUES_SHORT;
}

/* What is taken away from whom. */
struct lack {
    long system_call;
    int error;
    bool from_producer;
    bool from_consumers;
};

static const struct lack lacks[] = {
    {SYS_io_uring_setup, EPERM, true, true},    {SYS_io_uring_setup, ENOSYS, true, true},
    {SYS_io_uring_register, EPERM, true, true}, {SYS_io_uring_enter, EPERM, true, true},
    {SYS_pidfd_open, ENOSYS, true, true},       {SYS_pidfd_open, EPERM, true, true},
    {SYS_membarrier, EPERM, true, true},        {SYS_membarrier, ENOSYS, true, false},
    {SYS_membarrier, ENOSYS, false, true},
};
enum { LACKS = sizeof lacks / sizeof lacks[0] };

static void lose(const struct lack *lack, bool affected)
{
    if (affected)
        ck_assert(without(lack->system_call, lack->error));
}

static void get_all(struct link parent, void *arg)
{
    const struct lack *lack = arg;
    struct streamx_consumer *consumer;
    struct streamx_message message;
    uint64_t seq = 0;

    lose(lack, lack->from_consumers);
    consumer = join("s");
    say(parent, 1);
    while (streamx_next(consumer, &message, PATIENCE) == 1)
        ck_assert_uint_eq(message.seq, ++seq);
    ck_assert_uint_eq(seq, (uint64_t)values());
    ck_assert_int_eq(try_next(consumer), 0);
    streamx_unsubscribe(consumer);
}

static void put_all(struct streamx_producer *producer)
{
    for (int i = 0; i < values(); i++) {
        ck_assert_int_eq(streamx_put(producer, &i, sizeof i, PATIENCE), 0);
        if (i % 40 == 0)
            look_again_soon(); /* so that the others fall asleep */
    }
}

static void exchange(const struct lack *lack, uint32_t slots)
{
    struct child children[CONSUMERS];
    struct streamx_producer *producer;

    lose(lack, lack->from_producer);
    producer = make_ring("s", slots);
    for (int i = 0; i < CONSUMERS; i++) {
        children[i] = child_start(get_all, (void *)(uintptr_t)lack);
        ck_assert_int_eq(hear(children[i].link), 1);
    }
    put_all(producer);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    for (int i = 0; i < CONSUMERS; i++)
        child_join(&children[i]);
}

static void exchange_by_one(struct link parent, void *arg)
{
    (void)parent;
    exchange(arg, 1);
}

static void exchange_by_many(struct link parent, void *arg)
{
    (void)parent;
    exchange(arg, 16);
}

static void take_and_stay(struct link parent, void *arg)
{
    const struct lack *lack = arg;

    lose(lack, lack->from_consumers);
    take_text(join("s"), 1, "a");
    say(parent, 1);
    hear(parent);
}

static void kill_when_waited_for(struct link parent, void *arg)
{
    const pid_t *victim = arg;

    WAIT_UNTIL(waits_for("s", 1));
    say(parent, now_ns());
    ck_assert_int_eq(kill(*victim, SIGKILL), 0);
}

/* Deaths are noticed by a tick of at most 64 ms; the bound is for a very busy machine. */
#define SOON ((int64_t)10 * 1000 * 1000 * 1000)

static void outlive_a_consumer(struct link parent, void *arg)
{
    const struct lack *lack = arg;
    struct streamx_producer *producer;
    struct streamx_consumer *witness;
    struct child consumer, killer;

    (void)parent;
    lose(lack, lack->from_producer);
    producer = make_stream("s", NULL);
    put_text(producer, "a");
    consumer = child_start(take_and_stay, (void *)(uintptr_t)lack);
    ck_assert_int_eq(hear(consumer.link), 1);
    witness = join("s");
    take_text(witness, 1, "a");
    ack_all(witness);
    killer = child_start(kill_when_waited_for, &consumer.pid);
    ck_assert_int_eq(streamx_put(producer, "b", 1, PATIENCE), 0);
    ck_assert_int_lt(now_ns() - hear(killer.link), SOON);
    child_join(&killer);
    streamx_unsubscribe(witness);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}

static void put_and_stay(struct link parent, void *arg)
{
    const struct lack *lack = arg;

    lose(lack, lack->from_producer);
    put_text(make_stream("s", NULL), "a");
    say(parent, 1);
    hear(parent);
}

static void outlive_a_producer(struct link parent, void *arg)
{
    const struct lack *lack = arg;
    struct child producer = child_start(put_and_stay, arg);
    struct streamx_consumer *consumer;
    struct streamx_message message;
    int64_t killed_ns;

    (void)parent;
    lose(lack, lack->from_consumers);
    ck_assert_int_eq(hear(producer.link), 1);
    consumer = join("s");
    next_text(consumer, 1, "a");
    ck_assert_int_eq(streamx_next(consumer, &message, 3 * BRIEFLY), -ETIMEDOUT);
    child_kill(&producer);
    killed_ns = now_ns();
    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), -EOWNERDEAD);
    ck_assert_int_lt(now_ns() - killed_ns, SOON);
    streamx_unsubscribe(consumer);
}

/* A filter stays: so each lack has a process of its own. */
static void with_each_lack(void (*scene)(struct link, void *))
{
    for (size_t i = 0; i < LACKS; i++) {
        struct child child = child_start(scene, (void *)(uintptr_t)&lacks[i]);

        child_join(&child);
    }
}

START_TEST(every_value_arrives_through_one_slot)
{
    with_each_lack(exchange_by_one);
}
END_TEST

START_TEST(every_value_arrives_through_many_slots)
{
    with_each_lack(exchange_by_many);
}
END_TEST

START_TEST(dead_consumer_releases_a_blocked_put)
{
    with_each_lack(outlive_a_consumer);
}
END_TEST

START_TEST(dead_producer_ends_a_blocked_next)
{
    with_each_lack(outlive_a_producer);
}
END_TEST

/* A kernel or a sandbox that does not know O_TMPFILE takes it for opening a directory to write. */
START_TEST(directory_without_unnamed_files_is_told)
{
    struct streamx_producer *producer;

    ck_assert(without_open_flags(O_TMPFILE, EISDIR));
    ck_assert_int_eq(streamx_create(&producer, "s", NULL), -EOPNOTSUPP);
}
END_TEST

static bool permitted(void)
{
    int status = -1;
    pid_t probe = fork();

    if (probe == 0)
        _exit(without(SYS_io_uring_setup, EPERM) ? 0 : 1);
    return waitpid(probe, &status, 0) == probe && status == 0;
}

int main(void)
{
    if (!permitted()) {
        puts("skipped: no filter permitted");
        return EXIT_SKIPPED;
    }
    return RUN_TESTS("fallback", every_value_arrives_through_one_slot,
                     every_value_arrives_through_many_slots, dead_consumer_releases_a_blocked_put,
                     dead_producer_ends_a_blocked_next, directory_without_unnamed_files_is_told);
}
