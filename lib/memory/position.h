/* SPDX-License-Identifier: MIT */
/* How far the stream is, for one who takes it up from another (README.md, section 13). */
#ifndef SX_POSITION_H
#define SX_POSITION_H

#include "memory/frames.h"

/*
 * What a producer that has died left half done, made whole: if the next publication bears its
 * stamp, it counts; if not, what was told of its series is taken back. Then everybody is woken,
 * since the dead one may not have come to it. Only by who has the pen, or the place of a stream
 * that is not shared; may be done again.
 */
void sx_position_recover(struct sx_segment *segment);

/* Where the stream is. Exact for who has the pen. */
void sx_position_read(const struct sx_segment *segment, struct sx_position *position);

/*
 * The last seq of what the slot of publication `next` holds. A slot's own frame is not believed for
 * it: one who died may have written into it. False: it has been overwritten meanwhile.
 */
bool sx_position_needed(const struct sx_segment *segment, uint64_t next, uint64_t last_seq,
                        uint64_t *needed);

#endif
