/* SPDX-License-Identifier: MIT */
/*
 * The publication that is open, and the next one: where it lies, what is in it, message by message.
 *
 * What is read from a frame is read once, checked against the private geometry, and then used. The
 * functions are in the header because take.c's fast path is made of them.
 */
#ifndef SX_PUBLICATION_H
#define SX_PUBLICATION_H

#include "consumer/handle.h"
#include "memory/fast.h"

#define SX_FETCH_SLOTS 64u /* in a shallower ring the producer is never far enough ahead */
#define SX_FETCH_NEXT 2u   /* what is fetched of a batch, or, in a long run, of one so far ahead */
/* In a shared stream so many messages of a batch are offered at a time. */
#define SX_OFFERED_SHARED 32u

#define SX_FETCH_NEVER (UINT64_C(1) << 62)

/* Has the producer evicted us? False for good in a stream that does not evict. */
static inline bool sx_consumer_evicted(const struct streamx_consumer *consumer)
{
    if (SX_LIKELY(consumer->way == SX_WAY_STEADY) || consumer->way == SX_WAY_TAP)
        return false;
    /* Asked after something was read in place, by plain and relaxed loads, which this keeps before.
     * While the bit is not set, the slots from this cursor on have not been touched; the producer
     * sets it before it claims one of them (claim.h). */
    sx_barrier_loads();
    /* Acquire: for whom the bit is, was stored before it. */
    return (atomic_load_explicit(&consumer->seat->cursor, memory_order_acquire) &
            SX_CURSOR_EVICTED) &&
           sx_registry_evicted(consumer->seat, consumer->ticket.attach);
}

/* Is the next publication there? */
static inline bool sx_consumer_ready(const struct streamx_consumer *consumer)
{
    /* Acquire pairs with the release in publish.h: the frame and the payload. */
    return atomic_load_explicit(&sx_consumer_frame(consumer)->stamp, memory_order_acquire) ==
           consumer->offer.next;
}

/* The next publication is waited for: a run begins with it. */
static inline void sx_publication_waits(struct streamx_consumer *c)
{
    c->spin.since = c->offer.next;
    c->offer.runs_from = c->offer.next + c->fetch_after;
    c->offer.call_at = c->offer.next + c->slip.after;
}

/*
 * What is fetched before its turn comes, by the depth of the ring, on some processors. In a deep
 * one what lies some slots ahead, in a run without a wait that has lasted for SX_FETCH_SLOTS and so
 * goes on for a while, and the producer is ahead by more than a few. (From a producer that is not
 * it would be taken away.) In a very shallow one the next slot at once: a lap is as long as it
 * takes the lines to cross, and this one crosses while the message is used.
 */
static inline uint64_t sx_publication_fetched_after(const struct streamx_consumer *c)
{
    uint32_t slots = c->segment.shape.slots;

    if (slots > 1 && slots <= c->fetches_next)
        return 0;
    return c->reads_ahead && slots >= SX_FETCH_SLOTS ? SX_FETCH_SLOTS : SX_FETCH_NEVER;
}

/* So many slots beyond the next one. */
static inline uint64_t sx_publication_fetched_ahead(const struct streamx_consumer *c)
{
    uint32_t slots = c->segment.shape.slots;

    if (slots < SX_FETCH_SLOTS)
        return 0;
    return slots < 4 * SX_FETCH_SLOTS ? slots / 4 : SX_FETCH_SLOTS;
}

/* The next publication is that one. */
static inline void sx_publication_go_to(struct streamx_consumer *c, uint64_t publication)
{
    uint32_t slots = c->segment.shape.slots;
    uint64_t slot_bytes = c->segment.shape.slot_stride;

    c->offer.next = publication;
    c->offer.slot = sx_frames_at(&c->segment, sx_ring_index(publication, slots));
    c->offer.first = sx_frames_at(&c->segment, 0);
    c->offer.last = sx_frames_at(&c->segment, slots - 1);
    c->offer.stride = slot_bytes;
    c->offer.bytes = slots * slot_bytes;
    c->offer.ahead = sx_publication_fetched_ahead(c) * slot_bytes;
    c->fetch_after = sx_publication_fetched_after(c);
    sx_publication_waits(c);
}

