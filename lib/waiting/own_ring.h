/* SPDX-License-Identifier: MIT */
/*
 * The handle's own io_uring: making it, and its end. What is done with it is in arming.h.
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
    unsigned char *rings;
    struct io_uring_sqe *entries;
    struct io_uring_cqe *completions;
    _Atomic uint32_t *sq_tail, *sq_flags, *cq_head, *cq_tail;
    uint32_t sq_entries, cq_entries;

    /* What is under way on it: arming.c. */
    uint32_t queued;  /* entries written and not yet submitted */
    bool refused;     /* the kernel has not taken what it was handed last */
    int64_t timer[2]; /* a struct __kernel_timespec, which the kernel reads when it is submitted */
    int64_t timer_until_ns;
    bool timer_armed, word_armed;
    bool shown; /* stays readable: one completion that has been taken is left to be seen */
};

/* Makes the ring when first asked. 0; -EOPNOTSUPP for good; or another error, for this time. */
int sx_own_ring_open(struct sx_own_ring *ring);

/* Releases it. Nothing may be armed: a forked child may keep the ring alive. `own`: this process
 * made it; else (forked child) its memory mapping is not there. */
void sx_own_ring_close(struct sx_own_ring *ring, bool own);

/* It was taken away (a sandbox, closefrom(3)): unavailable from now on. */
void sx_own_ring_give_up(struct sx_own_ring *ring);

#endif
