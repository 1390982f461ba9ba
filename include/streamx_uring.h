/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a stream on the caller's own io_uring. Needs liburing.h (2.2 or newer) in the caller,
 * which for its part needs _GNU_SOURCE under -std=c11. libstreamx itself does not use liburing, and
 * its exported calls take plain kernel entries.
 *
 * After a NOWAIT call gave -EAGAIN, arm. One completion that carries `user_data` comes as soon as
 * the NOWAIT call would answer otherwise: for data or room, the end, a peer's death, an eviction;
 * or for no cause, with any result. It is a hint, the NOWAIT call is the answer; after -EAGAIN, arm
 * again. Nothing that happened between the NOWAIT call and the arm is missed.
 *
 *     while ((got = streamx_next(consumer, &message, STREAMX_NOWAIT)) == 1)
 *         use(&message);
 *     if (got == -EAGAIN)
 *         streamx_arm_next(consumer, &ring, user_data);
 *
 * Completions that carry UINT64_MAX belong to streamx and are ignored. `user_data` is unique on the
 * ring while it is armed. A handle is armed once at a time; disarm it, and submit, before freeing
 * the handle. Each arm takes two entries, one right after the other, and submits nothing: other
 * requests, with their own time limits and cancellations, share the ring freely. The thread that
 * arms and submits lives on for as long as the arm: with it goes what would complete it.
 *
 * The second entry does nothing. Its place may be taken by a linked timeout of the caller's:
 *
 *     streamx_prep_next(consumer, (struct io_uring_sqe *[]){&entries[0], &entries[1]}, user_data);
 *     entries[0].flags |= IOSQE_IO_LINK;
 *     io_uring_prep_link_timeout(&entries[1], &limit, 0);
 *     entries[1].user_data = UINT64_MAX;
 *     streamx_queue_entries(&ring, entries);
 *
 * Every kind of ring can be armed but one with IORING_SETUP_IOPOLL. Those with
 * IORING_SETUP_SINGLE_ISSUER and _DEFER_TASKRUN are the cheapest.
 *
 * Needs kernel 6.7 (io_uring's futex operations); elsewhere -EOPNOTSUPP, and the descriptors of
 * streamx_consumer_fd and streamx_producer_fd do the same on every kernel. Thread and fork rules
 * are those of streamx.h. None of these calls blocks.
 */
#ifndef STREAMX_URING_H
#define STREAMX_URING_H

#include <liburing.h>
#include <string.h>

#include "streamx.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Fills two entries, whatever is in them, which must be submitted one right after the other: sqe[0]
 * carries `user_data`, sqe[1] UINT64_MAX.
 *
 *   0
 *   -EOPNOTSUPP  no io_uring with futex operations here; or the consumer is a tap
 *   -EINVAL      no event, or an unknown one
 *   -EMFILE, -ENFILE, -ENOMEM, -EPERM (forked child)
 */
int streamx_prep_next(struct streamx_consumer *consumer, struct io_uring_sqe *sqe[2],
                      uint64_t user_data);
int streamx_prep_wait(struct streamx_producer *producer, unsigned events,
                      struct io_uring_sqe *sqe[2], uint64_t user_data);

/* Queues two prepared entries, or none. -EBUSY: fewer than two are free; submit, then try again. */
static inline int streamx_queue_entries(struct io_uring *ring,
                                        const struct io_uring_sqe prepared[2])
{
    if (io_uring_sq_space_left(ring) < 2)
        return -EBUSY;
    for (int i = 0; i < 2; i++)
        memcpy(io_uring_get_sqe(ring), &prepared[i], sizeof prepared[i]);
    return 0;
}

/* Arms for whatever streamx_next(consumer, ..., STREAMX_NOWAIT) waits for. -EBUSY: nothing was
 * queued; else as of streamx_prep_next. */
static inline int streamx_arm_next(struct streamx_consumer *consumer, struct io_uring *ring,
                                   uint64_t user_data)
{
    struct io_uring_sqe entries[2];
    struct io_uring_sqe *both[2] = {&entries[0], &entries[1]};
    int failed = streamx_prep_next(consumer, both, user_data);

    return failed ? failed : streamx_queue_entries(ring, entries);
}

/* Arms for streamx_wait(producer, events, STREAMX_NOWAIT). */
static inline int streamx_arm_wait(struct streamx_producer *producer, struct io_uring *ring,
                                   unsigned events, uint64_t user_data)
{
    struct io_uring_sqe entries[2];
    struct io_uring_sqe *both[2] = {&entries[0], &entries[1]};
    int failed = streamx_prep_wait(producer, events, both, user_data);

    return failed ? failed : streamx_queue_entries(ring, entries);
}

/* Queues the cancellation of an arm; its one completion then comes at once, if it has not come
 * already. -EBUSY: no entry is free. */
static inline int streamx_disarm(struct io_uring *ring, uint64_t user_data)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(ring);

    if (!entry)
        return -EBUSY;
    io_uring_prep_cancel64(entry, user_data, 0);
    entry->user_data = UINT64_MAX;
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif /* STREAMX_URING_H */
