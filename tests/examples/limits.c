/* SPDX-License-Identifier: MIT */
/*
 * Example: bounding a wait in time, and cancelling one, as one does with any request of a ring.
 *
 *  - A time limit on one wait is a linked timeout. It takes the second entry's place, which does
 *    nothing otherwise. An absolute time holds for all arms of a wait, however often it is armed.
 *  - A time limit on several waits is a timeout of one's own beside them. What is left of them when
 *    the first has completed is cancelled by user data.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <streamx_uring.h>

#define SHORTLY_NS 10000000
#define PATIENTLY_NS 60000000000

enum { STREAMS = 2, MESSAGE = STREAMS, LIMIT }; /* user data; below these the stream's number */

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

static void need_arm(int armed)
{
    if (armed == -EOPNOTSUPP)
        exit(77); /* before kernel 6.7, or forbidden */
    need(armed, "arm");
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

/* ---- one wait ------------------------------------------------------------------------------ */

static struct __kernel_timespec time_in(int64_t ns)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    ns += now.tv_nsec;
    return (struct __kernel_timespec){.tv_sec = now.tv_sec + ns / 1000000000,
                                      .tv_nsec = ns % 1000000000};
}

static bool has_passed(const struct __kernel_timespec *deadline)
{
    struct __kernel_timespec now = time_in(0);

    return now.tv_sec > deadline->tv_sec ||
           (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec);
}

/* As streamx_arm_next, and the arm completes at the deadline at the latest. */
static int arm_until(struct streamx_consumer *consumer, uint64_t user_data,
                     struct __kernel_timespec *deadline)
{
    struct io_uring_sqe entries[2], *both[2] = {&entries[0], &entries[1]};
    int failed = streamx_prep_next(consumer, both, user_data);

    if (failed)
        return failed;
    entries[0].flags |= IOSQE_IO_LINK;
    io_uring_prep_link_timeout(&entries[1], deadline, IORING_TIMEOUT_ABS);
    entries[1].user_data = UINT64_MAX;
    return streamx_queue_entries(&ring, entries);
}

/* streamx_next with a deadline: -ETIMEDOUT, or what streamx_next gives. */
static int next_until(struct streamx_consumer *consumer, struct streamx_message *message,
                      struct __kernel_timespec deadline)
{
    int got, result;

    while ((got = streamx_next(consumer, message, STREAMX_NOWAIT)) == -EAGAIN) {
        if (has_passed(&deadline))
            return -ETIMEDOUT;
        need_arm(arm_until(consumer, MESSAGE, &deadline));
        expect(completed(&result) == MESSAGE, "the arm completes, once");
    }
    return got;
}

/* ---- several waits ------------------------------------------------------------------------- */

/* Waits until one of the streams may have something, or for the deadline. */
static void await_any(struct streamx_consumer *const *consumers, struct __kernel_timespec *deadline)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
    int result;

    io_uring_prep_timeout(entry, deadline, 0, IORING_TIMEOUT_ABS);
    entry->user_data = LIMIT;
    for (uint64_t i = 0; i < STREAMS; i++)
        need_arm(streamx_arm_next(consumers[i], &ring, i));
    completed(&result);
    for (uint64_t i = 0; i < STREAMS; i++)
        need(streamx_disarm(&ring, i), "disarm"); /* one that has completed is not found */
    entry = io_uring_get_sqe(&ring);
    io_uring_prep_timeout_remove(entry, LIMIT, 0);
    entry->user_data = UINT64_MAX;
    for (int left = STREAMS; left > 0; left--) /* each completes once, whatever became of it */
        completed(&result);
}

/* The first message of any stream: whose it is, or -ETIMEDOUT. */
static int next_of_any(struct streamx_consumer *const *consumers, struct streamx_message *message,
                       struct __kernel_timespec deadline)
{
    for (;;) {
        for (int i = 0; i < STREAMS; i++) {
            int got = streamx_next(consumers[i], message, STREAMX_NOWAIT);

            if (got == 1)
                return i;
            expect(got == -EAGAIN, "the streams go on");
        }
        if (has_passed(&deadline))
            return -ETIMEDOUT;
        await_any(consumers, &deadline);
    }
}

int main(void)
{
    static const char *const names[STREAMS] = {"limits.0", "limits.1"};
    struct streamx_producer *producers[STREAMS];
    struct streamx_consumer *consumers[STREAMS];
    struct streamx_message message;

    if (io_uring_queue_init(16, &ring, 0) != 0)
        return 77;
    for (int i = 0; i < STREAMS; i++) {
        need(streamx_create(&producers[i], names[i], NULL), "create");
        need(streamx_subscribe(&consumers[i], names[i], NULL, STREAMX_NOWAIT), "subscribe");
    }
    expect(next_until(consumers[0], &message, time_in(SHORTLY_NS)) == -ETIMEDOUT, "nothing comes");
    expect(next_of_any(consumers, &message, time_in(SHORTLY_NS)) == -ETIMEDOUT,
           "nothing comes from either");
    need(streamx_put(producers[1], "a", 1, STREAMX_NOWAIT), "put");
    expect(next_of_any(consumers, &message, time_in(PATIENTLY_NS)) == 1,
           "the second one's message comes");
    for (int i = 0; i < STREAMS; i++) {
        need(streamx_ack(consumers[i], 0), "ack");
        need(streamx_close(producers[i], STREAMX_FOREVER), "close");
        expect(next_until(consumers[i], &message, time_in(PATIENTLY_NS)) == 0, "the end comes");
        streamx_unsubscribe(consumers[i]);
    }
    io_uring_queue_exit(&ring);
    return EXIT_SUCCESS;
}
