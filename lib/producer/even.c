/* SPDX-License-Identifier: MIT */
#include "producer/even.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Place and length of a message, as an iovec has them; of two. */
typedef uint64_t one __attribute__((vector_size(16)));
typedef uint64_t two __attribute__((vector_size(32)));

_Static_assert(sizeof(struct iovec) == sizeof(one) && offsetof(struct iovec, iov_len) == 8,
               "an iovec is such a pair");

/* Every fourth of them: what the next one is to be, and what was different in those before. Each
 * addition waits for the one before it, so four such columns are looked at side by side. */
struct column_of_one {
    one expected, differing;
};
struct column_of_two {
    two expected, differing;
};

#define LOOK_AT(column, messages, step)                                                            \
    do {                                                                                           \
        __typeof__((column).expected) found_;                                                      \
        memcpy(&found_, (messages), sizeof found_);                                                \
        (column).differing |= found_ ^ (column).expected;                                          \
        (column).expected += (step);                                                               \
    } while (0)

bool sx_even_by_one(const struct iovec *messages, unsigned n)
{
    const uint64_t each = messages->iov_len, begin = (uintptr_t)messages->iov_base;
    const struct iovec *at = messages, *end = messages + n;
    const one step = {each, 0}, four = {4 * each, 0};
    struct column_of_one a = {.expected = {begin, each}}, b = {.expected = a.expected + step};
    struct column_of_one c = {.expected = b.expected + step}, d = {.expected = c.expected + step};
    one differing;

    for (; end - at >= 4; at += 4) {
        LOOK_AT(a, at, four);
        LOOK_AT(b, at + 1, four);
        LOOK_AT(c, at + 2, four);
        LOOK_AT(d, at + 3, four);
    }
    for (; at < end; at++)
        LOOK_AT(a, at, step);
    differing = a.differing | b.differing | c.differing | d.differing;
    return (differing[0] | differing[1]) == 0;
}

#ifdef SX_EVEN_BY_TWO

#define MANY 32u /* messages; of fewer the vectors are not worth it */

__attribute__((target("avx2"))) bool sx_even_by_two(const struct iovec *messages, unsigned n)
{
    const uint64_t each = messages->iov_len, begin = (uintptr_t)messages->iov_base;
    const struct iovec *at = messages, *end = messages + n;
    const two step = {2 * each, 0, 2 * each, 0}, four = {8 * each, 0, 8 * each, 0};
    struct column_of_two a = {.expected = {begin, each, begin + each, each}};
    struct column_of_two b = {.expected = a.expected + step};
    struct column_of_two c = {.expected = b.expected + step}, d = {.expected = c.expected + step};
    two differing;
    uint64_t odd;

    for (; end - at >= 8; at += 8) {
        LOOK_AT(a, at, four);
        LOOK_AT(b, at + 2, four);
        LOOK_AT(c, at + 4, four);
        LOOK_AT(d, at + 6, four);
    }
    for (; end - at >= 2; at += 2)
        LOOK_AT(a, at, step);
    differing = a.differing | b.differing | c.differing | d.differing;
    odd = differing[0] | differing[1] | differing[2] | differing[3];
    __builtin_ia32_vzeroupper(); /* what follows has shorter ones */
    return odd == 0 && sx_even_so_far(messages, n - 1);
}

/* Of processors that are not AMD's it is not known whether it pays: they may slow down for a while
 * when they meet such vectors. */
static inline bool by_two(unsigned n)
{
    return n >= MANY && __builtin_cpu_is("amd") && __builtin_cpu_supports("avx2");
}

#else

#define sx_even_by_two sx_even_by_one
static inline bool by_two(unsigned n)
{
    (void)n;
    return false;
}

#endif

bool sx_even_all(const struct iovec *messages, unsigned n)
{
    return by_two(n) ? sx_even_by_two(messages, n) : sx_even_by_one(messages, n);
}
