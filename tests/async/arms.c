/* SPDX-License-Identifier: MIT */
/*
 * Arms on a ring of the caller's: exactly one completion each, nothing left behind, cancelled and
 * bounded like any other request of the ring.
 */
#include "traces.h"

#include <pthread.h>
#include <stdlib.h>
#include <streamx_uring.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deeds.h"
#include "watch.h"

#define MINE UINT64_C(0x1234567887654321)
#define OTHER UINT64_C(7)

static struct io_uring ring;

static void open_ring(unsigned entries, unsigned flags)
{
    ck_assert_int_eq(io_uring_queue_init(entries, &ring, flags), 0);
}

/* The next completion that is not streamx's own. */
static uint64_t completed(int *result)
{
    struct __kernel_timespec patience = {.tv_sec = PATIENCE / 1000000000};
    struct io_uring_cqe *completion;
    uint64_t user_data;

    do {
        int failed = io_uring_wait_cqe_timeout(&ring, &completion, &patience);

        if (failed == -EINTR) {
            user_data = UINT64_MAX;
            continue;
        }
        ck_assert_int_eq(failed, 0);
        user_data = completion->user_data;
        *result = completion->res;
        io_uring_cqe_seen(&ring, completion);
    } while (user_data == UINT64_MAX);
    return user_data;
}

/* A request that completes at once, behind everything that completes at once before it. */
static void ck_assert_nothing_else_completes(void)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
    int result;

    ck_assert_ptr_nonnull(entry);
    io_uring_prep_nop(entry);
    entry->user_data = OTHER;
    io_uring_submit(&ring);
    ck_assert_uint_eq(completed(&result), OTHER);
}

/* How many entries it says is no measure: a thread of the kernel's may lag behind, or have taken
 * them before they are counted. */
static void submit(void)
{
    ck_assert_int_ge(io_uring_submit(&ring), 0);
}

static void arm(struct streamx_consumer *consumer)
{
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_int_eq(streamx_arm_next(consumer, &ring, MINE), 0);
    submit();
}

static void see_one_completion(unsigned flags)
{
    struct streamx_producer *producer = make_ring("s", 2);
    struct streamx_consumer *consumer = join("s");
    int result;

    open_ring(8, flags);
    arm(consumer);
    ck_assert_nothing_else_completes();
    put_text(producer, "a");
    ck_assert_uint_eq(completed(&result), MINE);
    ck_assert_nothing_else_completes();
    next_text(consumer, 1, "a");
    put_text(producer, "b");
    ck_assert_nothing_else_completes();
    streamx_unsubscribe(consumer);
    streamx_close(producer, STREAMX_NOWAIT);
    io_uring_queue_exit(&ring);
}

START_TEST(exactly_one_completion_carries_the_user_data)
{
    see_one_completion(0);
}
END_TEST

START_TEST(rings_of_other_kinds_can_be_armed)
{
    see_one_completion(IORING_SETUP_COOP_TASKRUN);
    see_one_completion(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
    see_one_completion(IORING_SETUP_SQE128);
    see_one_completion(IORING_SETUP_CQE32);
    see_one_completion(IORING_SETUP_SQPOLL);
}
END_TEST

enum { ARMS_SHORT = 2000, ARMS_LONG = 10000 };

static int arms(void)
{
    return long_run() ? ARMS_LONG : ARMS_SHORT;
}

static void arm_and_complete(struct streamx_producer *producer, struct streamx_consumer *consumer)
{
    uint64_t seq = look("s").published + 1;
    int result;

    arm(consumer);
    ck_assert_int_eq(streamx_put(producer, &seq, sizeof seq, STREAMX_NOWAIT), 0);
    ck_assert_uint_eq(completed(&result), MINE);
    ck_assert_int_eq(try_next(consumer), 1);
}

START_TEST(many_arms_leave_nothing_behind)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumer = join("s");
    struct traces before;

    open_ring(8, 0);
    for (int i = 0; i < 100; i++)
        arm_and_complete(producer, consumer);
    ck_assert_nothing_else_completes();
    before = traces_now();
    for (int i = 0; i < arms(); i++)
        arm_and_complete(producer, consumer);
    ck_assert_nothing_else_completes();
    before.requests += arms(); /* the second entry of each, which is done and does not say so */
    ck_assert_no_more_traces_than(&before);
    streamx_unsubscribe(consumer);
    streamx_close(producer, STREAMX_NOWAIT);
    io_uring_queue_exit(&ring);
}
END_TEST

