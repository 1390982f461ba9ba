/* SPDX-License-Identifier: MIT */
/*
 * The descriptors of a process are its own: it may have closed the first three, have none left, or
 * close the library's and use their numbers again. None of this makes anybody dead, overwrites
 * anything, or leaves a name behind.
 */
#define _GNU_SOURCE
#include "streams.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUNDS 300

/* A descriptor of this process that leads to the stream's file, or -1. */
static int kept_descriptor(const char *name)
{
    struct stat wanted, status;

    ck_assert_int_eq(stat(stream_path(name), &wanted), 0);
    for (int fd = 0; fd < 1024; fd++)
        if (fstat(fd, &status) == 0 && status.st_ino == wanted.st_ino &&
            status.st_dev == wanted.st_dev)
            return fd;
    return -1;
}

/* ---- 0, 1 and 2 ------------------------------------------------------------------------------ */

static void close_standard(void)
{
    for (int fd = 0; fd < 3; fd++)
        close(fd);
}

static void use_everything(void)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_gt(streamx_consumer_fd(consumer), 2);
    ck_assert_int_gt(streamx_producer_fd(producer, STREAMX_DRAINED), 2);
    ck_assert_int_gt(kept_descriptor("s"), 2);
    ck_assert_int_eq(fcntl(kept_descriptor("s"), F_GETFL) & O_ACCMODE, O_RDONLY);
    for (int fd = 0; fd < 3; fd++)
        ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    put_text(producer, "a");
    next_text(consumer, 1, "a");
    ack_all(consumer);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    streamx_unsubscribe(consumer);
}

static void without_standard(struct link parent, void *arg)
{
    (void)arg;
    close_standard();
    use_everything();
    say(parent, 1);
}

START_TEST(no_descriptor_is_below_three)
{
    struct child child = child_start(without_standard, NULL);

    ck_assert_int_eq(hear(child.link), 1);
    child_join(&child);
}
END_TEST

static atomic_bool quiet;
static atomic_ulong written;

/* Somebody who goes on printing. */
static void *print(void *arg)
{
    (void)arg;
    while (!atomic_load(&quiet))
        for (int fd = 0; fd < 3; fd++)
            if (write(fd, "printed", 7) > 0)
                atomic_fetch_add(&written, 1);
    return NULL;
}

static void open_beside_a_printer(struct link parent, void *arg)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    pthread_t printer;

    (void)arg;
    close_standard();
    ck_assert_int_eq(pthread_create(&printer, NULL, print, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        producer = make_stream("s", &(struct streamx_options){.slot_size = 64});
        consumer = join("s");
        streamx_unsubscribe(consumer);
        ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    }
    atomic_store(&quiet, true);
    pthread_join(printer, NULL);
    say(parent, (int64_t)atomic_load(&written));
}

START_TEST(printing_to_a_closed_descriptor_hits_no_file)
{
    struct child child = child_start(open_beside_a_printer, NULL);

    ck_assert_int_eq(hear(child.link), 0);
    child_join(&child);
}
END_TEST

/* ---- none left ------------------------------------------------------------------------------- */

static void use_up_descriptors(void)
{
    const struct rlimit few = {32, 32};

    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
        ;
    ck_assert_int_eq(errno, EMFILE);
}

static void close_without_descriptors(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    use_up_descriptors();
    say(parent, streamx_close(producer, PATIENCE));
}

/* The first three are free, and no others. */
static void ask_without_descriptors(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_cur = 3, .rlim_max = 3}), 0);
    say(parent, streamx_producer_fd(producer, STREAMX_ROOM));
    streamx_abandon(producer);
}

START_TEST(no_number_beyond_the_standard_ones_is_no_descriptor)
{
    struct child child = child_start(ask_without_descriptors, NULL);

    ck_assert_int_eq(hear(child.link), -EMFILE);
    child_join(&child);
    streamx_remove("s", STREAMX_FORCE);
}
END_TEST

static void abandon_without_descriptors(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    use_up_descriptors();
    streamx_abandon(producer);
    say(parent, 0);
}

/* The last one that leaves what a producer has left removes the name. */
static void leave_without_descriptors(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    (void)arg;
    put_text(producer, "a");
    next_text(consumer, 1, "a");
    streamx_abandon(producer);
    ack_all(consumer);
    use_up_descriptors();
    streamx_unsubscribe(consumer);
    say(parent, 0);
}

