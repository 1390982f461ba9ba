/* SPDX-License-Identifier: MIT */
/*
 * What the fast paths of put.c, loan.c and take.c are made of. A fast path makes no call: what it
 * does not do itself comes last and out of line, so that no register has to be saved for it.
 */
#ifndef SX_FAST_H
#define SX_FAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel/barrier.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#define SX_LIKELY(condition) __builtin_expect((condition) != 0, 1)
#define SX_UNLIKELY(condition) __builtin_expect((condition) != 0, 0)
#define SX_OUT_OF_LINE __attribute__((noinline, cold))
#define SX_APART __attribute__((noinline))
#define SX_IN_LINE __attribute__((always_inline)) static inline

/* What is fetched at a time: a cache line, or half of one. */
#define SX_LINE 64u

/* The most that is copied without a call. */
#define SX_SMALL 64u

/* Two words are read one by one, and written together where that is one store less. (The compiler
 * would read them together.) */
SX_IN_LINE void sx_copy_pair(unsigned char *to, const unsigned char *from)
{
#if defined(__x86_64__)
    struct words {
        unsigned char bytes[8];
    };
    __m128i pair;

    __asm__("movq %1, %0\n\tmovhps %2, %0"
            : "=&x"(pair)
            : "m"(*(const struct words *)from), "m"(*(const struct words *)(from + 8)));
    memcpy(to, &pair, 16);
#else
    memcpy(to, from, 8);
    memcpy(to + 8, from + 8, 8);
#endif
}

/* Copies from 16 to 32 bytes. */
SX_IN_LINE void sx_copy_pairs(unsigned char *to, const unsigned char *from, size_t len)
{
    sx_copy_pair(to, from);
    sx_copy_pair(to + len - 16, from + len - 16);
}

/* Copies up to 15 bytes. */
SX_IN_LINE void sx_copy_tiny(unsigned char *to, const unsigned char *from, size_t len)
{
    if (len >= 8) {
        memcpy(to, from, 8);
        memcpy(to + len - 8, from + len - 8, 8);
        return;
    }
    for (size_t i = 0; i < len; i++)
        to[i] = from[i];
}

/*
 * Copies up to SX_SMALL bytes, reading words: the caller has often just stored the message in
 * words, and a processor cannot forward several pending stores to one wider load. What is not a
 * multiple of a step's size is copied in steps that overlap.
 */
SX_IN_LINE void sx_copy_small(unsigned char *to, const void *data, size_t len)
{
    const unsigned char *from = data;

    if (SX_LIKELY(len - 16 <= 16)) {
        sx_copy_pairs(to, from, len);
    } else if (len > 32) {
        sx_copy_pairs(to, from, 32);
        sx_copy_pairs(to + len - 32, from + len - 32, 32);
    } else {
        sx_copy_tiny(to, from, len);
    }
}

static inline void sx_copy(unsigned char *to, const void *data, size_t len)
{
    if (len > SX_SMALL)
        memcpy(to, data, len);
    else
        sx_copy_small(to, data, len);
}

/*
 * Two words side by side, as relaxed stores of both: by one where the processor has one. Each word
 * is whole all the same, for who reads just that. A producer that streams has as many lines on
 * their way to it as its pending stores belong to; so those to each line should be few.
 */
SX_IN_LINE void sx_store_pair(_Atomic uint64_t *word, uint64_t value, _Atomic uint64_t *next,
                              uint64_t next_value)
{
#if defined(__x86_64__) && !defined(SX_THREAD_SANITIZER)
    (void)next;
    _mm_store_si128((__m128i *)(void *)word, _mm_set_epi64x((int64_t)next_value, (int64_t)value));
#else
    atomic_store_explicit(word, value, memory_order_relaxed);
    atomic_store_explicit(next, next_value, memory_order_relaxed);
#endif
}

/*
 * Have a cache line on its way that is read, or written, soon. Of any address: it never faults, and
 * what has no memory gets none by it. The compiler's own prefetch would not do: a function that
 * does nothing else is taken for one without effect, and left out; and for a write it makes a
 * shared copy where the target may lack the instruction, worse than nothing.
 */
SX_IN_LINE void sx_fetch_for_read(const void *line)
{
#if defined(__x86_64__)
    __asm__ volatile("prefetcht0 %0" : : "m"(*(const char *)line));
#else
    __builtin_prefetch(line, 0, 3);
#endif
}

SX_IN_LINE void sx_fetch_for_write(const void *line)
{
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)line));
#else
    __builtin_prefetch(line, 1, 3);
#endif
}

#endif
