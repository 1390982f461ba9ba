/* SPDX-License-Identifier: MIT */
/* The consumer's handle, shared by consumer.c, join.c and take.c. */
#ifndef SX_CONSUMER_H
#define SX_CONSUMER_H

#include "memory/fence.h"
#include "memory/frames.h"
#include "memory/registry.h"
#include "streamx.h"
#include "waiting/nap.h"
#include "waiting/notice.h"
#include "waiting/wait.h"

/* streamx_consumer.final before anything final has happened: not a result of streamx_take. */
#define SX_NOT_FINAL 1

struct streamx_consumer {
    struct sx_segment segment;
    struct sx_ticket ticket;
    struct sx_seat *seat; /* of that ticket */

    /* The next publication, and where it will be. */
    uint64_t next;
    uint32_t slot;
    const struct sx_frame *frame;

    /* The publication that is open: what is left of it comes before the next one. */
    const _Atomic uint32_t *ends; /* NULL: a single message */
    const unsigned char *payload;
    uint32_t count; /* messages; handed out so far: */
    uint32_t index;
    uint32_t start; /* offset of the next message in the payload */
    uint32_t bytes;
    uint64_t time_ns;

    uint64_t taken; /* seq of the last message handed out */
    uint64_t acked; /* seq of the last message acknowledged: what the cursor says */
    int final;      /* SX_NOT_FINAL, or what streamx_take repeats from now on */
    bool evictable;
    struct sx_fence fence;
    struct sx_spin spin;
    struct sx_brief brief;
    struct sx_nap nap;
    uint64_t epoch; /* when the parties were counted last */
    struct sx_sleeper sleeper;
    struct sx_notice notice; /* its descriptor */
    bool noticing;           /* which watches the producer already */
};

/*
 * Activates the claimed seat and finds where to start: sets next, slot, frame, taken, acked, and
 * `skip`, the number of messages of that publication that come before the start.
 * -EPROTO: the shared memory contradicts itself. -ESTALE: we were so slow that we were evicted.
 */
int sx_join(struct streamx_consumer *consumer, uint32_t start);

/* Opens the next publication, whose stamp has been seen; -EPROTO if it cannot be one. */
int sx_take_open(struct streamx_consumer *consumer);

/* Has the producer evicted us? False for good in a stream that does not evict. */
static inline bool sx_take_evicted(const struct streamx_consumer *consumer)
{
    if (__builtin_expect(!consumer->evictable, 1))
        return false;
    /* Asked after something was read in place, by plain and relaxed loads, which this keeps before.
     * While the bit is not set, the slots from this cursor on have not been touched; the producer
     * sets it before it claims one of them (put.c, claim). */
    sx_barrier_loads();
    /* Acquire: for whom the bit is, was stored before it. */
    return (atomic_load_explicit(&consumer->seat->cursor, memory_order_acquire) &
            SX_CURSOR_EVICTED) &&
           sx_registry_evicted(consumer->seat, consumer->ticket.attach);
}

/* Is the next publication there? */
static inline bool sx_take_ready(const struct streamx_consumer *consumer)
{
    /* Acquire pairs with the release in put.c: the frame and the payload. */
    return atomic_load_explicit(&consumer->frame->stamp, memory_order_acquire) == consumer->next;
}

/* Makes the cursor say `seq`; false if we were evicted. */
bool sx_take_store_cursor(struct streamx_consumer *consumer, uint64_t seq);

/* Leaves out the first messages of the open publication. */
int sx_take_skip(struct streamx_consumer *consumer, uint32_t messages);

/* ---- await.c -----------------------------------------------------------------------------------
 */

/* Waits until there is a next publication: 1; or -EAGAIN (timeout 0), -ETIMEDOUT, or how the stream
 * has ended for us. */
int sx_await_next(struct streamx_consumer *consumer, int64_t timeout_ns);

/* 1 = the next publication is there; -EAGAIN = not yet; else how the stream has ended for us. */
int sx_await_look(const struct streamx_consumer *consumer);

/* The same, knowing whether the producer has died. */
int sx_await_look_for_death(const struct streamx_consumer *consumer);

/* Spins for a moment until the next publication is there. */
bool sx_await_briefly(struct streamx_consumer *consumer);

/* ---- fd.c --------------------------------------------------------------------------------------
 */

/* sx_await_look_for_death has given -EAGAIN. Has the descriptor tell when that changes; unless
 * it has changed already: returns what sx_await_look says now. */
int sx_fd_renew_consumer(struct streamx_consumer *consumer);

/* Its notice has just been opened. */
void sx_fd_begin_consumer(struct streamx_consumer *consumer);

#endif
