/* SPDX-License-Identifier: MIT */
/*
 * The handle's own io_uring: its memory, its entries, its completions. What is armed on it is in
 * arming.h.
 *
 * Needs kernel 6.7 (io_uring's futex operations), and that nothing forbids io_uring. Where it is
 * not available, sx_own_ring_open says so, and the caller sleeps by the tick.
 */
#ifndef SX_OWN_RING_H
#define SX_OWN_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct io_uring_cqe;
struct io_uring_sqe;

enum sx_own_ring_state { SX_OWN_RING_UNTRIED = 0, SX_OWN_RING_OPEN, SX_OWN_RING_UNAVAILABLE };

/* Zero-initialised. */
struct sx_own_ring {
    enum sx_own_ring_state state;
    int fd;
    uint64_t identity[2]; /* device and inode of `fd` */
    bool shown;           /* stays readable */
    unsigned char *rings;
    struct io_uring_sqe *entries;
    struct io_uring_cqe *completions;
    _Atomic uint32_t *sq_tail, *sq_flags, *cq_head, *cq_tail;
    uint32_t sq_entries, cq_entries;
    uint32_t queued;  /* entries written and not yet submitted */
    int64_t timer[2]; /* a struct __kernel_timespec, which the kernel reads when it is submitted */
};

/* Makes the ring when first asked. 0; -EOPNOTSUPP for good; or another error, for this time. */
int sx_own_ring_open(struct sx_own_ring *ring);

/* Releases it. Nothing may be armed: a forked child may keep the ring alive. `own`: this process
 * made it; else (forked child) its memory mapping is not there. */
void sx_own_ring_close(struct sx_own_ring *ring, bool own);

/* A cleared entry, with room for another one behind it, to be queued. NULL: the kernel does not
 * take those that are queued. */
struct io_uring_sqe *sx_own_ring_entry(struct sx_own_ring *ring);

/* The entry behind those that are queued, cleared, whether there is room or not. */
struct io_uring_sqe *sx_own_ring_next(struct sx_own_ring *ring);

/* The entry is complete. */
void sx_own_ring_queue(struct sx_own_ring *ring);

/* Takes back what was queued last, as far as the kernel has not taken it. */
void sx_own_ring_unqueue(struct sx_own_ring *ring, uint32_t count);

/* Hands what was queued to the kernel. */
bool sx_own_ring_submit(struct sx_own_ring *ring);

/* Submits, and waits for a completion, at most until `deadline_ns`. False: neither, nor ever again. */
bool sx_own_ring_await(struct sx_own_ring *ring, int64_t deadline_ns);

/* It was taken away (a sandbox, closefrom(3)): unavailable from now on. */
void sx_own_ring_give_up(struct sx_own_ring *ring);

/* Has the descriptor be readable until the next sx_own_ring_reap, without a system call. Nobody who
 * sleeps on it already is woken. */
void sx_own_ring_stay_readable(struct sx_own_ring *ring);

/* Cancels every request, synchronously. */
void sx_own_ring_cancel(struct sx_own_ring *ring);

/* Takes the completions off the ring: their `user_data`, or-ed together. */
unsigned sx_own_ring_reap(struct sx_own_ring *ring);

#endif