static void disarm(void)
{
    int result;

    ck_assert_int_eq(streamx_disarm(&ring, MINE), 0);
    submit();
    ck_assert_uint_eq(completed(&result), MINE);
}

START_TEST(many_disarms_leave_nothing_behind)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumer = join("s");
    struct traces before;

    open_ring(8, 0);
    arm(consumer);
    disarm();
    ck_assert_nothing_else_completes();
    before = traces_now();
    for (int i = 0; i < arms(); i++) {
        arm(consumer);
        disarm();
    }
    ck_assert_nothing_else_completes();
    before.requests += arms(); /* the second entry of each, which is done and does not say so */
    ck_assert_no_more_traces_than(&before);
    streamx_unsubscribe(consumer);
    streamx_close(producer, STREAMX_NOWAIT);
    io_uring_queue_exit(&ring);
}
END_TEST

/* The handles are gone when their completions are seen; ASan would see a touch. */
static void free_what_is_disarmed(unsigned flags)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    int result;

    open_ring(16, flags);
    for (int i = 0; i < 200; i++) {
        producer = make_stream("s", NULL);
        consumer = join("s");
        arm(consumer);
        ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT), -EAGAIN);
        ck_assert_int_eq(streamx_arm_wait(producer, &ring, STREAMX_ALONE, OTHER + 1), 0);
        io_uring_submit(&ring);
        if (i % 2 == 0)
            put_text(producer, "a"); /* it completes, or is about to */
        ck_assert_int_eq(streamx_disarm(&ring, MINE), 0);
        ck_assert_int_eq(streamx_disarm(&ring, OTHER + 1), 0);
        io_uring_submit(&ring);
        streamx_unsubscribe(consumer);
        streamx_close(producer, STREAMX_NOWAIT);
        ck_assert_uint_eq(completed(&result) + completed(&result), MINE + OTHER + 1);
    }
    ck_assert_nothing_else_completes();
    io_uring_queue_exit(&ring);
}

START_TEST(stale_completion_after_disarm_and_free_touches_nothing)
{
    free_what_is_disarmed(0);
    free_what_is_disarmed(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
    free_what_is_disarmed(IORING_SETUP_SQPOLL); /* the kernel may come to the arm after the free */
}
END_TEST

START_TEST(full_ring_is_busy_and_nothing_is_queued)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");
    int result;

    open_ring(4, 0);
    for (int i = 0; i < 3; i++)
        io_uring_prep_nop(io_uring_get_sqe(&ring));
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_int_eq(streamx_arm_next(consumer, &ring, MINE), -EBUSY);
    ck_assert_int_eq(streamx_arm_wait(producer, &ring, STREAMX_ALONE, MINE), -EBUSY);
    ck_assert_uint_eq(io_uring_sq_ready(&ring), 3);
    ck_assert_int_eq(streamx_disarm(&ring, MINE), 0);
    ck_assert_int_eq(streamx_disarm(&ring, MINE), -EBUSY);
    ck_assert_int_eq(io_uring_submit(&ring), 4);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(completed(&result), 0);
    arm(consumer);
    put_text(producer, "a");
    ck_assert_uint_eq(completed(&result), MINE);
    streamx_unsubscribe(consumer);
    streamx_close(producer, STREAMX_NOWAIT);
    io_uring_queue_exit(&ring);
}
END_TEST

/* The second entry's place may be taken by a linked timeout. */
static void arm_within(struct streamx_consumer *consumer, struct __kernel_timespec *limit)
{
    struct io_uring_sqe entries[2];

    ck_assert_int_eq(
        streamx_prep_next(consumer, (struct io_uring_sqe *[]){&entries[0], &entries[1]}, MINE), 0);
    entries[0].flags |= IOSQE_IO_LINK;
    io_uring_prep_link_timeout(&entries[1], limit, 0);
    entries[1].user_data = UINT64_MAX;
    ck_assert_int_eq(streamx_queue_entries(&ring, entries), 0);
    submit();
}

static void bound_by_a_linked_timeout(unsigned flags)
{
    struct __kernel_timespec shortly = {.tv_nsec = BRIEFLY},
                             patiently = {.tv_sec = PATIENCE / 1000000000};
    struct streamx_producer *producer = make_ring("s", 2);
    struct streamx_consumer *consumer = join("s");
    int result;

    open_ring(8, flags);
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    arm_within(consumer, &shortly);
    ck_assert_uint_eq(completed(&result), MINE);
    ck_assert_int_eq(result, -ECANCELED);
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    arm_within(consumer, &patiently);
    ck_assert_nothing_else_completes();
    put_text(producer, "a");
    ck_assert_uint_eq(completed(&result), MINE);
    next_text(consumer, 1, "a");
    put_text(producer, "b");
    arm_within(consumer, &patiently); /* there is one already */
    ck_assert_uint_eq(completed(&result), MINE);
    ck_assert_nothing_else_completes();
    streamx_unsubscribe(consumer);
    streamx_close(producer, STREAMX_NOWAIT);
    io_uring_queue_exit(&ring);
}

