/* SPDX-License-Identifier: MIT */
/*
 * The barrier of the side that runs all the time: light, or full for a while after it has found the
 * other side asleep (README.md, section 7). The shared word tells the sleeper which. (None is
 * needed behind an acknowledgment within a batch, for which nobody sleeps: section 6.)
 */
#ifndef SX_FENCE_H
#define SX_FENCE_H

#include "kernel/barrier.h"
#include "memory/store.h"

#include <stddef.h>
#include <stdint.h>

#define SX_FENCE_RUN 64u           /* operations with full barriers after a sleeper was found */
#define SX_FENCE_ALWAYS UINT32_MAX /* the heavy barrier cannot reach this process */

struct sx_fence {
    _Atomic uint32_t *fencing; /* this party's word: another who sleeps asks it */
    uint32_t left;
};

static inline void sx_fence_init(struct sx_fence *fence, _Atomic uint32_t *fencing)
{
    fence->fencing = fencing;
    fence->left = sx_barrier_register() ? 0 : SX_FENCE_ALWAYS;
    SX_STORE(fence_init, fencing, fence->left != 0, memory_order_release);
}

/* The same for one of several that would share the word, which stays 0: nobody is told that we
 * fence, and whoever sleeps makes us. */
static inline void sx_fence_init_quiet(struct sx_fence *fence)
{
    fence->fencing = NULL;
    fence->left = sx_barrier_register() ? 0 : SX_FENCE_ALWAYS;
}

/* Between one's own store and the look at the sleeper's word. */
static inline void sx_fence_pass(const struct sx_fence *fence)
{
    if (__builtin_expect(fence->left != 0, 0))
        sx_barrier_full();
    else
        sx_barrier_light();
}

/* Nobody was asleep. */
static inline void sx_fence_idle(struct sx_fence *fence)
{
    if (__builtin_expect(fence->left == 0 || fence->left == SX_FENCE_ALWAYS, 1))
        return;
    if (--fence->left > 0)
        return;
    /* A sleeper that has read the 1 made its own word visible before; after this barrier, every
     * later look of ours sees it. */
    SX_STORE(fence_over, fence->fencing, 0, memory_order_relaxed);
    sx_barrier_full();
}

/* Somebody was asleep, and will be again. */
static inline void sx_fence_busy(struct sx_fence *fence)
{
    if (fence->left == SX_FENCE_ALWAYS || !fence->fencing)
        return;
    /* Release: who reads the 1 sees everything that was stored without a full barrier before. */
    if (fence->left == 0)
        SX_STORE(fence_begin, fence->fencing, 1, memory_order_release);
    fence->left = SX_FENCE_RUN;
}

#endif
