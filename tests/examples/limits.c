/* SPDX-License-Identifier: MIT */
/*
 * Example: cancelling a wait, and bounding it in time, as one does with any request of a ring.
 *
 *  - A time limit is a timeout request of one's own beside the arm: whichever completes first, the
 *    other one is cancelled by its user data. It may as well stand for several arms at once.
 *  - A limit on other work of the ring is a linked timeout, as always: the arms are not in its way.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <streamx_uring.h>

enum { MESSAGE = 1, LIMIT, READ };

static struct io_uring ring;

static int need(int result, const char *what)
{
    if (result >= 0)
        return result;
    fprintf(stderr, "%s: %s\n", what, strerror(-result));
    exit(EXIT_FAILURE);
}

static void expect(bool holds, const char *what)
{
    if (!holds)
        need(-EPROTO, what);
}

/* The next completion that is not streamx's own. */
static uint64_t completed(int *result)
{
    struct io_uring_cqe *completion;
    uint64_t user_data = UINT64_MAX;

    while (user_data == UINT64_MAX) {
        int failed = io_uring_submit(&ring);

        if (failed >= 0)
            failed = io_uring_wait_cqe(&ring, &completion);
        if (failed == -EINTR)
            continue;
        need(failed, "io_uring");
        user_data = completion->user_data;
        *result = completion->res;
        io_uring_cqe_seen(&ring, completion);
    }
    return user_data;
}

/* streamx_next with a time limit: -ETIMEDOUT, or what streamx_next gives. */
static int next_within(struct streamx_consumer *consumer, struct streamx_message *message,
                       struct __kernel_timespec *limit)
{
    int got, result;
    bool timing = false, expired = false;

    while ((got = streamx_next(consumer, message, STREAMX_NOWAIT)) == -EAGAIN && !expired) {
        if (!timing) {
            struct io_uring_sqe *entry = io_uring_get_sqe(&ring);

            io_uring_prep_timeout(entry, limit, 0, 0);
            entry->user_data = LIMIT;
            timing = true;
        }
        got = streamx_arm_next(consumer, &ring, MESSAGE);
        if (got == -EOPNOTSUPP)
            exit(77);
        need(got, "arm");
        if (completed(&result) == LIMIT) {
            expired = true;
            need(streamx_disarm(&ring, MESSAGE), "disarm");
            expect(completed(&result) == MESSAGE, "the cancelled arm completes, once");
        }
    }
    if (timing && !expired) {
        struct io_uring_sqe *entry = io_uring_get_sqe(&ring);

        io_uring_prep_timeout_remove(entry, LIMIT, 0);
        entry->user_data = UINT64_MAX;
        expect(completed(&result) == LIMIT, "the removed limit completes, once");
    }
    return got == -EAGAIN ? -ETIMEDOUT : got;
}

/* A read with a linked timeout, while a stream is armed on the same ring. */
static void read_beside_an_arm(struct streamx_consumer *consumer)
{
    struct __kernel_timespec limit = {.tv_nsec = 10000000};
    struct streamx_message message;
    struct io_uring_sqe *entry;
    int ends[2], result;
    char byte;

    need(pipe(ends), "pipe");
    expect(streamx_next(consumer, &message, STREAMX_NOWAIT) == -EAGAIN, "nothing is there");
    need(streamx_arm_next(consumer, &ring, MESSAGE), "arm");
    entry = io_uring_get_sqe(&ring);
    io_uring_prep_read(entry, ends[0], &byte, 1, 0);
    entry->user_data = READ;
    entry->flags |= IOSQE_IO_LINK;
    entry = io_uring_get_sqe(&ring);
    io_uring_prep_link_timeout(entry, &limit, 0);
    entry->user_data = UINT64_MAX;
    expect(completed(&result) == READ && result == -ECANCELED, "the read runs into its limit");
    need(streamx_disarm(&ring, MESSAGE), "disarm");
    expect(completed(&result) == MESSAGE, "the arm was still there");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    struct __kernel_timespec shortly = {.tv_nsec = 10000000}, patiently = {.tv_sec = 60};
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    struct streamx_message message;

    if (io_uring_queue_init(16, &ring, 0) != 0)
        return 77;
    need(streamx_create(&producer, "limits", NULL), "create");
    need(streamx_subscribe(&consumer, "limits", NULL, STREAMX_NOWAIT), "subscribe");
    expect(next_within(consumer, &message, &shortly) == -ETIMEDOUT, "nothing comes in time");
    need(streamx_put(producer, "a", 1, STREAMX_NOWAIT), "put");
    expect(next_within(consumer, &message, &patiently) == 1, "a message comes in time");
    read_beside_an_arm(consumer);
    need(streamx_close(producer, STREAMX_FOREVER), "close");
    expect(next_within(consumer, &message, &patiently) == 0, "the end comes in time");
    streamx_unsubscribe(consumer);
    io_uring_queue_exit(&ring);
    return EXIT_SUCCESS;
}
