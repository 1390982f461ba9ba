/* SPDX-License-Identifier: MIT */
/* The slots as seen by those who do not fill them. */
#ifndef SX_FRAMES_H
#define SX_FRAMES_H

#include "memory/ring.h"
#include "memory/segment.h"

/* The frame of that slot. */
static inline struct sx_frame *sx_frames_at(const struct sx_segment *segment, uint32_t slot)
{
    return (struct sx_frame *)(segment->slots + slot * segment->shape.slot_stride);
}

/* The newest publication and the seq of its last message; 0 and 0 before the first. False if they
 * could not be read consistently, which an honest producer does not bring about. */
bool sx_frames_newest(const struct sx_segment *segment, uint64_t *publication, uint64_t *last_seq);

/* The first seq and the count of a publication; false if its slot has been taken for a later one,
 * or not been filled. */
bool sx_frames_seqs(const struct sx_segment *segment, uint64_t publication, uint64_t *first_seq,
                    uint32_t *count);

#endif
