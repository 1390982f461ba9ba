/* SPDX-License-Identifier: MIT */
/* Sleeping and waking on a 32-bit word that several processes map, and the clock for it. */
#ifndef SX_FUTEX_H
#define SX_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

#define SX_NEVER INT64_MAX /* a deadline that does not come */

#define SX_NS_PER_MS INT64_C(1000000)
#define SX_NS_PER_S INT64_C(1000000000)

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t sx_clock_now(void);

/* The deadline for a public timeout: FOREVER gives SX_NEVER, NOWAIT 0; a sum past the end of time
 * gives SX_NEVER. */
int64_t sx_clock_deadline(int64_t timeout_ns);

/*
 * Sleeps while `*word` is `value`, until woken or until the absolute `deadline_ns`.
 * 0 = woken, or for no cause; -EAGAIN = the word differs; -ETIMEDOUT; -EINTR.
 * The caller re-checks its condition in any case.
 */
int sx_futex_wait(const _Atomic uint32_t *word, uint32_t value, int64_t deadline_ns);

/* Wakes all that sleep on `word`. One system call. */
void sx_futex_wake(_Atomic uint32_t *word);

#endif
