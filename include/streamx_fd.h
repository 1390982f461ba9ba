/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a stream in an event loop, by a descriptor. streamx.h includes this, and what it says
 * of every call holds here too. A program with an io_uring of its own waits on that:
 * streamx_uring.h.
 */
#ifndef STREAMX_FD_H
#define STREAMX_FD_H

#ifndef STREAMX_H
#error "include streamx.h, which includes this"
#endif

/*
 * A descriptor for epoll, poll, libuv, asyncio and the like, to be watched for reading: it is
 * readable when a NOWAIT call would not give -EAGAIN: a message, the end, the producer's death, an
 * eviction. It is never to be read. A NOWAIT call that gives -EAGAIN renews it; it may be readable
 * for no cause, and a poll that watches it may be interrupted (EINTR) without a signal handler.
 *
 * The descriptor belongs to the handle and goes with it; later calls return the same one. Costs one
 * io_uring; where there is none (before kernel 6.7, forbidden, or RLIMIT_MEMLOCK used up), a thread
 * that sleeps. If io_uring is forbidden only later, the descriptor is readable whenever it cannot
 * be renewed, so that a level-triggered loop looks every millisecond: make it after the sandbox.
 * Does not block.
 *
 *   -EMFILE, -ENFILE, -ENOMEM, -EAGAIN (no thread available), -EPERM (forked child)
 *   -EOPNOTSUPP  a tap
 */
int streamx_consumer_fd(struct streamx_consumer *consumer);

/*
 * A descriptor for a producer: readable when one of `events` (as of streamx_wait) holds, or when a
 * call that waits for them would give -EPIPE. A later call changes the events. What it tells of is
 * renewed by any NOWAIT call of the producer that gives -EAGAIN. Deaths and evictions that are due
 * make it readable.
 *
 *   -EINVAL  no event, or an unknown one
 *   else as of streamx_consumer_fd
 */
int streamx_producer_fd(struct streamx_producer *producer, unsigned events);

#endif /* STREAMX_FD_H */
