/* SPDX-License-Identifier: MIT */
/*
 * The pen: the word that says which producer of a shared stream may claim and publish (README.md,
 * section 13). Its holder is *the* producer, in the sense of everything else.
 *
 * Whoever founds a stream is *sole* until another one comes, and need not take the pen, which would
 * wait each time until all earlier stores are visible. It says in `sole_writing` that it is at one,
 * and looks at `company`. While it is not at one, whoever has come may free the pen; and when it is
 * the next time, it sees that there is company, and does so itself. No pen becomes sole later.
 */
#ifndef SX_PEN_H
#define SX_PEN_H

#include "kernel/barrier.h"
#include "memory/segment.h"
#include "memory/store.h"

#define SX_PEN_FREE UINT64_C(0)
#define SX_PEN_FENCES UINT64_C(1)  /* the heavy barrier does not reach its holder, who fences */
#define SX_PEN_RESTING UINT64_C(2) /* held for long; its release wakes whoever waits */
#define SX_PEN_SOLE (UINT64_C(1) << 63) /* its founder's, who need not take it */

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
    return (pen & ~SX_PEN_SOLE) >> 2;
}

/*
 * Frees the pen, if the dead producer `dead` holds it, and makes whole what it left half done;
 * `heir`: our own attach number. False: not now, since somebody else is at it.
 */
bool sx_pen_recover(struct sx_segment *segment, uint64_t dead, uint64_t heir);

/* The pen of a stream that is being founded, whose founder is sole from then on. */
static inline void sx_pen_found(struct sx_segment *segment, uint64_t pen)
{
    /* Relaxed: nobody else has the stream yet. */
    SX_STORE(pen_found, &segment->control->pen, pen | SX_PEN_SOLE, memory_order_relaxed);
}

/* By the sole one, which is about to claim. False: there is company, and it does not begin; what
 * was stored is to be taken back, by sx_pen_end_sole. */
static inline bool sx_pen_begin_sole(struct sx_control *control)
{
    SX_STORE(sole_begin, &control->sole_writing, 1, memory_order_relaxed);
    /* Pair 10: between `sole_writing` and the look at `company`. Who comes stores that, passes its
     * heavy barrier and looks whether it is being written. */
    sx_barrier_light();
    /* Relaxed: the barrier orders it. */
    return __builtin_expect(atomic_load_explicit(&control->company, memory_order_relaxed) == 0, 1);
}

/* Has published, and told. As by sx_pen_lay_down, a look follows whether the pen is wanted. */
static inline void sx_pen_end_sole(struct sx_control *control)
{
    /* Release: as the pen that is laid down. */
    SX_STORE(sole_end, &control->sole_writing, 0, memory_order_release);
}

/* If the pen is a sole one's, who is not at a publication: it is free from now on. Not by that one
 * while it counts on it. True: it did that. */
bool sx_pen_share(struct sx_segment *segment);

/* There is company from now on. By one that has come, before it takes the pen. */
void sx_pen_come(struct sx_segment *segment);

/* Whose hand it is in, by attach number; 0: it may be taken, with sx_pen_share perhaps. */
uint64_t sx_pen_holder(const struct sx_segment *segment);

/* Lays it down. A barrier follows, pair 7, and a look whether it is wanted. */
static inline void sx_pen_lay_down(struct sx_control *control)
{
    /* Release: the next one who takes it sees all that we have published. */
    SX_STORE(pen_lay_down, &control->pen, SX_PEN_FREE, memory_order_release);
}

static inline bool sx_pen_is_wanted(const struct sx_control *control)
{
    /* Relaxed: the barrier orders it. */
    return atomic_load_explicit(&control->pen_wanted, memory_order_relaxed) != 0;
}

static inline bool sx_pen_is_watched(const struct sx_control *control)
{
    return atomic_load_explicit(&control->pen_wanted, memory_order_relaxed) & SX_PEN_WATCHED;
}

/* It has been laid down: those who sleep until then are woken. What was in the word. */
uint32_t sx_pen_tell(struct sx_segment *segment);

/*
 * Says that the pen is wanted: SX_PEN_WAITED, at some time, or SX_PEN_WATCHED, for certain. False:
 * it is free. `*certain`: no for a watcher whom its holder may overlook.
 */
bool sx_pen_want(struct sx_segment *segment, uint32_t how, bool *certain);

#endif
