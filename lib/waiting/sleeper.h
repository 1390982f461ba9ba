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
    struct io_uring_sqe *entries;
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

/* ---- for notice.c and uring.c, which keep things armed while they do not sleep
 * ------------------------------ */

/* What an entry's completion is told by. */
enum sx_sleeper_tag {
    SX_TAG_NONE = 0,
    SX_TAG_WORD = 1,
    SX_TAG_TIMER = 2,
    SX_TAG_DEATH = 4,
    SX_TAG_NUDGE = 8
};

/*
 * The bell: the ring's own count of completions, which the kernel keeps in memory, taken as a futex
 * word (of this process, and shared all the same: see sleeper.c). What is armed with a bell wakes
 * those who sleep on it when it completes, so that a request on another ring can wait for this
 * one's deaths and times: it sleeps on the bell while that is sx_sleeper_bell_value, as of the last
 * reaping.
 */
static inline const _Atomic uint32_t *sx_sleeper_bell(const struct sx_sleeper *sleeper)
{
    return sleeper->cq_tail;
}

static inline uint32_t sx_sleeper_bell_value(const struct sx_sleeper *sleeper)
{
    /* Relaxed: our own word. All before it has been reaped. */
    return atomic_load_explicit(sleeper->cq_head, memory_order_relaxed);
}

/* As sx_sleeper_arm_death, with a bell. */
bool sx_sleeper_arm_death_bell(struct sx_sleeper *sleeper, uint32_t pid);

/* A completion after that time, in nanoseconds from now, with a bell. */
bool sx_sleeper_arm_timer_bell(struct sx_sleeper *sleeper, int64_t after_ns);

/* The timer that is armed runs out after that time instead; a completion if it has run out already.
 */
bool sx_sleeper_move_timer(struct sx_sleeper *sleeper, int64_t after_ns);

/* A completion at once, with a bell. */
bool sx_sleeper_arm_nudge_bell(struct sx_sleeper *sleeper);

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
