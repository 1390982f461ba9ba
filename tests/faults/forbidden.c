/* SPDX-License-Identifier: MIT */
/*
 * A process that makes its descriptors, and then locks itself in: io_uring is forbidden from then
 * on. Its event loop goes on hearing of everything; a descriptor that can tell of nothing any more
 * is never just silent. Skipped where filters are not permitted.
 */
#define _GNU_SOURCE
#include "../life/without.h"
#include "streams.h"

#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGES = 20 };

/* What is forbidden once the descriptor is there. */
static const long forbidden[][2] = {
    {SYS_io_uring_enter, SYS_io_uring_enter},
    {SYS_io_uring_enter, SYS_io_uring_register},
};

enum { KINDS = sizeof forbidden / sizeof forbidden[0] };

static void lock_in(const long *calls)
{
    ck_assert(without(calls[0], EPERM));
    ck_assert(without(calls[1], EPERM));
}

static int watch(int fd)
{
    int loop = epoll_create1(EPOLL_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_ge(loop, 0);
    ck_assert_int_eq(epoll_ctl(loop, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN}),
                     0);
    return loop;
}

/* Sleeps in the loop; that it is woken at all is what is tested. */
static void await_readable(int loop)
{
    struct epoll_event event;
    int ready;

    do
        ready = epoll_wait(loop, &event, 1, (int)(PATIENCE / 1000000));
    while (ready < 0 && errno == EINTR);
    ck_assert_int_eq(ready, 1);
}

static void take_locked_in(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    int result, loop = watch(streamx_consumer_fd(consumer));

    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    lock_in(arg);
    say(parent, 1);
    while ((result = streamx_next(consumer, &message, STREAMX_NOWAIT)) != 0) {
        if (result == 1)
            say(parent, (int64_t)message.seq);
        else {
            ck_assert_int_eq(result, -EAGAIN);
            await_readable(loop);
        }
    }
    close(loop);
    streamx_unsubscribe(consumer);
}

static void feed_one_in_a_loop(const long *calls)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child consumer = child_start(take_locked_in, (void *)(uintptr_t)calls);

    ck_assert_int_eq(hear(consumer.link), 1);
    for (int i = 1; i <= MESSAGES; i++) {
        ck_assert_int_eq(streamx_put(producer, &i, sizeof i, PATIENCE), 0);
        ck_assert_int_eq(hear(consumer.link), i);
        look_again_soon();
    }
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    child_join(&consumer);
}

START_TEST(locked_in_consumer_hears_of_each_message)
{
    for (size_t i = 0; i < KINDS; i++)
        feed_one_in_a_loop(forbidden[i]);
}
END_TEST

static void put_locked_in(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    int loop = watch(streamx_producer_fd(producer, STREAMX_ROOM));

    lock_in(arg);
    say(parent, 1);
    for (int i = 0; i < MESSAGES; i++)
        while (try_put(producer) == -EAGAIN)
            await_readable(loop);
    close(loop);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

static void follow_one_in_a_loop(const long *calls)
{
    struct child producer = child_start(put_locked_in, (void *)(uintptr_t)calls);
    struct streamx_consumer *consumer;
    struct streamx_message message;

    ck_assert_int_eq(hear(producer.link), 1);
    consumer = join("s");
    for (uint64_t seq = 1; seq <= MESSAGES; seq++) {
        ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), 1);
        ck_assert_uint_eq(message.seq, seq);
        look_again_soon();
    }
    ack_all(consumer);
    child_join(&producer);
    streamx_unsubscribe(consumer);
}

START_TEST(locked_in_producer_hears_of_each_acknowledgment)
{
    for (size_t i = 0; i < KINDS; i++)
        follow_one_in_a_loop(forbidden[i]);
}
END_TEST

/* It has slept on its ring before, and now cannot. */
static void wait_locked_in(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    ck_assert_int_eq(streamx_next(consumer, &message, 5 * BRIEFLY), -ETIMEDOUT);
    lock_in(arg);
    ck_assert_int_eq(streamx_next(consumer, &message, 5 * BRIEFLY), -ETIMEDOUT);
    say(parent, 1);
    while (streamx_next(consumer, &message, PATIENCE) == 1)
        say(parent, (int64_t)message.seq);
    streamx_unsubscribe(consumer);
}

