/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on a futex word and on the lives of others at once, by an io_uring of the handle's own.
 *
 * Needs kernel 6.7 (io_uring's futex operations), and that nothing forbids io_uring. Where it is
 * not to be had, sx_sleeper_open says so, and the caller sleeps by the tick.
 *
 * One sleep: open, arm what should end it, sleep, which disarms. Nothing stays armed behind it.
 */
#ifndef SX_SLEEPER_H
#define SX_SLEEPER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct io_uring_cqe;
struct io_uring_sqe;

enum sx_sleeper_state { SX_SLEEPER_UNTRIED = 0, SX_SLEEPER_OPEN, SX_SLEEPER_UNAVAILABLE };

/* Zero-initialised. */
struct sx_sleeper {
    enum sx_sleeper_state state;
    int fd;
    uint32_t queued; /* entries written and not yet submitted */
    unsigned char *rings;
    uint64_t rings_bytes;
    struct io_uring_sqe *entries;
    uint64_t entries_bytes;
    _Atomic uint32_t *sq_tail, *sq_flags, *cq_head, *cq_tail;
    uint32_t sq_entries, cq_entries;
    struct io_uring_cqe *completions;
    int64_t
        timer[2]; /* a struct __kernel_timespec, which the kernel reads when it is handed over */
};

/* Makes the ring when first asked. 0; -EOPNOTSUPP for good; or another error, for this time. */
int sx_sleeper_open(struct sx_sleeper *sleeper);

/* The sleep ends when the word is woken, or if it is not `value` to begin with. */
bool sx_sleeper_arm_word(struct sx_sleeper *sleeper, const _Atomic uint32_t *word, uint32_t value);

/* The sleep ends when that process ends. False: it cannot be watched. */
bool sx_sleeper_arm_death(struct sx_sleeper *sleeper, uint32_t pid);

/* ---- for notice.c, which keeps things armed while it does not sleep
 * ------------------------------ */

/* What an entry's completion is told by. */
enum sx_sleeper_tag {
    SX_TAG_NONE = 0,
    SX_TAG_WORD = 1,
    SX_TAG_TIMER = 2,
    SX_TAG_DEATH = 4,
    SX_TAG_NUDGE = 8
};

/* A completion after that time, in nanoseconds from now. */
bool sx_sleeper_arm_timer(struct sx_sleeper *sleeper, int64_t after_ns);

/* A completion at once. */
bool sx_sleeper_arm_nudge(struct sx_sleeper *sleeper);

/* Hands what was armed to the kernel. */
bool sx_sleeper_submit(struct sx_sleeper *sleeper);

/* Takes the completions off the ring: the tags of what they were, together. */
unsigned sx_sleeper_reap(struct sx_sleeper *sleeper);

/* Sleeps until one of the armed things happens, until `deadline_ns`, or for no cause. */
void sx_sleeper_sleep(struct sx_sleeper *sleeper, int64_t deadline_ns);

/* Undoes what was armed, when the sleep turns out not to be wanted. */
void sx_sleeper_disarm(struct sx_sleeper *sleeper);

/* `own`: this process made it; else (forked child) its memory mapping is not there. */
void sx_sleeper_close(struct sx_sleeper *sleeper, bool own);

#endif
