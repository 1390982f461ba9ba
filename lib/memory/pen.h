/* SPDX-License-Identifier: MIT */
/*
 * The pen: the word that says which producer of a shared stream may claim and publish (README.md,
 * section 13). Its holder is *the* producer, in the sense of everything else.
 */
#ifndef SX_PEN_H
#define SX_PEN_H

#include "memory/segment.h"
#include "memory/store.h"

#define SX_PEN_FREE UINT64_C(0)
#define SX_PEN_FENCES UINT64_C(1)  /* the heavy barrier does not reach its holder, who fences */
#define SX_PEN_RESTING UINT64_C(2) /* held for long; its release wakes whoever waits */

/* What is in the word `pen_wanted`: who has the pen looks at it when it has laid it down. */
#define SX_PEN_WAITED 1u  /* by one who looks again soon: a turn must end */
#define SX_PEN_WATCHED 2u /* by one who sleeps until he is told, by `room_event` */

/* `fences`: a full barrier comes between laying it down and the look at `pen_wanted`. */
static inline uint64_t sx_pen_make(uint64_t attach, bool fences)
{
    return attach << 2 | (fences ? SX_PEN_FENCES : 0);
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

/* Lays it down. A barrier follows, pair 7, and a look whether it is wanted. */
static inline void sx_pen_lay_down(struct sx_segment *segment)
{
    /* Release: the next one who takes it sees all that we have published. */
    SX_STORE(pen_lay_down, &segment->control->pen, SX_PEN_FREE, memory_order_release);
}

static inline bool sx_pen_is_wanted(const struct sx_segment *segment)
{
    /* Relaxed: the barrier orders it. */
    return atomic_load_explicit(&segment->control->pen_wanted, memory_order_relaxed) != 0;
}

static inline bool sx_pen_is_watched(const struct sx_segment *segment)
{
    return atomic_load_explicit(&segment->control->pen_wanted, memory_order_relaxed) &
           SX_PEN_WATCHED;
}

/* It has been laid down: those who sleep until then are woken. What was in the word. */
uint32_t sx_pen_tell(struct sx_segment *segment);

/*
 * Says that the pen is wanted: SX_PEN_WAITED, at some time, or SX_PEN_WATCHED, for certain. False:
 * it is free. `*certain`: no for a watcher whom its holder may overlook.
 */
bool sx_pen_want(struct sx_segment *segment, uint32_t how, bool *certain);

#endif
