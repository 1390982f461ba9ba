/* SPDX-License-Identifier: MIT */
/*
 * A fuzzer's input, read as a program: each read takes some bytes from the front, and gives zeroes
 * once there are none left. So every input means something, and a small change of it changes
 * little.
 */
#ifndef STREAMX_FUZZ_FEED_H
#define STREAMX_FUZZ_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct feed {
    const uint8_t *bytes;
    size_t left;
};

static inline bool feed_empty(const struct feed *feed)
{
    return feed->left == 0;
}

static inline uint64_t feed_number(struct feed *feed, size_t size)
{
    uint64_t number = 0;

    if (size > feed->left)
        size = feed->left;
    if (size == 0)
        return 0;
    memcpy(&number, feed->bytes, size);
    feed->bytes += size;
    feed->left -= size;
    return number;
}

static inline uint8_t feed_byte(struct feed *feed)
{
    return (uint8_t)feed_number(feed, 1);
}

/* A number below `limit`, which is at most 256. */
static inline uint32_t feed_below(struct feed *feed, uint32_t limit)
{
    return feed_byte(feed) % limit;
}

#endif