/* Is what lies ahead to be fetched? */
SX_IN_LINE bool sx_publication_runs(const struct streamx_consumer *c, uint64_t next)
{
    return SX_UNLIKELY((int64_t)(next - c->offer.runs_from) > 0);
}

/* The slot that lies so many bytes behind that one. */
SX_IN_LINE const char *sx_publication_ahead(const struct streamx_consumer *c, const char *frame,
                                            uint64_t bytes)
{
    frame += bytes;
    if (SX_UNLIKELY(frame > (const char *)c->offer.last))
        frame -= c->offer.bytes;
    return frame;
}

SX_IN_LINE void sx_publication_fetch_ahead(const struct streamx_consumer *c, uint64_t next,
                                           const char *frame)
{
    if (sx_publication_runs(c, next))
        sx_fetch_for_read(sx_publication_ahead(c, frame, c->offer.ahead));
}

/* On to the slot behind that one. */
SX_IN_LINE void sx_publication_step(struct streamx_consumer *c, uint64_t publication,
                                    const struct sx_frame *frame)
{
    const char *next = SX_UNLIKELY(frame == c->offer.last) ? (const char *)c->offer.first
                                                           : (const char *)frame + c->offer.stride;

    c->offer.next = publication + 1;
    c->offer.slot = next;
    sx_publication_fetch_ahead(c, publication + 1, next);
}

/* Is a publication open, of which something is left behind the message that was `taken` last? */
static inline bool sx_publication_is_open(const struct streamx_consumer *c, uint64_t taken)
{
    return (int64_t)(taken - c->through) < 0;
}

/* Messages of the open publication that are still to be handed out. */
static inline uint64_t sx_publication_left(const struct streamx_consumer *c)
{
    return c->through - c->offer.taken;
}

/* Has handed out, and acknowledged, what comes through `seq`, and no publication is open. */
static inline void sx_publication_stand_at(struct streamx_consumer *c, uint64_t seq)
{
    c->offer.taken = c->offer.through = c->through = seq;
    sx_consumer_hold(c, 0);
}

/* The table behind a payload of so many bytes: its first word, and then the ends. */
static inline const _Atomic uint32_t *sx_publication_table(const unsigned char *body,
                                                           uint64_t bytes)
{
    return (const _Atomic uint32_t *)(const void *)(body + sx_ring_table_at(bytes));
}

/* Its first word, behind a body that has been checked to fit. It is read once. */
static inline uint32_t sx_publication_gap_word(const _Atomic uint32_t *table, uint32_t count)
{
    /* Relaxed: published by the stamp, or a copy of our own. */
    return count > 1 ? atomic_load_explicit(table, memory_order_relaxed) : SX_GAP_ALIKE;
}

/* Of an extent that fits, and that word; false: it cannot be a publication. */
bool sx_publication_outline(struct sx_outline *outline, uint64_t extent, uint32_t gap_word);

/* Is it an extent that fits? Of the one before it is known. */
static inline bool sx_publication_fits(const struct streamx_consumer *c, uint64_t extent)
{
    uint32_t count = sx_extent_count(extent), slot_size = c->segment.shape.slot_size;

    if (SX_LIKELY(extent == c->outline.extent))
        return count != 0;
    return count != 0 && sx_ring_fits(sx_extent_bytes(extent), count, slot_size) &&
           (slot_size >= SX_LINED_FROM || sx_extent_begin(extent) == 0);
}

/* Is there anything of a batch that streamx_next hands out without a call, behind the message that
 * was `taken` last? */
static inline bool sx_publication_is_offered(const struct streamx_consumer *c, uint64_t taken)
{
    return (int64_t)(c->offer.through - taken) > 0;
}

