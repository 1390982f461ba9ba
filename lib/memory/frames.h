/* SPDX-License-Identifier: MIT */
/* The slots as seen by those who do not fill them. */
#ifndef SX_FRAMES_H
#define SX_FRAMES_H

#include "memory/ring.h"
#include "memory/segment.h"
#include "memory/series.h"

/* How far the stream is. */
struct sx_position {
    uint64_t published;      /* the newest publication, */
    uint64_t last_seq;       /* its last message, */
    uint64_t bytes;          /* all payload so far, */
    uint64_t stamp;          /* the producer's own number for it; */
    struct sx_series series; /* and the series that it belongs to */
};

/* The frame of that slot. */
static inline struct sx_frame *sx_frames_at(const struct sx_segment *segment, uint32_t slot)
{
    return (struct sx_frame *)(segment->slots + slot * segment->shape.slot_stride);
}

/* The position as of a publication: as the words of its parity tell it, which are written again
 * once `published` is beyond it. */
void sx_frames_position(const struct sx_segment *segment, uint64_t publication,
                        struct sx_position *position);

/* The position, all 0 before the first publication. False if it could not be read consistently,
 * which an honest producer does not bring about. */
bool sx_frames_newest(const struct sx_segment *segment, struct sx_position *position);

/* The first seq and the count of a publication; false if its slot has been taken for a later one,
 * or not been filled. */
bool sx_frames_seqs(const struct sx_segment *segment, uint64_t publication, uint64_t *first_seq,
                    uint32_t *count);

#endif
