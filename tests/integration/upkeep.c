/* SPDX-License-Identifier: MIT */
/*
 * What a program expects of a library that runs inside it: that errno stays, that a failure takes
 * nothing away that belongs to others, that many consumers cost no more than they must.
 */
#define _GNU_SOURCE
#include "streams.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens and closes; counts how often somebody else has closed its descriptor in between. */
static void *open_and_close(void *arg)
{
    int *lost = arg;

    for (int i = 0; i < 40000; i++) {
        int fd = open("/dev/null", O_RDONLY);

        for (volatile int wait = 0; wait < 100; wait++)
            ;
        if (close(fd) != 0)
            ++*lost;
    }
    return NULL;
}

START_TEST(failed_create_closes_only_what_it_opened)
{
    const struct streamx_options huge = {.slots = STREAMX_SLOTS_MAX,
                                         .slot_size = STREAMX_SLOT_SIZE_MAX};
    struct streamx_producer *producer;
    pthread_t other;
    int lost = 0;

    ck_assert_int_eq(pthread_create(&other, NULL, open_and_close, &lost), 0);
    while (pthread_tryjoin_np(other, NULL) != 0)
        ck_assert_int_eq(streamx_create(&producer, "s", &huge), -ENOSPC);
    ck_assert_int_eq(lost, 0);
}
END_TEST

START_TEST(errno_stays_as_it_was)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer;

    ck_assert_int_eq(streamx_remove("s", STREAMX_FORCE), 0);
    errno = 99;
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT), -ENOENT);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    producer = make_stream("s", NULL);
    errno = 99;
    ck_assert_int_eq(streamx_remove("s", STREAMX_FORCE), 0);
    streamx_abandon(producer);
    ck_assert_int_eq(errno, 99);
}
END_TEST

START_TEST(umask_does_not_lock_create_out)
{
    mode_t before = umask(0777);
    struct streamx_producer *producer = make_stream("s", NULL);

    umask(before);
    ck_assert_uint_eq(look("s").mode, 0600);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(mode_must_let_the_owner_in)
{
    const struct streamx_options options = {.mode = 0066};
    struct streamx_producer *producer;

    ck_assert_int_eq(streamx_create(&producer, "s", &options), -EINVAL);
}
END_TEST

static int note(const char *name, void *arg)
{
    (void)name;
    ++*(int *)arg;
    return 0;
}

START_TEST(list_gives_only_names_that_the_other_calls_take)
{
    const char *names[] = {"a\nb", "\x1b[2J", ".hidden"};
    int listed = 0;

    for (size_t i = 0; i < 3; i++)
        close(open(stream_path(names[i]), O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(streamx_list(note, &listed), 0);
    ck_assert_int_eq(listed, 0);
    for (size_t i = 0; i < 3; i++)
        unlink(stream_path(names[i]));
}
END_TEST

START_TEST(new_start_on_a_dead_stream_attaches)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer;

    put_text(producer, "a");
    streamx_abandon(producer);
    consumer = join_at("s", STREAMX_START_NEW);
    ck_assert_int_eq(try_take(consumer), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
}
END_TEST

static int64_t cpu_ns(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
           ((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

START_TEST(long_wait_for_many_consumers_sleeps)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumers[60];
    int64_t before;

    for (int i = 0; i < 60; i++)
        consumers[i] = join("s");
    put_text(producer, "a");
    before = cpu_ns();
    ck_assert_int_eq(streamx_put(producer, "b", 1, 1000000000), -ETIMEDOUT);
    ck_assert_int_lt(cpu_ns() - before, 200000000);
    for (int i = 0; i < 60; i++)
        streamx_unsubscribe(consumers[i]);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("upkeep", failed_create_closes_only_what_it_opened, errno_stays_as_it_was,
                     umask_does_not_lock_create_out, mode_must_let_the_owner_in,
                     list_gives_only_names_that_the_other_calls_take,
                     new_start_on_a_dead_stream_attaches, long_wait_for_many_consumers_sleeps);
}
