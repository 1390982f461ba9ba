/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic on positions: publications, seqs and cursors (README.md, sections 3 and 4). Pure: no
 * shared memory, no system call.
 *
 * Positions are free-running counters and are compared by unsigned difference, so that nothing
 * special happens where a counter wraps. A cursor carries a seq and one bit, so that a seq has 63
 * bits; the comparison leaves the top bit out of account for all positions alike.
 */
#ifndef SX_RING_H
#define SX_RING_H

#include <stdbool.h>
#include <stdint.h>

/* Does position a come after b? They are less than 2^62 apart. */
static inline bool sx_after(uint64_t a, uint64_t b)
{
    return (int64_t)((a - b) << 1) > 0;
}

/* The slot of publication p. */
static inline uint32_t sx_ring_index(uint64_t publication, uint32_t slots)
{
    return (uint32_t)(publication % slots);
}

/* The oldest publication whose slot has not been taken for a later one, given the newest that took
 * a slot. The first publication is 1. */
static inline uint64_t sx_ring_oldest(uint64_t claimed, uint32_t slots)
{
    return claimed < slots ? 1 : claimed - slots + 1;
}

/* ---- cursors and the word that says what the producer sleeps for ---------------------------- */

#define SX_CURSOR_EVICTED UINT64_C(1)

static inline uint64_t sx_cursor_make(uint64_t seq)
{
    return seq << 1;
}

static inline uint64_t sx_cursor_seq(uint64_t cursor)
{
    return cursor >> 1;
}

#define SX_WANTED_NOTHING UINT64_C(0)      /* the producer is awake */
#define SX_WANTED_NO_SEQ (UINT64_MAX >> 1) /* it sleeps, but not for an acknowledgment */

static inline uint64_t sx_wanted_make(uint64_t seq)
{
    return seq << 1 | 1;
}

static inline uint64_t sx_wanted_seq(uint64_t wanted)
{
    return wanted >> 1;
}

/* ---- the tally: one look at all cursors ------------------------------------------------------ */

struct sx_tally {
    uint32_t attached;     /* active seats that are not evicted */
    uint32_t slowest_seat; /* of those, the one furthest behind */
    uint64_t slowest;      /* its seq; meaningless with nobody attached */
    uint64_t acknowledged; /* the highest seq that anybody ever acknowledged */
    bool any;              /* a cursor was counted */
};

/* One active seat's cursor. */
static inline void sx_tally_count(struct sx_tally *tally, uint32_t seat, uint64_t cursor)
{
    uint64_t seq = sx_cursor_seq(cursor);

    if (!tally->any || sx_after(seq, tally->acknowledged))
        tally->acknowledged = seq;
    tally->any = true;
    if (cursor & SX_CURSOR_EVICTED)
        return;
    if (tally->attached == 0 || sx_after(tally->slowest, seq)) {
        tally->slowest = seq;
        tally->slowest_seat = seat;
    }
    tally->attached++;
}

/* What those who have left acknowledged; counted last. */
static inline void sx_tally_finish(struct sx_tally *tally, uint64_t acked)
{
    if (!tally->any || sx_after(acked, tally->acknowledged))
        tally->acknowledged = acked;
}

/* The seq through which slots may be reused. */
static inline uint64_t sx_tally_limit(const struct sx_tally *tally)
{
    return tally->attached > 0 ? tally->slowest : tally->acknowledged;
}

/* ---- batches --------------------------------------------------------------------------------- */

#define SX_GAP_MAX 255u
#define SX_FILLER_MAX 256u
#define SX_GAP_ALIKE (UINT32_C(1) << 31)

/*
 * The first word of a batch's table: how long the gaps are, and of what they consist: 1 + the byte
 * that fills them all, or 0. And whether all messages are of one length, SX_GAP_ALIKE: then nobody
 * need look at the ends that follow.
 */
static inline uint32_t sx_gap_make(uint32_t gap, uint32_t filler)
{
    return filler << 8 | gap;
}

static inline uint32_t sx_gap_bytes(uint32_t word)
{
    return word & SX_GAP_MAX;
}

static inline uint32_t sx_gap_filler(uint32_t word)
{
    return (word & ~SX_GAP_ALIKE) >> 8;
}

/* Where in its slot the table of a batch lies, which is that word and then the end of each
 * message. */
static inline uint64_t sx_ring_table_at(uint64_t payload_bytes)
{
    return (payload_bytes + 3) / 4 * 4;
}

/* How many bytes of its slot a publication takes. */
static inline uint64_t sx_ring_taken(uint64_t payload_bytes, uint32_t count)
{
    return count > 1 ? sx_ring_table_at(payload_bytes) + 4 * (UINT64_C(1) + count) : payload_bytes;
}

/* How long each of `count` messages is that are alike, gaps of `gap` bytes between them and
 * `payload_bytes` in all; UINT64_MAX if that cannot be. */
static inline uint64_t sx_ring_each(uint32_t payload_bytes, uint32_t count, uint32_t gap)
{
    uint64_t gaps = (uint64_t)gap * (count - 1);

    if (payload_bytes < gaps || (payload_bytes - gaps) % count != 0)
        return UINT64_MAX;
    return (payload_bytes - gaps) / count;
}

/* Do `count` messages of `payload_bytes` together, gaps included, fit into one slot? Then their
 * table does too: at most 3 bytes before it and 4 more than 4 for each, of two at least. */
static inline bool sx_ring_fits(uint64_t payload_bytes, uint32_t count, uint32_t slot_size)
{
    if (count == 1)
        return payload_bytes <= slot_size;
    return payload_bytes <= slot_size && UINT64_C(8) * count <= slot_size - payload_bytes;
}

#endif
