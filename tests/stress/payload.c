/* SPDX-License-Identifier: MIT */
/*
 * Values that tell on themselves: generation and seq determine length and every byte, so that a
 * value which is torn, cut, repeated or somebody else's does not pass.
 */
#include "torture.h"

#include <string.h>

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t key(uint32_t generation, uint64_t seq)
{
    return mix(board->options.seed ^ (uint64_t)generation << 40 ^ seq);
}

uint32_t payload_length(uint32_t generation, uint64_t seq)
{
    uint64_t k = key(generation, seq);

    switch (k % 16) {
    case 0:
        return (uint32_t)(k >> 32) % (SLOT_SIZE + 1);
    case 1:
    case 2:
    case 3:
    case 4:
        return (uint32_t)(k >> 32) % 33;
    default:
        return (uint32_t)(k >> 32) % 300;
    }
}

void payload_fill(unsigned char *bytes, uint32_t generation, uint64_t seq)
{
    uint64_t k = key(generation, seq);
    uint32_t length = payload_length(generation, seq);

    for (uint32_t i = 0; i < length; i += 8) {
        uint64_t word = k + i * UINT64_C(0x9e3779b97f4a7c15);

        memcpy(bytes + i, &word, length - i < 8 ? length - i : 8);
    }
}

bool payload_is_right(const struct streamx_message *message, uint32_t generation)
{
    unsigned char expected[SLOT_SIZE];
    uint32_t length = payload_length(generation, message->seq);

    if (message->len != length)
        return false;
    payload_fill(expected, generation, message->seq);
    return length == 0 || memcmp(expected, message->data, length) == 0;
}
