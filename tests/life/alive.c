/* SPDX-License-Identifier: MIT */
/*
 * Who is alive is not taken for dead, however dead it may look: stopped for longer than every tick,
 * traced, without its first thread, in another time namespace.
 */
#define _GNU_SOURCE
#include "streams.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer than the slowest look for deaths, which is made every two seconds. */
#define LONGER_THAN_ANY_TICK ((int64_t)2500 * 1000 * 1000)

struct scene {
    struct child producer; /* has put "a", and puts "b" when it was acknowledged */
    struct child consumer; /* has "a" in hand */
};

static void consume_two(struct link parent)
{
    struct streamx_consumer *consumer = join("s");

    take_text(consumer, 1, "a");
    say(parent, 1);
    hear(parent);
    ack_all(consumer);
    take_text(consumer, 2, "b");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
}

static void produce_two(struct link parent)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    put_text(producer, "a");
    say(parent, 1);
    put_text(producer, "b");
    say(parent, 2);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

static void consumer_main(struct link parent, void *arg)
{
    (void)arg;
    consume_two(parent);
}

static void producer_main(struct link parent, void *arg)
{
    (void)arg;
    produce_two(parent);
}

static struct scene set_scene(void (*producer)(struct link, void *),
                              void (*consumer)(struct link, void *))
{
    struct scene scene = {.producer = child_start(producer, NULL)};

    ck_assert_int_eq(hear(scene.producer.link), 1);
    scene.consumer = child_start(consumer, NULL);
    ck_assert_int_eq(hear(scene.consumer.link), 1);
    WAIT_UNTIL(waits_for("s", 1));
    return scene;
}

static int count_alive(const struct streamx_consumer_info *info, void *arg)
{
    *(int *)arg += info->state == STREAMX_CONSUMER_ALIVE;
    return 0;
}

/* Nobody is thought dead, by whoever looks. */
static void expect_all_alive(void)
{
    struct streamx_producer *rival;
    int alive = 0;

    ck_assert_uint_eq(look("s").state, STREAMX_STATE_LIVE);
    ck_assert_int_eq(streamx_inspect_consumers("s", count_alive, &alive), 0);
    ck_assert_int_eq(alive, 1);
    ck_assert_int_eq(streamx_create(&rival, "s", NULL), -EEXIST);
}

/* Likewise, for longer than any tick; the put stays blocked. */
static void expect_patience(const struct scene *scene)
{
    int64_t until_ns = now_ns() + LONGER_THAN_ANY_TICK;

    WAIT_UNTIL(now_ns() > until_ns);
    ck_assert(!heard(scene->producer.link));
    expect_all_alive();
}

static void play_out(struct scene *scene)
{
    say(scene->consumer.link, 1);
    ck_assert_int_eq(hear(scene->producer.link), 2);
    child_join(&scene->consumer);
    child_join(&scene->producer);
}

START_TEST(stopped_consumer_holds_the_producer_up)
{
    struct scene scene = set_scene(producer_main, consumer_main);

    child_stop(&scene.consumer);
    expect_patience(&scene);
    child_continue(&scene.consumer);
    play_out(&scene);
}
END_TEST

START_TEST(stopped_producer_keeps_its_stream)
{
    struct scene scene = set_scene(producer_main, consumer_main);

    child_stop(&scene.producer);
    expect_patience(&scene);
    child_continue(&scene.producer);
    play_out(&scene);
}
END_TEST

static void trace(pid_t pid)
{
    int status;

    ck_assert_int_eq(ptrace(PTRACE_SEIZE, pid, NULL, NULL), 0);
    ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSTOPPED(status));
}

START_TEST(traced_processes_are_alive)
{
    struct scene scene = set_scene(producer_main, consumer_main);

    trace(scene.consumer.pid);
    trace(scene.producer.pid);
    expect_patience(&scene);
    ck_assert_int_eq(ptrace(PTRACE_DETACH, scene.consumer.pid, NULL, NULL), 0);
    ck_assert_int_eq(ptrace(PTRACE_DETACH, scene.producer.pid, NULL, NULL), 0);
    play_out(&scene);
}
END_TEST

static struct link parent_of_thread;

static void *consume_in_thread(void *arg)
{
    (void)arg;
    consume_two(parent_of_thread);
    _exit(0);
}

static void *produce_in_thread(void *arg)
{
    (void)arg;
    produce_two(parent_of_thread);
    _exit(0);
}

/* The process goes on without its first thread, and then shows as a zombie. */
static void end_first_thread(struct link parent, void *(*rest)(void *))
{
    pthread_t thread;

    parent_of_thread = parent;
    ck_assert_int_eq(pthread_create(&thread, NULL, rest, NULL), 0);
    pthread_exit(NULL);
}

static void headless_consumer(struct link parent, void *arg)
{
    (void)arg;
    end_first_thread(parent, consume_in_thread);
}

static void headless_producer(struct link parent, void *arg)
{
    (void)arg;
    end_first_thread(parent, produce_in_thread);
}

START_TEST(processes_without_their_first_thread_are_alive)
{
    struct scene scene = set_scene(headless_producer, headless_consumer);

    expect_patience(&scene);
    play_out(&scene);
}
END_TEST

/* Whatever is forked from here on has clocks that are far ahead. False: not permitted. */
static bool enter_time_namespace(void)
{
    static const char offsets[] = "monotonic 1000000 0\nboottime 1000000 0\n";
    int fd;
    bool written;

    if (unshare(CLONE_NEWTIME) != 0)
        return false;
    fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
    written = fd >= 0 && write(fd, offsets, strlen(offsets)) == (ssize_t)strlen(offsets);
    if (fd >= 0)
        close(fd);
    return written;
}

static void distant_consumer(struct link parent, void *arg)
{
    pid_t inner;

    (void)arg;
    ck_assert(enter_time_namespace());
    inner = fork();
    ck_assert_int_ge(inner, 0);
    if (inner == 0) {
        consume_two(parent);
        _exit(0);
    }
    waitpid(inner, NULL, 0);
}

START_TEST(consumer_in_another_time_namespace_is_alive)
{
    struct scene scene;
    int status;
    pid_t probe = fork();

    if (probe == 0)
        _exit(enter_time_namespace() ? 0 : 1);
    ck_assert_int_eq(waitpid(probe, &status, 0), probe);
    if (status != 0)
        return; /* not permitted */
    scene = set_scene(producer_main, distant_consumer);
    expect_patience(&scene);
    play_out(&scene);
}
END_TEST

int main(void)
{
    return RUN_TESTS("alive", stopped_consumer_holds_the_producer_up,
                     stopped_producer_keeps_its_stream, traced_processes_are_alive,
                     processes_without_their_first_thread_are_alive,
                     consumer_in_another_time_namespace_is_alive);
}
