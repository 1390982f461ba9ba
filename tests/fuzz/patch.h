/* SPDX-License-Identifier: MIT */
/* Hostile changes to the file of a stream, by structure: see patch.c. */
#ifndef STREAMX_FUZZ_PATCH_H
#define STREAMX_FUZZ_PATCH_H

#include "feed.h"
#include "memory/layout.h"
#include "streamx.h"

/* Where things are in the file, as whoever made it knows: not from the bytes being changed. */
struct terrain {
    uint32_t slots;
    uint32_t seats;
    uint32_t places;
    uint32_t slot_size;
    uint64_t backing_offset; /* 0: all of every slot is backed */
    uint64_t slots_offset;
    uint64_t slot_stride;
    uint64_t file_bytes;
};

/* What an honest creator of such a stream would lay out. */
struct terrain terrain_of(const struct streamx_options *options);

/* Changes something, as the input says. The file keeps its size. */
void patch(int fd, const struct terrain *terrain, struct feed *feed);

/* Likewise, but for the header: what somebody can change who may not write to it. */
void patch_shared(int fd, const struct terrain *terrain, struct feed *feed);

#endif