static void feed_one_in_calls(const long *calls)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child consumer = child_start(wait_locked_in, (void *)(uintptr_t)calls);

    ck_assert_int_eq(hear(consumer.link), 1);
    for (int i = 1; i <= MESSAGES; i++) {
        WAIT_UNTIL(child_asleep(&consumer));
        ck_assert_int_eq(streamx_put(producer, &i, sizeof i, PATIENCE), 0);
        ck_assert_int_eq(hear(consumer.link), i);
    }
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    child_join(&consumer);
}

START_TEST(locked_in_consumer_sleeps_in_calls)
{
    for (size_t i = 0; i < KINDS; i++)
        feed_one_in_calls(forbidden[i]);
}
END_TEST

/* ---- deaths, whatever the kernel gives for a reason ------------------------------------------ */

static const int refusals[] = {EPERM, EBUSY, ENOMEM};

enum { REFUSALS = sizeof refusals / sizeof refusals[0] };

/* What was armed before is told of still; so something is, and there is nothing in its place. */
static void lose_a_producer(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");
    int result, loop = watch(streamx_consumer_fd(consumer));

    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert(without(SYS_io_uring_enter, *(const int *)arg));
    say(parent, 1);
    await_readable(loop);
    next_text(consumer, 1, "a");
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    say(parent, 2);
    WAIT_UNTIL((await_readable(loop), result = try_next(consumer)) != -EAGAIN);
    ck_assert_int_eq(result, -EOWNERDEAD);
    close(loop);
    streamx_unsubscribe(consumer);
}

static void put_one(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    say(parent, 1);
    hear(parent);
    put_text(producer, "a");
    hear(parent);
    streamx_abandon(producer);
}

START_TEST(refused_consumer_hears_of_a_death)
{
    for (size_t i = 0; i < REFUSALS; i++) {
        struct child producer = child_start(put_one, NULL), consumer;

        ck_assert_int_eq(hear(producer.link), 1);
        consumer = child_start(lose_a_producer, (void *)(uintptr_t)&refusals[i]);
        ck_assert_int_eq(hear(consumer.link), 1);
        say(producer.link, 1);
        ck_assert_int_eq(hear(consumer.link), 2);
        child_kill(&producer);
        child_join(&consumer);
        ck_assert(!name_exists("s"));
    }
}
END_TEST

static void lose_a_consumer(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    int loop = watch(streamx_producer_fd(producer, STREAMX_ROOM | STREAMX_ALONE));

    put_text(producer, "a");
    say(parent, 1);
    hear(parent);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ck_assert(without(SYS_io_uring_enter, *(const int *)arg));
    say(parent, 2);
    WAIT_UNTIL((await_readable(loop), try_put(producer)) == 0);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT), -EAGAIN);
    say(parent, 3);
    WAIT_UNTIL((await_readable(loop), streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT)) ==
               STREAMX_ALONE);
    close(loop);
    streamx_abandon(producer);
}

static void acknowledge_one(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");

    (void)arg;
    take_text(consumer, 1, "a");
    say(parent, 1);
    hear(parent);
    ack_all(consumer);
    hear(parent);
    streamx_unsubscribe(consumer);
}

START_TEST(refused_producer_hears_of_a_death)
{
    for (size_t i = 0; i < REFUSALS; i++) {
        struct child producer = child_start(lose_a_consumer, (void *)(uintptr_t)&refusals[i]);
        struct child consumer;

        ck_assert_int_eq(hear(producer.link), 1);
        consumer = child_start(acknowledge_one, NULL);
        ck_assert_int_eq(hear(consumer.link), 1);
        say(producer.link, 1);
        ck_assert_int_eq(hear(producer.link), 2);
        say(consumer.link, 1);
        ck_assert_int_eq(hear(producer.link), 3);
        child_kill(&consumer);
        child_join(&producer);
        ck_assert_int_eq(streamx_remove("s", 0), 0);
    }
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
    return RUN_TESTS("forbidden", locked_in_consumer_hears_of_each_message,
                     locked_in_producer_hears_of_each_acknowledgment,
                     locked_in_consumer_sleeps_in_calls, refused_consumer_hears_of_a_death,
                     refused_producer_hears_of_a_death);
}