/* Has streamx_next hand out what is open, if it can, or the next part of it. */
SX_IN_LINE void sx_publication_offer(struct streamx_consumer *c)
{
    bool fit = c->outline.even && c->way == SX_WAY_STEADY;
    uint64_t left = fit ? sx_publication_left(c) : 0;
    uint64_t offered = left < c->offers ? left : c->offers;

    c->offer.end = c->payload + c->outline.bytes - (left - offered) * c->outline.each;
    c->offer.each = c->outline.each;
    c->offer.through = c->offer.taken + offered;
}

/* Lays out what lies in a body that has been checked to fit; false: it cannot be a publication. The
 * ends are read and checked as their turn comes. */
static inline bool sx_publication_lay_out(struct streamx_consumer *c, const unsigned char *body,
                                          uint64_t extent)
{
    uint32_t count = sx_extent_count(extent);
    const _Atomic uint32_t *table = sx_publication_table(body, sx_extent_bytes(extent));
    uint32_t gap_word = sx_publication_gap_word(table, count);

    c->payload = body;
    c->start = 0;
    c->ends_behind = table + 1 + count;
    if (SX_UNLIKELY(extent != c->outline.extent || gap_word != c->outline.gap_word) &&
        !sx_publication_outline(&c->outline, extent, gap_word))
        return false;
    c->through = c->offer.taken + count;
    sx_publication_offer(c);
    return true;
}

/* Has a run without a wait lasted for so long that it goes on for a while, in a deep ring? */
static inline bool sx_publication_runs_long(const struct streamx_consumer *c)
{
    return c->segment.shape.slots >= SX_FETCH_SLOTS &&
           (int64_t)(c->offer.next - c->spin.since) > (int64_t)SX_FETCH_SLOTS;
}

/* The lines of a frame, with so many bytes of its body. */
SX_IN_LINE void sx_publication_fetch_lines(const struct streamx_consumer *c, const char *frame,
                                           uint64_t bytes)
{
    const char *end =
        frame + sizeof(struct sx_frame) + (bytes < c->fetches_opened ? bytes : c->fetches_opened);

    for (; frame < end; frame += SX_LINE)
        sx_fetch_for_read(frame);
}

/* Are the lines that a batch is read by fetched with the messages of another one? */
static inline bool sx_publication_fetches_each(const struct streamx_consumer *c)
{
    return c->fetches_each && c->outline.each <= SX_LINE &&
           sx_publication_is_offered(c, c->offer.taken);
}

/*
 * A batch is being opened: has its lines on their way, all at once. Who takes it message by message
 * does too much in between for the processor to see that far ahead by itself. In a long run it is
 * the lines of one that comes soon, and most likely is there too; if not, they are taken from the
 * producer, who takes them back. Those may be left to the messages of this one, if they are handed
 * out one by one (`apart`).
 */
SX_IN_LINE void sx_publication_fetch(struct streamx_consumer *c, const struct sx_frame *frame,
                                     bool apart)
{
    const char *soon = (const char *)frame;
    uint64_t bytes = c->outline.begin + c->outline.bytes;

    if (sx_publication_runs_long(c)) {
        soon = sx_publication_ahead(c, soon, SX_FETCH_NEXT * c->offer.stride);
        if (apart)
            bytes = c->outline.begin + c->outline.each;
    }
    c->offer.fetch = apart ? (uint64_t)(soon - (const char *)frame) : 0;
    sx_publication_fetch_lines(c, soon, bytes);
}

/* Opens the next publication; false: it cannot be one. */
static inline bool sx_publication_open(struct streamx_consumer *c)
{
    const struct sx_frame *frame = sx_consumer_frame(c);
    /* Relaxed, all: published by the stamp. */
    uint64_t extent = atomic_load_explicit(&frame->extent, memory_order_relaxed);
    uint64_t first = atomic_load_explicit(&frame->first_seq, memory_order_relaxed);

    if (SX_UNLIKELY(first != c->offer.taken + 1 || !sx_publication_fits(c, extent)))
        return false;
    c->offer.time_ns = atomic_load_explicit(&frame->time_ns, memory_order_relaxed);
    if (SX_UNLIKELY(!sx_publication_lay_out(c, frame->body + sx_extent_begin(extent), extent)))
        return false;
    sx_publication_step(c, c->offer.next, frame);
    if (sx_extent_count(extent) > 1)
        sx_publication_fetch(c, frame, sx_publication_fetches_each(c));
    return true;
}