static void expect_no_name(void (*end)(struct link, void *))
{
    struct child child = child_start(end, NULL);

    ck_assert_int_eq(hear(child.link), 0);
    child_join(&child);
    ck_assert(!name_exists("s"));
}

START_TEST(endings_need_no_descriptor)
{
    expect_no_name(close_without_descriptors);
    expect_no_name(abandon_without_descriptors);
    expect_no_name(leave_without_descriptors);
}
END_TEST

/* ---- closed and used again ------------------------------------------------------------------- */

/* Closes the library's descriptor; `with`: what then has its number, NULL: nothing. */
static int replace_descriptor(const char *with)
{
    int other, fd = kept_descriptor("s");

    ck_assert_int_ge(fd, 0);
    close(fd);
    if (!with)
        return fd;
    other = open(with, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(other, 0);
    if (other != fd) {
        ck_assert_int_eq(dup3(other, fd, O_CLOEXEC), fd);
        close(other);
    }
    return fd;
}

static void hold_first(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");

    (void)arg;
    take_text(consumer, 1, "a");
    say(parent, 1);
    hear(parent);
    ck_assert_int_eq(streamx_ack(consumer, 0), 0);
    next_text(consumer, 2, "b");
    ack_all(consumer);
    streamx_unsubscribe(consumer);
}

/* A producer whose descriptor leads elsewhere, and who waits for a consumer in another process. */
static void wait_for_the_living(const char *with, uint32_t flags)
{
    struct streamx_producer *producer = make_stream("s", &(struct streamx_options){.flags = flags});
    struct child consumer;
    int fd;

    put_text(producer, "a");
    consumer = child_start(hold_first, NULL);
    ck_assert_int_eq(hear(consumer.link), 1);
    fd = replace_descriptor(with);
    ck_assert_int_eq(try_put(producer), -EBADF);
    ck_assert_int_eq(streamx_put(producer, "b", 1, PATIENCE), -EBADF);
    ck_assert_int_eq(streamx_put(producer, "b", 1, 1), -EBADF);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_DRAINED, PATIENCE), -EBADF);
    ck_assert_uint_eq(look("s").consumers, 1);
    say(consumer.link, 1);
    WAIT_UNTIL(streamx_put(producer, "b", 1, STREAMX_NOWAIT) == 0);
    child_join(&consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    ck_assert(!name_exists("s"));
    ck_assert_int_eq(fcntl(fd, F_GETFD) >= 0, with != NULL);
    close(fd);
}

START_TEST(producer_without_its_descriptor_calls_nobody_dead)
{
    wait_for_the_living("/dev/null", 0);
    wait_for_the_living(NULL, 0);
    wait_for_the_living("/dev/null", STREAMX_PIPE);
}
END_TEST

static void put_one_by_one(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    put_text(producer, "a");
    say(parent, 1);
    hear(parent);
    put_text(producer, "b");
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

static void wait_for_the_living_producer(const char *with)
{
    struct child producer = child_start(put_one_by_one, NULL);
    struct streamx_consumer *consumer;
    struct streamx_message message;
    int fd;

    ck_assert_int_eq(hear(producer.link), 1);
    consumer = join("s");
    next_text(consumer, 1, "a");
    fd = replace_descriptor(with);
    ck_assert_int_eq(try_next(consumer), -EBADF);
    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), -EBADF);
    ck_assert_int_eq(streamx_next(consumer, &message, 1), -EBADF);
    say(producer.link, 1);
    WAIT_UNTIL(streamx_take(consumer, &message, STREAMX_NOWAIT) == 1);
    ck_assert_uint_eq(message.seq, 2);
    ack_all(consumer);
    WAIT_UNTIL(try_next(consumer) == 0);
    child_join(&producer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(fcntl(fd, F_GETFD) >= 0, with != NULL);
    close(fd);
}

START_TEST(consumer_without_its_descriptor_calls_nobody_dead)
{
    wait_for_the_living_producer("/dev/null");
    wait_for_the_living_producer(NULL);
}
END_TEST

int main(void)
{
    return RUN_TESTS("descriptors", no_descriptor_is_below_three,
                     printing_to_a_closed_descriptor_hits_no_file, endings_need_no_descriptor,
                     no_number_beyond_the_standard_ones_is_no_descriptor,
                     producer_without_its_descriptor_calls_nobody_dead,
                     consumer_without_its_descriptor_calls_nobody_dead);
}
