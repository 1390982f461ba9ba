/* SPDX-License-Identifier: MIT */
/*
 * Making the claimed slot visible (README.md, section 5): the frame's words, one release store of
 * its stamp, and a look whether anybody sleeps.
 */
#ifndef SX_PUBLISH_H
#define SX_PUBLISH_H

#include "memory/frames.h"
#include "producer/claim.h"
#include "producer/turn.h"
#include "producer/view.h"

/* So many bytes of a publication are fetched before they are written. */
#define SX_PUBLISH_FETCHED 8192u

/* Somebody was asleep; 0. */
SX_OUT_OF_LINE int sx_publish_wake(struct streamx_producer *producer);

/* The looks of those who pass full barriers, or end a turn; 0. */
SX_APART int sx_publish_tell_behind_fence(struct streamx_producer *producer);
SX_OUT_OF_LINE int sx_publish_tell_and_end_turn(struct streamx_producer *producer);

/* sx_publish for a publication that need not be like the two before it; 0. */
SX_APART int sx_publish_another(struct streamx_producer *producer, uint64_t extent);

/* For one that carries more than the frame's words, or ends a turn; 0. */
SX_APART int sx_publish_specially(struct streamx_producer *producer, uint64_t extent);

/* So many bytes of the next publication are gaps, and no message's. */
void sx_publish_leave_out(struct streamx_producer *producer, uint64_t bytes);

/* The extent of so many messages that are to be copied into the next slot, of which they take
 * `taken` bytes, if they begin with the body; and whether they are to. */
static inline uint64_t sx_publish_extent(const struct streamx_producer *p, uint32_t count,
                                         uint64_t bytes, uint64_t taken)
{
    bool lined = taken >= SX_LINED_FROM && taken <= p->lined_most;

    return sx_extent_make(count, (uint32_t)bytes) | (lined ? SX_EXTENT_LINED : 0);
}

/* The slot that lies `ahead` slots behind that one. */
SX_IN_LINE char *sx_publish_slot_ahead(const struct streamx_producer *p, char *frame)
{
    frame += p->ahead.bytes;
    if (SX_UNLIKELY(frame > (char *)p->last))
        frame -= p->segment.shape.slots * p->segment.shape.slot_stride;
    return frame;
}

/* Fetches the line of a slot that is filled soon, so that its stores need not wait for it. Only of
 * one that is known to be free: those who have acknowledged what is in it do not look at it any
 * more. (Who joins, or taps, may. A fetch changes nothing for them.) */
SX_IN_LINE void sx_publish_fetch_ahead(const struct streamx_producer *p, int64_t room, char *frame)
{
    if (room > p->ahead.slots)
        sx_fetch_for_write(sx_publish_slot_ahead(p, frame));
}

/* Has the lines on their way that are written next, once for each publication: the consumers have
 * them, and stores to one after the other would wait for each. In a long copy nothing is gained
 * beyond the first of them. */
static inline void sx_publish_fetch(struct streamx_producer *p, uint64_t bytes)
{
    const char *line = (const char *)p->frame;
    const char *end =
        (const char *)p->frame->body + (bytes < SX_PUBLISH_FETCHED ? bytes : SX_PUBLISH_FETCHED);

    if (p->fetched == p->next || bytes > p->fetches_most)
        return;
    p->fetched = p->next;
    for (; line < end; line += SX_LINE)
        sx_fetch_for_write(line);
}

/* The same behind a publication of so many bytes, for one that may be as long: they come while the
 * caller makes it. */
static inline void sx_publish_fetch_next(struct streamx_producer *p, uint64_t bytes)
{
    if (!p->shared && sx_producer_room(p) > 0)
        sx_publish_fetch(p, bytes);
}

