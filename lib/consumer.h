/* SPDX-License-Identifier: MIT */
/* The consumer's handle, shared by consumer.c, join.c and take.c. */
#ifndef SX_CONSUMER_H
#define SX_CONSUMER_H

#include "fence.h"
#include "frames.h"
#include "notice.h"
#include "registry.h"
#include "streamx.h"
#include "wait.h"

/* streamx_consumer.final before anything final has happened: not a result of streamx_take. */
#define SX_NOT_FINAL 1

struct streamx_consumer {
    struct sx_segment segment;
    struct sx_ticket ticket;

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
bool sx_take_evicted(const struct streamx_consumer *consumer);

/* Makes the cursor say `seq`; false if we were evicted. */
bool sx_take_store_cursor(struct streamx_consumer *consumer, uint64_t seq);

/* Leaves out the first messages of the open publication. */
int sx_take_skip(struct streamx_consumer *consumer, uint32_t messages);

/* 1 = the next publication is there; -EAGAIN = not yet; else how the stream has ended for us. */
int sx_take_look(const struct streamx_consumer *consumer);

/* The same, knowing whether the producer has died. */
int sx_take_look_for_death(const struct streamx_consumer *consumer);

/* fd.c: sx_take_look_for_death has given -EAGAIN. Has the descriptor tell when that changes; unless
 * it has changed already: returns what sx_take_look says now. */
int sx_fd_renew_consumer(struct streamx_consumer *consumer);

#endif
