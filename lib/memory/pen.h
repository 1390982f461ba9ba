/* SPDX-License-Identifier: MIT */
/*
 * The pen: the word that says which producer of a shared stream may claim and publish (README.md,
 * section 13). Its holder is *the* producer, in the sense of everything else.
 */
#ifndef SX_PEN_H
#define SX_PEN_H

#include "memory/segment.h"

#define SX_PEN_FREE UINT64_C(0)
#define SX_PEN_WAITED UINT64_C(1)  /* somebody waits for it: its release is more than a store */
#define SX_PEN_RESTING UINT64_C(2) /* held for long; its release wakes whoever waits */

static inline uint64_t sx_pen_make(uint64_t attach)
{
    return attach << 2;
}

static inline uint64_t sx_pen_attach(uint64_t pen)
{
    return pen >> 2;
}

/*
 * Frees the pen, if the dead producer `dead` holds it, and makes whole what it left half done;
 * `heir`: our own attach number. False: not now, since somebody else is at it.
 */
bool sx_pen_recover(struct sx_segment *segment, uint64_t dead, uint64_t heir);

/* Lays it down. What was in the word. */
uint64_t sx_pen_lay_down(struct sx_segment *segment);

/* Those who watch the pen without waiting in a call for it (descriptors) look again. */
void sx_pen_tell_watchers(struct sx_segment *segment);

#endif