START_TEST(linked_timeout_bounds_an_arm)
{
    bound_by_a_linked_timeout(0);
    bound_by_a_linked_timeout(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
    bound_by_a_linked_timeout(IORING_SETUP_SQPOLL);
}
END_TEST

START_TEST(two_handles_share_one_ring)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *first = join("s"), *second = join("s");
    int result;

    open_ring(8, 0);
    arm(first);
    ck_assert_int_eq(try_next(second), -EAGAIN);
    ck_assert_int_eq(streamx_arm_next(second, &ring, MINE + 1), 0);
    io_uring_submit(&ring);
    put_text(producer, "a");
    ck_assert_uint_eq(completed(&result) + completed(&result), 2 * MINE + 1);
    next_text(first, 1, "a");
    next_text(second, 1, "a");
    streamx_unsubscribe(first);
    streamx_unsubscribe(second);
    streamx_close(producer, STREAMX_NOWAIT);
    io_uring_queue_exit(&ring);
}
END_TEST

/* Tries whenever the arm completes, and arms again, until there is an answer. */
static int answer_by_arm(struct streamx_consumer *consumer)
{
    int result, got;

    ck_assert_uint_eq(completed(&result), MINE);
    while ((got = try_next(consumer)) == -EAGAIN) {
        ck_assert_int_eq(streamx_arm_next(consumer, &ring, MINE), 0);
        io_uring_submit(&ring);
        ck_assert_uint_eq(completed(&result), MINE);
    }
    return got;
}

/* A thread comes and goes while the consumer is armed; then the producer dies. */
static void hear_of_a_death_after(void *(*thread_of)(void *))
{
    struct doer producer = producer_that(DIE, 0, NULL);
    struct streamx_consumer *consumer = join("s");
    pthread_t thread;

    open_ring(8, 0);
    arm(consumer);
    ck_assert_int_eq(pthread_create(&thread, NULL, thread_of, consumer), 0);
    pthread_join(thread, NULL);
    let_it(&producer);
    ck_assert_int_eq(answer_by_arm(consumer), -EOWNERDEAD);
    was_told_promptly(&producer);
    streamx_unsubscribe(consumer);
    io_uring_queue_exit(&ring);
}

static void *do_nothing(void *arg)
{
    return arg;
}

/* With which the kernel moves the private futexes of a process to a table of its own. */
START_TEST(arm_outlives_the_coming_of_the_first_thread)
{
    hear_of_a_death_after(do_nothing);
}
END_TEST

static void *look_in_vain(void *arg)
{
    ck_assert_int_eq(try_next(arg), -EAGAIN);
    return NULL;
}

/* What that thread has armed ends with it; the arm of this one does not depend on it. */
START_TEST(arm_outlives_another_thread_that_looks_meanwhile)
{
    hear_of_a_death_after(look_in_vain);
}
END_TEST

START_TEST(bad_events_are_invalid)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    open_ring(4, 0);
    ck_assert_int_eq(streamx_arm_wait(producer, &ring, 0, MINE), -EINVAL);
    ck_assert_int_eq(streamx_arm_wait(producer, &ring, 16, MINE), -EINVAL);
    ck_assert_uint_eq(io_uring_sq_ready(&ring), 0);
    streamx_close(producer, STREAMX_NOWAIT);
    io_uring_queue_exit(&ring);
}
END_TEST

int main(void)
{
    if (!rings_can_be_armed())
        return EXIT_SKIPPED;
    return RUN_TESTS("arms", exactly_one_completion_carries_the_user_data,
                     rings_of_other_kinds_can_be_armed, many_arms_leave_nothing_behind,
                     many_disarms_leave_nothing_behind,
                     stale_completion_after_disarm_and_free_touches_nothing,
                     full_ring_is_busy_and_nothing_is_queued, two_handles_share_one_ring,
                     arm_outlives_the_coming_of_the_first_thread,
                     arm_outlives_another_thread_that_looks_meanwhile, linked_timeout_bounds_an_arm,
                     bad_events_are_invalid);
}
