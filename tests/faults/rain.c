/* SPDX-License-Identifier: MIT */
/*
 * A rain of signals, memory that must stay locked, a producer that evicts faster than one can
 * attach: calls end, with what is documented. Linked with the linker's --wrap for the barrier in
 * whose midst the eviction comes, and the library's objects.
 */
#define _GNU_SOURCE
#include "../life/without.h"
#include "streams.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "kernel/barrier.h"

enum { LARGE = 64 << 20 };

static void ignore(int number)
{
    (void)number;
}

/* A handler runs every hundred microseconds. */
static void let_it_rain(void)
{
    const struct itimerval often = {{0, 100}, {0, 100}};
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = ignore;
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
}

static void create_in_the_rain(struct link parent, void *arg)
{
    struct streamx_producer *producer;

    (void)arg;
    let_it_rain();
    say(parent, streamx_create(&producer, "s", &(struct streamx_options){.slot_size = LARGE}));
    streamx_abandon(producer);
}

START_TEST(large_stream_is_made_in_a_rain_of_signals)
{
    struct child child = child_start(create_in_the_rain, NULL);

    ck_assert_int_eq(hear(child.link), 0);
    child_join(&child);
}
END_TEST

static int64_t barrier_ns; /* when the last one began */

/* The time that stands in for membarrier is not cut short. */
static void attach_in_the_rain(struct link parent, void *arg)
{
    struct streamx_consumer *consumer;

    (void)arg;
    if (without(SYS_membarrier, ENOSYS)) {
        let_it_rain();
        consumer = join("s");
        ck_assert_int_ge(now_ns() - barrier_ns, 1000 * 1000);
        streamx_unsubscribe(consumer);
    }
    say(parent, 1);
}

START_TEST(joiner_without_membarrier_waits_its_millisecond)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child child = child_start(attach_in_the_rain, NULL);

    ck_assert_int_eq(hear(child.link), 1);
    child_join(&child);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

/* The address sanitizer makes a call of it that does nothing, and could not live with it. */
static bool lock_all(void)
{
#ifdef __SANITIZE_ADDRESS__
    return false;
#else
    return mlockall(MCL_FUTURE) == 0;
#endif
}

/* All memory must be locked from now on, and there is hardly any that may be. */
static void run_short_of_locked_memory(struct link parent, void *arg)
{
    const struct rlimit little = {1 << 20, 1 << 20};
    const struct streamx_options large = {.slot_size = LARGE};
    const struct streamx_subscribe_options any = {.flags = STREAMX_ANY_OWNER};
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    bool locked;

    (void)arg;
    ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &little), 0);
    if (geteuid() == 0)
        ck_assert_int_eq(setresuid(12001, 12001, 12001), 0);
    locked = lock_all();
    say(parent, locked);
    if (locked) {
        say(parent, streamx_create(&producer, "t", &large));
        say(parent, streamx_subscribe(&consumer, "s", &any, STREAMX_NOWAIT));
    }
    hear(parent);
}

START_TEST(memory_that_cannot_be_locked_is_no_memory)
{
    const struct streamx_options large = {.slot_size = LARGE, .mode = 0666};
    struct streamx_producer *producer = make_stream("s", &large);
    struct child child;

    ck_assert_int_eq(chmod(stream_dir(), 0777), 0);
    child = child_start(run_short_of_locked_memory, NULL);
    if (hear(child.link)) {
        ck_assert_int_eq(hear(child.link), -ENOMEM);
        ck_assert_int_eq(hear(child.link), -ENOMEM);
    }
    child_kill(&child);
    streamx_abandon(producer);
}
END_TEST

enum { ROOMY = 4 << 20, RESERVE = 4096 };

/* Makes one stream and attaches to another, with all memory locked: how much memory the first one
 * has taken. */
static void use_with_all_locked(struct link parent, void *arg)
{
    const struct streamx_options roomy = {.slot_size = ROOMY, .reserve_size = RESERVE};
    const struct streamx_subscribe_options options = {.flags = *(const uint32_t *)arg};
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;

    if (lock_all()) {
        producer = make_stream("t", &roomy);
        put_text(producer, "t");
        say(parent, (int64_t)look("t").memory_bytes);
        ck_assert_int_eq(streamx_subscribe(&consumer, "s", &options, PATIENCE), 0);
        streamx_unsubscribe(consumer);
        streamx_abandon(producer);
        ck_assert_int_eq(streamx_remove("t", 0), 0);
    } else {
        say(parent, -1);
    }
}

START_TEST(memory_that_is_locked_fills_no_holes)
{
    const struct streamx_options roomy = {.slot_size = ROOMY, .reserve_size = RESERVE};
    const uint32_t flags[] = {0, STREAMX_TAP};
    struct streamx_producer *producer = make_stream("s", &roomy);
    int64_t before, other;

    put_text(producer, "s");
    before = (int64_t)look("s").memory_bytes;
    ck_assert_int_lt(before, ROOMY);
    for (int i = 0; i < 2; i++) {
        struct child child = child_start(use_with_all_locked, (void *)(uintptr_t)&flags[i]);

        other = hear(child.link);
        child_join(&child);
        ck_assert(other == before || other == -1);
        ck_assert_int_eq((int64_t)look("s").memory_bytes, before);
    }
    streamx_abandon(producer);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

void __real_sx_barrier_heavy_in_time(void);
void __wrap_sx_barrier_heavy_in_time(void);

static struct streamx_producer *evictor;

/* A joiner has just become active: it holds the producer up until that evicts it. */
void __wrap_sx_barrier_heavy_in_time(void)
{
    struct streamx_producer *producer = evictor;

    evictor = NULL; /* its own barriers */
    if (producer)
        WAIT_UNTIL(try_put(producer) == -EAGAIN && look("s").consumers == 0);
    evictor = producer;
    barrier_ns = now_ns();
    __real_sx_barrier_heavy_in_time();
}

START_TEST(one_that_is_always_evicted_does_not_try_for_ever)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.evict_after_ns = 1});
    struct streamx_consumer *consumer = join("s");

    put_text(producer, "a");
    next_text(consumer, 1, "a");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    put_text(producer, "b");
    evictor = producer;
    const struct streamx_subscribe_options oldest = {.start = STREAMX_START_OLDEST};
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", &oldest, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", &oldest, BRIEFLY), -ETIMEDOUT);
    evictor = NULL;
    consumer = join_at("s", STREAMX_START_OLDEST);
    next_text(consumer, 2, "b");
    ack_all(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "rain", large_stream_is_made_in_a_rain_of_signals,
        joiner_without_membarrier_waits_its_millisecond, memory_that_cannot_be_locked_is_no_memory,
        memory_that_is_locked_fills_no_holes, one_that_is_always_evicted_does_not_try_for_ever);
}
