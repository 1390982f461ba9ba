/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is among the producers of a shared stream: taking the pen, keeping it for a while,
 * handing it on (README.md, section 13). Not for a stream that is not shared.
 */
#ifndef SX_TURN_H
#define SX_TURN_H

#include "memory/pen.h"
#include "memory/store.h"
#include "producer/queue.h"

/* A nomination, the word `turn_next`: who is to have the pen next, and whether it is on the spot,
 * so that others give way. 0: nobody. */
#define SX_TURN_ARRIVED UINT64_C(1)

static inline uint64_t sx_turn_nominate(uint64_t attach)
{
    return attach << 1;
}

/* The pen is ours: what the others have published since we had it last. */
void sx_turn_follow(struct streamx_producer *producer);

/* The slow half of sx_turn_end: somebody waits, or we have held it for long; is the turn over? */
void sx_turn_pass(struct streamx_producer *producer);

/* The pen, which we have laid down, is wanted. */
void sx_turn_wanted(struct streamx_producer *producer);

/* By one that was sole, and does not publish: the pen is as any other from now on. What a refused
 * sx_pen_begin_sole has left is taken back. */
void sx_turn_share(struct streamx_producer *producer);

/* As sx_turn_take_pen, without saying so in the handle: it is to be laid down by
 * sx_turn_end_quickly, or said after all. Here and below `sole` is turn.sole, which a caller may
 * know beforehand. */
static inline bool sx_turn_take_quickly(const struct streamx_producer *p, struct sx_spot at,
                                        bool sole)
{
    uint64_t seen = SX_PEN_FREE;

    if (sole) /* refused, it comes to sx_turn_take, which shares */
        return sx_pen_begin_sole(at.control);
    /* Relaxed: a courtesy. */
    if (atomic_load_explicit(&at.control->turn_next, memory_order_relaxed) & SX_TURN_ARRIVED)
        return false;
    /* Acquire pairs with the release in pen.h: what its last holder published. */
    return SX_SWAP(pen_take, &at.control->pen, &seen, p->turn.pen, memory_order_acq_rel,
                   memory_order_relaxed);
}

/* Takes the pen, if it is free and nobody is to have it before us. What the others have published
 * is then to be followed, or there is none. */
static inline bool sx_turn_take_pen(struct streamx_producer *p)
{
    p->turn.holding = sx_turn_take_quickly(p, sx_producer_spot(p), p->turn.sole);
    return p->turn.holding;
}

/* With the pen: is everything that the ring holds our own? */
static inline bool sx_turn_is_alone(const struct streamx_producer *p, struct sx_spot at)
{
    /* Relaxed: acquired with the pen. */
    return atomic_load_explicit(&at.control->published, memory_order_relaxed) + 1 ==
               at.publication &&
           at.publication - p->turn.since >= p->segment.shape.slots;
}

static inline void sx_turn_lay_down(struct sx_control *control, bool sole)
{
    if (sole)
        sx_pen_end_sole(control);
    else
        sx_pen_lay_down(control);
}

/* Gives it back. */
static inline void sx_turn_end(struct streamx_producer *p)
{
    p->turn.holding = false;
    if (__builtin_expect(p->turn.until_ns != 0, 0) && --p->turn.unasked == 0) {
        sx_turn_pass(p);
        return;
    }
    sx_turn_lay_down(p->segment.control, p->turn.sole);
    /* Pair 7: between the pen and the look who wants it. Who wants to be told of it says so, passes
     * its heavy barrier and looks at the pen. */
    sx_fence_pass(&p->fence);
    if (__builtin_expect(sx_pen_is_wanted(p->segment.control), 0))
        sx_turn_wanted(p);
}

/* The same of one that was taken quickly, by one that passes no full barriers. */
static inline void sx_turn_end_quickly(struct streamx_producer *p, struct sx_spot at, bool sole)
{
    if (__builtin_expect(p->turn.until_ns != 0, 0)) {
        sx_turn_end(p);
        return;
    }
    sx_turn_lay_down(at.control, sole);
    sx_barrier_light(); /* pair 7 */
    if (__builtin_expect(sx_pen_is_wanted(at.control), 0))
        sx_turn_wanted(p);
}

/* Waits for the pen; 0, or -EAGAIN (deadline 0), -ETIMEDOUT. */
int sx_turn_take(struct streamx_producer *producer, int64_t deadline_ns);

/* The pen is ours for longer than it takes to publish: whoever waits may sleep. Our turn goes on
 * behind it, unless it is over by then, or somebody comes before us. */
void sx_turn_rest(struct streamx_producer *producer);

/* Is the pen free, or ours? */
bool sx_turn_open(const struct streamx_producer *producer);

/* Has `room_event` bumped as soon as the pen is free. False: it is. `*certain` as of
 * sx_pen_want. */
bool sx_turn_watch(struct streamx_producer *producer, bool *certain);

/* Frees the pen if its holder has died. True: it had. */
bool sx_turn_recover(struct streamx_producer *producer);

#endif
