/* SPDX-License-Identifier: MIT */
/* The producer's handle, shared by producer.c, room.c and put.c. */
#ifndef SX_PRODUCER_H
#define SX_PRODUCER_H

#include "memory/fence.h"
#include "memory/registry.h"
#include "streamx.h"
#include "waiting/nap.h"
#include "waiting/notice.h"
#include "waiting/wait.h"

#define SX_ALL_EVENTS (STREAMX_ROOM | STREAMX_DRAINED | STREAMX_ATTACHED | STREAMX_ALONE)

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
    uint32_t *watched; /* pids of those whose deaths may matter to a sleep */
    uint32_t watched_count;
    bool watched_all; /* none is missing from that list */

    bool opened; /* min_consumers has been met */
    bool gated;  /* a put must look at the consumers first: not opened, or a pipe */
    struct sx_fence fence;
    struct sx_spin spin;
    struct sx_brief brief;
    struct sx_nap nap;
    struct sx_sleeper sleeper;
    struct sx_notice notice;     /* its descriptor, */
    unsigned notice_events;      /* for these, */
    uint64_t notice_epoch;       /* watching those who were active then */
    struct sx_laggard *laggards; /* by seat; NULL: nobody is ever evicted */
    int64_t blocked_since_ns;    /* since when something was waited for in vain; 0: it was not */
};

/* ---- view.c ------------------------------------------------------------------------------------
 */

/* Looks at the epoch, then at the active seats. */
void sx_view_refresh(struct streamx_producer *producer);

/* The same for the most common case: one consumer, nobody has come or gone. False: it is not. */
bool sx_view_refresh_lone(struct streamx_producer *producer);

/* Might a new look show anything new? Two loads, for the spinning. */
bool sx_view_moved(const struct streamx_producer *producer);

/* Looks, and returns those of `events` that hold, or 0, or -EPIPE. */
int sx_view_evaluate(struct streamx_producer *producer, unsigned events);

/* The seq after which the next slot is free. */
uint64_t sx_view_needed(const struct streamx_producer *producer);

/* What an acknowledger must reach to be worth a wake: SX_WANTED_NO_SEQ if none can be. */
uint64_t sx_view_wanted(const struct streamx_producer *producer, unsigned events);

/* Does every active consumer fence after it acknowledges? Else the heavy barrier is needed. */
bool sx_view_all_fence(const struct streamx_producer *producer);

/*
 * Looks at all seats and lists whose deaths may matter to a sleep that is about to be announced
 * (`watched`). Before the announcement: whoever makes true afterwards what is waited for, and dies
 * before it tells, was in its seat then.
 */
void sx_view_watch(struct streamx_producer *producer);

/* Is a seat claimed that does not count yet? Its death would show nowhere else. */
bool sx_view_claimed(const struct streamx_producer *producer);

/* Evicts who has held us up for too long; true: somebody was. `*due_ns` as of sx_evict_overdue. */
bool sx_view_evict(struct streamx_producer *producer, unsigned events, int64_t *due_ns);

/* ---- room.c ------------------------------------------------------------------------------------
 */

/*
 * Waits until one of `events` holds; `deadline_ns` 0 looks once. Returns the events that hold,
 * -EPIPE, -EAGAIN (deadline 0) or -ETIMEDOUT. Updates the cached view of the consumers.
 */
int sx_room_await(struct streamx_producer *producer, unsigned events, int64_t deadline_ns);

/* Spins for a moment until the next slot looks free. */
bool sx_room_spin(struct streamx_producer *producer);

/* ---- put.c -------------------------------------------------------------------------------------
 */

/* Wakes every consumer that may be asleep. */
void sx_put_wake(struct streamx_producer *producer);

/* ---- fd.c --------------------------------------------------------------------------------------
 */

/* A look has found nothing. Has the descriptor tell when one of its events holds. */
void sx_fd_renew_producer(struct streamx_producer *producer);

#endif