/* On to the slot behind that one. */
SX_IN_LINE void sx_publish_step(struct streamx_producer *p, struct sx_spot at)
{
    char *next = SX_UNLIKELY(at.frame == p->last) ? (char *)sx_frames_at(&p->segment, 0)
                                                  : (char *)at.frame + p->segment.shape.slot_stride;

    p->next = at.publication + 1;
    p->frame = (struct sx_frame *)next;
    sx_publish_fetch_ahead(p, at.room - 1, next);
}

/* Relaxed: what was published is ordered before by the barrier. */
static inline bool sx_publish_anybody_sleeps(const struct sx_control *control)
{
    return atomic_load_explicit(&control->sleepers, memory_order_relaxed) != 0;
}

/* Pair 1: between the stamp and the look for sleepers. A consumer announces itself, passes its
 * barrier and looks at the stamp. 0. */
SX_IN_LINE int sx_publish_tell(struct streamx_producer *p)
{
    if (SX_UNLIKELY(p->fence.left != 0))
        return sx_publish_tell_behind_fence(p);
    sx_fence_pass(&p->fence);
    return SX_UNLIKELY(sx_publish_anybody_sleeps(p->segment.control)) ? sx_publish_wake(p) : 0;
}

/* Makes the filled slot visible, of which the series is told; its first seq. */
SX_IN_LINE uint64_t sx_publish_show(struct streamx_producer *p, struct sx_spot at, uint32_t count,
                                    uint64_t extent)
{
    uint64_t first = p->series.seqs + (at.publication - 1) * count + 1;

    /* Relaxed, both: the stamp publishes them. */
    SX_STEP(publish_words, sx_store_pair(&at.frame->first_seq, first, &at.frame->extent, extent));
    /* Release pairs with the acquire in publication.h: the frame and the payload. */
    SX_STORE(publish_stamp, &at.frame->stamp, at.publication, memory_order_release);
    /* Release pairs with the acquire in frames.c: the series. */
    SX_STORE(publish_count, &at.control->published, at.publication, memory_order_release);
    sx_publish_step(p, at);
    return first;
}

/* And tells those who sleep; 0. */
SX_IN_LINE int sx_publish(struct streamx_producer *p, uint64_t extent)
{
    if (SX_UNLIKELY(extent != p->told))
        return sx_publish_another(p, extent);
    sx_publish_show(p, sx_producer_spot(p), sx_extent_count(extent), extent);
    return sx_publish_tell(p);
}

/* The next single message of the series, while no full barrier is needed, as the caller has seen;
 * 0. */
SX_IN_LINE int sx_publish_unfenced(struct streamx_producer *p, struct sx_spot at)
{
    sx_publish_show(p, at, 1, p->told);
    sx_barrier_light(); /* pair 1 */
    return SX_UNLIKELY(sx_publish_anybody_sleeps(at.control)) ? sx_publish_wake(p) : 0;
}

/* As sx_publish_specially does it in a stream without stamps, with the pen; 0. */
SX_IN_LINE int sx_publish_in_turn(struct streamx_producer *p, uint64_t extent)
{
    if (SX_UNLIKELY(extent != p->told))
        return sx_publish_specially(p, extent);
    sx_publish_show(p, sx_producer_spot(p), sx_extent_count(extent), extent);
    p->turn.own_seq = sx_producer_last_seq(p);
    sx_fence_pass(&p->fence); /* pair 1 */
    if (SX_UNLIKELY(sx_publish_anybody_sleeps(p->segment.control)))
        return sx_publish_tell_and_end_turn(p);
    sx_turn_end(p);
    return 0;
}

/* In either way; 0. */
SX_IN_LINE int sx_publish_stamped(struct streamx_producer *p, uint64_t extent)
{
    return SX_UNLIKELY(p->special) ? sx_publish_specially(p, extent) : sx_publish(p, extent);
}

/* The table of a batch, behind its payload: see ring.h. */
static inline _Atomic uint32_t *sx_publish_table(unsigned char *body, uint64_t bytes)
{
    return (_Atomic uint32_t *)(void *)(body + sx_ring_table_at(bytes));
}

#endif
