/* SPDX-License-Identifier: MIT */
/* Sleeping and waking on a 32-bit word that several processes map. */
#ifndef SX_FUTEX_H
#define SX_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * Sleeps while `*word` is `value`, until woken or until the absolute `deadline_ns`.
 * 0 = woken, or for no cause; -EAGAIN = the word differs; -ETIMEDOUT; -EINTR.
 * The caller re-checks its condition in any case.
 */
int sx_futex_wait(const _Atomic uint32_t *word, uint32_t value, int64_t deadline_ns);

/* Wakes all that sleep on `word`. One system call. */
void sx_futex_wake(_Atomic uint32_t *word);

#endif
