/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on a futex word and on the lives of others at once, by the handle's own ring.
 *
 * One sleep: open the ring, arm what should end it, sleep, which disarms. Nothing stays armed
 * behind it. A notice keeps things armed while nobody sleeps; for it there is the bell.
 */
#ifndef SX_ARMING_H
#define SX_ARMING_H

#include "waiting/own_ring.h"

/* The sleep ends when the word is woken, or if it is not `value` to begin with. One word at a time:
 * while it is armed, arming it again does nothing. */
bool sx_arm_word(struct sx_own_ring *ring, const _Atomic uint32_t *word, uint32_t value);

/* The sleep ends when that process ends. False: it cannot be watched; 0 never can. */
bool sx_arm_death(struct sx_own_ring *ring, uint32_t pid);

/* Sleeps until one of the armed things happens, until `deadline_ns`, or for no cause. */
void sx_armed_sleep(struct sx_own_ring *ring, int64_t deadline_ns);

/* Undoes what was armed. */
void sx_disarm(struct sx_own_ring *ring);

/* Disarms and closes; `own` as of sx_own_ring_close. */
void sx_armed_close(struct sx_own_ring *ring, bool own);

/* ---- for notice_ring.c and uring.c, which keep things armed while they do not sleep ---------- */

/* What an entry's completion is told by. */
enum sx_tag {
    SX_TAG_NONE = 0,
    SX_TAG_WORD = 1,
    SX_TAG_TIMER = 2,
    SX_TAG_DEATH = 4,
    SX_TAG_NUDGE = 8
};

/*
 * The bell: the ring's own count of completions, which the kernel keeps in memory, taken as a futex
 * word (of this process, and shared all the same: see own_ring.c). What is armed with a bell wakes
 * those who sleep on it when it completes, so that a request on another ring can wait for this
 * one's deaths and times: it sleeps on the bell while that is sx_bell_value, as of the last
 * reaping.
 */
static inline const _Atomic uint32_t *sx_bell(const struct sx_own_ring *ring)
{
    return ring->cq_tail;
}

static inline uint32_t sx_bell_value(const struct sx_own_ring *ring)
{
    /* Relaxed: our own word. All before it has been reaped. */
    return atomic_load_explicit(ring->cq_head, memory_order_relaxed);
}

/* As sx_arm_death, with a bell, and for a descriptor of the process, which is taken over. */
bool sx_arm_death_bell(struct sx_own_ring *ring, int pidfd);

/* Arms the word, if there is one, and a completion at `until_ns`, which is in `after_ns`, with a
 * bell; and submits. False: the kernel takes nothing; what was armed before still is. */
bool sx_arm_notice(struct sx_own_ring *ring, const _Atomic uint32_t *word, uint32_t value,
                   int64_t until_ns, int64_t after_ns);

/* A completion at once, with a bell. */
bool sx_arm_nudge_bell(struct sx_own_ring *ring);

/* Hands what was armed to the kernel. */
bool sx_armed_submit(struct sx_own_ring *ring);

/* Forgets what the kernel has not taken, and has the descriptor be readable until the next reaping,
 * without a system call. Nobody who sleeps on it already is woken. */
void sx_armed_stay_readable(struct sx_own_ring *ring);

/* Takes the completions off the ring: the tags of what they were, together. */
unsigned sx_armed_reap(struct sx_own_ring *ring);

#endif
