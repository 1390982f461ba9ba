/* SPDX-License-Identifier: MIT */
/*
 * The barriers of the protocol's pairs (README.md, section 7).
 *
 * Full: sx_barrier_full. Between a store and a later load of another word, in one process.
 *
 * Asymmetric: the side that runs all the time uses sx_barrier_light, which costs nothing but the
 * compiler's freedom; the side that is about to sleep or has just joined uses sx_barrier_heavy,
 * which makes every registered process pass a full barrier. Together they order like two full
 * barriers. A process whose registration failed must use full barriers on its fast path; one whose
 * heavy barrier fails must not rely on the other side having seen its stores.
 */
#ifndef SX_BARRIER_H
#define SX_BARRIER_H

#include <stdatomic.h>
#include <stdbool.h>

#if defined(__SANITIZE_THREAD__)
#define SX_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SX_THREAD_SANITIZER 1
#endif
#endif

#ifdef SX_THREAD_SANITIZER
/* ThreadSanitizer does not know fences; a read-modify-write of one common word orders at least as
 * much, and it does know that. */
extern _Atomic unsigned sx_barrier_word;
#define SX_FENCE(order) ((void)atomic_fetch_add_explicit(&sx_barrier_word, 0, order))
#else
#define SX_FENCE(order) atomic_thread_fence(order)
#endif

static inline void sx_barrier_full(void)
{
    SX_FENCE(memory_order_seq_cst);
}

static inline void sx_barrier_light(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

/* Earlier stores before later stores: no instruction on x86. On aarch64 a release fence would wait
 * for earlier loads too, with a full barrier; C has no fence for stores alone. */
static inline void sx_barrier_stores(void)
{
#if defined(SX_THREAD_SANITIZER)
    sx_barrier_light();
#elif defined(__aarch64__)
    __asm__ volatile("dmb ishst" ::: "memory");
#else
    atomic_thread_fence(memory_order_release);
#endif
}

/* Earlier loads before later loads: no instruction on x86. */
static inline void sx_barrier_loads(void)
{
#ifdef SX_THREAD_SANITIZER
    sx_barrier_light();
#else
    atomic_thread_fence(memory_order_acquire);
#endif
}

/* Lets others' heavy barriers reach this process; false where the kernel (before 4.16) or a filter
 * does not allow it. Cheap when repeated. */
bool sx_barrier_register(void);

/* A system call; false likewise. */
bool sx_barrier_heavy(void);

/* For who cannot do without: a full barrier, and a heavy one; where that is not allowed, 1 ms
 * passes instead. */
void sx_barrier_heavy_in_time(void);

#endif
