/* SPDX-License-Identifier: MIT */
/*
 * Waiting without blocking in a call of streamx: by poll or epoll on a handle's descriptor, or by
 * an arm on a ring of the caller's. Each call here is the loop that a user would write: the NOWAIT
 * call, and while that gives -EAGAIN, the wait.
 */
#ifndef STREAMX_ASYNC_WATCH_H
#define STREAMX_ASYNC_WATCH_H

#include "streams.h"

enum way { BY_POLL, BY_EPOLL, BY_ARM };

/*
 * Whatever is waited for must be told of well before two seconds have passed, since that is when a
 * handle looks around in any case: a wake that was lost would show as that long a wait.
 */
#define PROMPTLY ((int64_t)1700 * 1000 * 1000)

struct watch_ring; /* watch_ring.c: BY_ARM */

struct watch {
    enum way way;
    int epoll_fd;
    struct watch_ring *ring;
    unsigned waits;  /* how often it waited so far */
    bool everything; /* nothing is missing here: this is the common case */
    bool armable;    /* here a ring can be armed */
};

const char *way_name(enum way way);
struct watch *watch_open(enum way way);
void watch_close(struct watch *watch);

/* The results of streamx_next, streamx_take and streamx_wait, never -EAGAIN. */
int watch_next(struct watch *watch, struct streamx_consumer *consumer,
               struct streamx_message *message);
int watch_take(struct watch *watch, struct streamx_consumer *consumer,
               struct streamx_message *message);
int watch_wait(struct watch *watch, struct streamx_producer *producer, unsigned events);

/* One wait, after a NOWAIT call has given -EAGAIN. */
void watch_consumer(struct watch *watch, struct streamx_consumer *consumer);
void watch_producer(struct watch *watch, struct streamx_producer *producer, unsigned events);

/* The result of asking for the descriptor or the arm when it must be refused. */
int watch_refused(struct watch *watch, struct streamx_consumer *consumer);

/* Whether the descriptor is readable now. */
bool readable_now(int fd);

/* ---- watch_ring.c, or watch_no_ring.c where there is no liburing --------------------------- */

/* What the prep calls answer; they are not submitted. */
int watch_ring_prepare_next(struct streamx_consumer *consumer);
int watch_ring_prepare_wait(struct streamx_producer *producer, unsigned events);

/* Has this kernel got io_uring with futex operations, and may we use it? */
bool rings_can_be_armed(void);

struct watch_ring *watch_ring_open(void);
void watch_ring_close(struct watch_ring *ring);
void watch_ring_consumer(struct watch_ring *ring, struct streamx_consumer *consumer);
int watch_ring_refused(struct watch_ring *ring, struct streamx_consumer *consumer);
void watch_ring_producer(struct watch_ring *ring, struct streamx_producer *producer,
                         unsigned events);

#endif
