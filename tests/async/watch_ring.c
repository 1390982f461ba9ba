/* SPDX-License-Identifier: MIT */
/*
 * Waiting by an arm on a ring. Of each arm exactly one completion carries its number, which is
 * never used again; any other carries UINT64_MAX.
 */
#include "watch.h"

#include <stdlib.h>
#include <streamx_uring.h>

#define OP_FUTEX_WAIT 51 /* newer than some liburing */

struct watch_ring {
    struct io_uring uring;
    uint64_t arms;
};

int watch_ring_prepare_next(struct streamx_consumer *consumer)
{
    struct io_uring_sqe entries[2] = {0};

    return streamx_prep_next(consumer, (struct io_uring_sqe *[]){&entries[0], &entries[1]}, 1);
}

int watch_ring_prepare_wait(struct streamx_producer *producer, unsigned events)
{
    struct io_uring_sqe entries[2] = {0};

    return streamx_prep_wait(producer, events, (struct io_uring_sqe *[]){&entries[0], &entries[1]},
                             1);
}

bool rings_can_be_armed(void)
{
    struct io_uring_probe *probe = io_uring_get_probe();
    bool known = probe && io_uring_opcode_supported(probe, OP_FUTEX_WAIT);

    free(probe);
    return known;
}

struct watch_ring *watch_ring_open(void)
{
    struct watch_ring *ring = calloc(1, sizeof *ring);

    ck_assert_ptr_nonnull(ring);
    ck_assert_int_eq(io_uring_queue_init(8, &ring->uring, 0), 0);
    return ring;
}

void watch_ring_close(struct watch_ring *ring)
{
    io_uring_queue_exit(&ring->uring);
    free(ring);
}

static void wait_for_arm(struct watch_ring *ring)
{
    struct __kernel_timespec patience = {.tv_sec = PATIENCE / 1000000000};
    struct io_uring_cqe *completion;
    bool completed = false;

    ck_assert_int_eq(io_uring_submit(&ring->uring), 2);
    while (!completed) {
        int failed = io_uring_wait_cqe_timeout(&ring->uring, &completion, &patience);

        if (failed == -EINTR)
            continue;
        ck_assert_msg(failed == 0, "the arm stays silent: %d", failed);
        completed = completion->user_data == ring->arms;
        ck_assert(completed || completion->user_data == UINT64_MAX);
        io_uring_cqe_seen(&ring->uring, completion);
    }
}

void watch_ring_consumer(struct watch_ring *ring, struct streamx_consumer *consumer)
{
    ck_assert_int_eq(streamx_arm_next(consumer, &ring->uring, ++ring->arms), 0);
    wait_for_arm(ring);
}

int watch_ring_refused(struct watch_ring *ring, struct streamx_consumer *consumer)
{
    return streamx_arm_next(consumer, &ring->uring, ++ring->arms);
}

void watch_ring_producer(struct watch_ring *ring, struct streamx_producer *producer,
                         unsigned events)
{
    ck_assert_int_eq(streamx_arm_wait(producer, &ring->uring, events, ++ring->arms), 0);
    wait_for_arm(ring);
}
