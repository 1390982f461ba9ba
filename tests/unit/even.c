/* SPDX-License-Identifier: MIT */
/* Whether a batch is even, by each way of finding out, whatever is wrong with whichever message. */
#include "producer/even.h"
#include "support.h"

#include <stdio.h>

#define MOST 70u
#define EACH 32u

static unsigned char buffer[MOST * EACH];
static struct iovec places[MOST + 1], *messages;

static void lay_out(void)
{
    for (unsigned i = 0; i < MOST; i++)
        messages[i] = (struct iovec){buffer + (size_t)i * EACH, EACH};
}

typedef bool way(const struct iovec *messages, unsigned n);

static void find_out(way *even)
{
    lay_out();
    for (unsigned n = 1; n <= MOST; n++)
        ck_assert_msg(even(messages, n), "%u messages", n);
}

static void find_what_is_wrong(way *even)
{
    lay_out();
    for (unsigned n = 2; n <= MOST; n++) {
        for (unsigned i = 0; i < n; i++) {
            struct iovec kept = messages[i];

            messages[i].iov_len--;
            ck_assert_msg(!even(messages, n), "length of %u of %u", i, n);
            messages[i].iov_len = kept.iov_len | (size_t)1 << 63;
            ck_assert_msg(!even(messages, n), "bit of the length of %u of %u", i, n);
            messages[i] = kept;
            messages[i].iov_base = buffer + (size_t)i * EACH + 1;
            ck_assert_msg(!even(messages, n), "place of %u of %u", i, n);
            messages[i] = kept;
        }
    }
}

/* What comes behind the batch does not count. */
static void look_no_further(way *even)
{
    lay_out();
    for (unsigned n = 1; n < MOST; n++) {
        messages[n] = (struct iovec){NULL, 0};
        ck_assert_msg(even(messages, n), "%u messages", n);
        messages[n] = (struct iovec){buffer + (size_t)n * EACH, EACH};
    }
}

/* Wherever the iovecs lie: two places one behind the other are not both aligned to two of them. */
static void by(way *even)
{
    for (messages = places; messages < places + 2; messages++) {
        find_out(even);
        find_what_is_wrong(even);
        look_no_further(even);
    }
}

START_TEST(messages_one_by_one)
{
    by(sx_even_by_one);
}
END_TEST

START_TEST(messages_two_by_two)
{
#ifdef SX_EVEN_BY_TWO
    if (__builtin_cpu_supports("avx2"))
        by(sx_even_by_two);
    else
        puts("# not two by two: this processor lacks the vectors");
#endif
}
END_TEST

START_TEST(messages_by_what_there_is)
{
    by(sx_even);
}
END_TEST

int main(void)
{
    return RUN_TESTS("even", messages_one_by_one, messages_two_by_two, messages_by_what_there_is);
}
