/* SPDX-License-Identifier: MIT */
/* The producer's handle, shared by producer.c, room.c and put.c. */
#ifndef SX_PRODUCER_H
#define SX_PRODUCER_H

#include "fence.h"
#include "registry.h"
#include "streamx.h"
#include "wait.h"

struct sx_laggard;

struct streamx_producer {
    struct sx_segment segment;

    /* The ring, as only the producer knows it. */
    uint64_t next;       /* the publication to fill next */
    uint32_t slot;       /* where it goes */
    uint64_t last_seq;   /* of the last message published */
    uint64_t *slot_last; /* by slot: the last seq that it holds */
    uint64_t bytes;      /* payload published so far */
    bool loaned;

    /* What was seen of the consumers, valid under `epoch`. */
    uint64_t epoch;
    uint64_t limit; /* slots may be reused through this seq */
    struct sx_tally tally;
    uint64_t slowest_cursor; /* as loaded: when it changes, something may have become free */
    uint32_t *active;        /* the seats that were active */
    uint32_t active_count;

    bool opened; /* min_consumers has been met */
    bool gated;  /* a put must look at the consumers first: not opened, or a pipe */
    struct sx_fence fence;
    struct sx_spin spin;
    struct sx_sleeper sleeper;
    struct sx_laggard *laggards; /* by seat; NULL: nobody is ever evicted */
    int64_t blocked_since_ns;    /* since when something was waited for in vain; 0: it was not */
};

/*
 * Waits until one of `events` holds; `deadline_ns` 0 looks once. Returns the events that hold,
 * -EPIPE, -EAGAIN (deadline 0) or -ETIMEDOUT. Updates the cached view of the consumers.
 */
int sx_room_await(struct streamx_producer *producer, unsigned events, int64_t deadline_ns);

/* Spins for a moment until the next slot looks free. */
bool sx_room_spin(struct streamx_producer *producer);

/* Wakes every consumer that may be asleep. */
void sx_put_wake(struct streamx_producer *producer);

#endif
