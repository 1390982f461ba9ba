/* SPDX-License-Identifier: MIT */
/*
 * What the fast paths of put.c, loan.c and take.c are made of. A fast path makes no call: what it does not
 * do itself comes last and out of line, so that no register has to be saved for it.
 */
#ifndef SX_FAST_H
#define SX_FAST_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define SX_LIKELY(condition) __builtin_expect((condition) != 0, 1)
#define SX_UNLIKELY(condition) __builtin_expect((condition) != 0, 0)
#define SX_OUT_OF_LINE __attribute__((noinline, cold))
#define SX_APART __attribute__((noinline))
#define SX_IN_LINE __attribute__((always_inline)) static inline

/* The most that is copied without a call. */
#define SX_SMALL 64u

SX_IN_LINE void sx_copy_words(unsigned char *to, const unsigned char *from, size_t words)
{
#pragma GCC unroll 8
    for (size_t i = 0; i < words; i++)
        memcpy(to + 8 * i, from + 8 * i, 8);
}

/*
 * Copies up to SX_SMALL bytes, in words: the caller has often just stored the message in words, and
 * a processor cannot forward several pending stores to one wider load. The words of each step are
 * a constant number, so that there is no loop.
 */
SX_IN_LINE void sx_copy_small(unsigned char *to, const void *data, size_t len)
{
    const unsigned char *from = data;

    if (len & 64) {
        sx_copy_words(to, from, 8);
        return;
    }
    if (len & 32) {
        sx_copy_words(to, from, 4);
        to += 32;
        from += 32;
    }
    if (len & 16) {
        sx_copy_words(to, from, 2);
        to += 16;
        from += 16;
    }
    if (len & 8) {
        sx_copy_words(to, from, 1);
        to += 8;
        from += 8;
    }
    for (size_t i = 0; i < (len & 7); i++)
        to[i] = from[i];
}

static inline void sx_copy(unsigned char *to, const void *data, size_t len)
{
    if (len > SX_SMALL)
        memcpy(to, data, len);
    else
        sx_copy_small(to, data, len);
}

/*
 * Have a cache line on its way that is read, or written, soon. The compiler's own prefetch would
 * not do: a function that does nothing else is taken for one without effect, and left out; and for
 * a write it makes a shared copy where the target may lack the instruction, worse than nothing.
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