/* Where the next message of the open publication begins and ends, of which so many are left. False:
 * nowhere sensible. */
static inline bool sx_publication_span(const struct streamx_consumer *c, uint64_t left,
                                       uint64_t *start, uint64_t *end)
{
    const struct sx_outline *outline = &c->outline;

    if (outline->alike) {
        *end = outline->bytes - (left - 1) * (outline->each + outline->gap);
        *start = *end - outline->each;
        return true;
    }
    *start = c->start;
    /* Relaxed: published by the stamp, or a copy of our own. */
    *end = atomic_load_explicit(c->ends_behind - left, memory_order_relaxed);
    return *end >= *start && *end <= (left > 1 ? outline->most : outline->bytes);
}

/* On to the message behind the one that ends at `end`. */
static inline void sx_publication_pass(struct streamx_consumer *c, uint64_t end)
{
    c->start = end + c->outline.gap;
    c->offer.taken++;
}

/* Leaves out the first messages of the open publication; false: it cannot be one. */
bool sx_publication_skip(struct streamx_consumer *consumer, uint32_t messages);

/* The next message of the open publication, in any stream. False: it is void or makes no sense. */
static inline bool sx_publication_next(struct streamx_consumer *c, struct streamx_message *message)
{
    uint64_t left = sx_publication_left(c), start, end;
    bool sound = sx_publication_span(c, left, &start, &end);

    /* Asked after the frame and the offset were read: so they were what was published. */
    if (!sound || sx_consumer_evicted(c))
        return false;
    sx_publication_pass(c, end);
    *message = (struct streamx_message){.data = c->payload + start,
                                        .len = end - start,
                                        .seq = c->offer.taken,
                                        .time_ns = c->offer.time_ns,
                                        .gap = left > 1 ? (uint32_t)c->outline.gap : 0};
    return true;
}

/* What is fetched with a message of a batch that is handed out one by one. */
SX_IN_LINE void sx_publication_fetch_behind(const struct streamx_consumer *c, const void *data)
{
    sx_fetch_for_read((const void *)((uintptr_t)data + c->offer.fetch));
}

/* The same of a batch that is offered, behind the message that was `taken` last. */
SX_IN_LINE void sx_publication_next_even(struct streamx_consumer *c, uint64_t taken,
                                         struct streamx_message *message)
{
    uint64_t left = c->offer.through - taken;

    c->offer.taken = taken + 1;
    *message = (struct streamx_message){.data = c->offer.end - left * c->offer.each,
                                        .len = c->offer.each,
                                        .seq = taken + 1,
                                        .time_ns = c->offer.time_ns};
    sx_publication_fetch_behind(c, message->data);
}

/* The same of a batch whose ends are told, but of its last message. False: it makes no sense. */
SX_IN_LINE bool sx_publication_next_told(struct streamx_consumer *c,
                                         struct streamx_message *message)
{
    uint64_t start = c->start;
    /* Relaxed: published by the stamp. */
    uint64_t end =
        atomic_load_explicit(c->ends_behind - sx_publication_left(c), memory_order_relaxed);

    if (SX_UNLIKELY(end < start || end > c->outline.most))
        return false;
    sx_publication_pass(c, end);
    *message = (struct streamx_message){.data = c->payload + start,
                                        .len = end - start,
                                        .seq = c->offer.taken,
                                        .time_ns = c->offer.time_ns,
                                        .gap = (uint32_t)c->outline.gap};
    return true;
}

/* Hands out up to `most` more messages of the open publication, behind `parts->first`. False: it is
 * void or makes no sense. */
bool sx_publication_run(struct streamx_consumer *consumer, struct streamx_parts *parts,
                        unsigned most);

/* The next message: of the publication that is open, or else of the next one, which is opened. 1;
 * 0: it is not there; -1: it is void or makes no sense. */
