/* SPDX-License-Identifier: MIT */
/*
 * Series: publications one behind the other that hold as much each, messages and bytes. How far the
 * stream is after any of them follows from its number, so that nothing but the number has to be
 * stored as long as a series lasts (README.md, section 5). Pure arithmetic, as in ring.h.
 */
#ifndef SX_SERIES_H
#define SX_SERIES_H

#include "memory/layout.h"
#include "memory/ring.h"

/* Zero: of a stream that has no publication yet. */
struct sx_series {
    uint64_t extent; /* of each publication: sx_extent_make; 0: none belongs to it */
    uint64_t seqs;   /* the last seq of publication q, less q times its messages */
    uint64_t bytes;  /* the payload through publication q, less q times its bytes */
};

/* The last seq of publication q, which belongs to the series. */
static inline uint64_t sx_series_seq(const struct sx_series *series, uint64_t q)
{
    return series->seqs + q * sx_extent_count(series->extent);
}

/* The payload through publication q, likewise. */
static inline uint64_t sx_series_bytes(const struct sx_series *series, uint64_t q)
{
    return series->bytes + q * sx_extent_bytes(series->extent);
}

/* Another series, of publications of as many messages and that extent, goes on from publication
 * q. */
static inline void sx_series_lengthen(struct sx_series *series, uint64_t q, uint64_t extent)
{
    uint64_t shorter = (uint64_t)sx_extent_bytes(series->extent) - sx_extent_bytes(extent);

    series->extent = extent;
    series->bytes += q * shorter;
}

/* The same, of as many as it says. */
static inline void sx_series_change(struct sx_series *series, uint64_t q, uint64_t extent)
{
    uint64_t fewer = (uint64_t)sx_extent_count(series->extent) - sx_extent_count(extent);

    series->seqs += q * fewer;
    sx_series_lengthen(series, q, extent);
}

/*
 * Of a series that publication q belongs to, and that is not empty: how many publications from q on
 * have been acknowledged, if all through `limit` has. A limit is a cursor's, and has 63 bits.
 */
static inline uint64_t sx_series_acknowledged(const struct sx_series *series, uint64_t q,
                                              uint64_t limit)
{
    uint64_t seq = sx_series_seq(series, q), behind = ((limit - seq) << 1) >> 1;
    uint32_t count = sx_extent_count(series->extent);

    if (sx_after(seq, limit))
        return 0;
    return 1 + (count == 1 ? behind : behind / count);
}

/* The same of single messages, none or less if `q` itself has not been: by few instructions, for
 * the way from an acknowledgment to the answer. */
static inline int64_t sx_series_room(const struct sx_series *series, uint64_t q, uint64_t limit)
{
    return 1 + ((int64_t)((limit - series->seqs - q) << 1) >> 1);
}

#endif