static inline int sx_publication_take(struct streamx_consumer *c, struct streamx_message *message)
{
    if (!sx_publication_is_open(c, c->offer.taken)) {
        if (!sx_consumer_ready(c))
            return 0;
        if (!sx_publication_open(c))
            return -1;
    }
    return sx_publication_next(c, message) ? 1 : -1;
}

/* Is it the extent of one message that fits, and begins with the body? */
static inline bool sx_publication_admit(struct streamx_consumer *c, uint64_t extent)
{
    if (sx_extent_count(extent) != 1 || extent >> 32 > c->segment.shape.slot_size)
        return false;
    c->offer.single = extent;
    return true;
}

/* A publication of one message, which needs no opening, behind what was `taken` last; true: it is
 * there, and handed out. The checks are those of sx_publication_open. In a stream that does not
 * evict. What it returns false of may be there nevertheless. */
SX_IN_LINE bool sx_publication_single(struct streamx_consumer *c, uint64_t taken,
                                      struct streamx_message *message)
{
    const struct sx_frame *frame = sx_consumer_frame(c);
    uint64_t publication = c->offer.next, extent, seq;

    if (SX_UNLIKELY(publication == c->offer.call_at) ||
        /* As sx_consumer_ready. */
        SX_UNLIKELY(atomic_load_explicit(&frame->stamp, memory_order_acquire) != publication))
        return false;
    /* Relaxed, all: published by the stamp. */
    extent = atomic_load_explicit(&frame->extent, memory_order_relaxed);
    seq = atomic_load_explicit(&frame->first_seq, memory_order_relaxed);
    if (SX_UNLIKELY(seq != taken + 1 ||
                    (extent != c->offer.single && !sx_publication_admit(c, extent))))
        return false;
    c->offer.taken = seq;
    *message = (struct streamx_message){
        .data = frame->body,
        .len = extent >> 32,
        .seq = seq,
        .time_ns = atomic_load_explicit(&frame->time_ns, memory_order_relaxed)};
    sx_publication_step(c, publication, frame);
    return true;
}

/* The same of a batch that is handed out at once, and laid out as the one before: of up to `most`
 * messages, which are of one length. What it returns false of may be there nevertheless. (While
 * another one is open, the seq is not the next; a hostile producer that makes it so has what is
 * left of that one left out.) */
SX_IN_LINE bool sx_publication_whole(struct streamx_consumer *c, struct streamx_parts *parts,
                                     unsigned most)
{
    const struct sx_frame *frame = sx_consumer_frame(c);
    const struct sx_outline *outline = &c->outline;
    uint64_t publication = c->offer.next, bytes = outline->bytes, seq = c->offer.taken + 1;
    uint32_t count = sx_extent_count(outline->extent), gap = (uint32_t)outline->gap;
    const unsigned char *body = frame->body + outline->begin;
    const _Atomic uint32_t *table = sx_publication_table(body, bytes);

    if (!outline->alike || count < 2 || count > most ||
        /* As sx_consumer_ready. */
        atomic_load_explicit(&frame->stamp, memory_order_acquire) != publication ||
        /* Relaxed, all: published by the stamp. */
        atomic_load_explicit(&frame->extent, memory_order_relaxed) != outline->extent ||
        atomic_load_explicit(&frame->first_seq, memory_order_relaxed) != seq ||
        atomic_load_explicit(table, memory_order_relaxed) != outline->gap_word ||
        atomic_load_explicit(table + count, memory_order_relaxed) != bytes)
        return false;
    c->offer.taken = seq + count - 1;
    *parts = (struct streamx_parts){
        .first = {.data = body,
                  .len = outline->each,
                  .seq = seq,
                  .time_ns = atomic_load_explicit(&frame->time_ns, memory_order_relaxed),
                  .gap = gap},
        .count = count,
        .gap = gap,
        .base = body,
        .ends = (const uint32_t *)(table + 2),
        .bytes = bytes,
        .filler = outline->filler};
    sx_publication_step(c, publication, frame);
    sx_publication_fetch(c, frame, false);
    return true;
}

#endif
