/* SPDX-License-Identifier: MIT */
/* What is not on the fast path: another outline, a start in the middle of a batch, and runs. */
#include "consumer/publication.h"

bool sx_publication_outline(struct sx_outline *outline, uint64_t extent, uint32_t gap_word)
{
    uint32_t count = sx_extent_count(extent), bytes = sx_extent_bytes(extent);
    bool sound;

    outline->gap_word = gap_word;
    outline->gap = sx_gap_bytes(gap_word);
    outline->filler = sx_gap_filler(gap_word);
    outline->alike = (gap_word & SX_GAP_ALIKE) != 0;
    outline->even = outline->alike && outline->gap == 0;
    outline->each = outline->alike ? sx_ring_each(bytes, count, sx_gap_bytes(gap_word)) : 0;
    outline->begin = sx_extent_begin(extent);
    outline->bytes = bytes;
    outline->most = bytes - outline->gap;
    sound = outline->filler <= SX_FILLER_MAX && outline->gap <= bytes && outline->each <= bytes;
    outline->extent = sound ? extent : 0; /* which none has */
    return sound;
}

bool sx_publication_skip(struct streamx_consumer *c, uint32_t messages)
{
    uint64_t start, end;

    while (messages-- > 0) {
        if (!sx_publication_is_open(c, c->offer.taken) ||
            !sx_publication_span(c, sx_publication_left(c), &start, &end))
            return false;
        sx_publication_pass(c, end);
    }
    return true;
}

/* These are of a batch that was opened for one message at a time: what would have been fetched with
 * each, as far as it is of one that is opened for all. */
static void fetch_behind(const struct streamx_consumer *c, const struct streamx_parts *parts)
{
    const char *data = parts->first.data, *end = (const char *)parts->base + parts->bytes;

    if ((uint64_t)(end - data) > c->fetches_opened)
        end = data + c->fetches_opened;
    for (; c->offer.fetch != 0 && data < end; data += SX_LINE)
        sx_publication_fetch_behind(c, data);
}

bool sx_publication_run(struct streamx_consumer *c, struct streamx_parts *parts, unsigned most)
{
    const struct streamx_message *first = &parts->first;
    const struct sx_outline *outline = &c->outline;
    uint64_t left = sx_publication_is_open(c, c->offer.taken) ? sx_publication_left(c) : 0;
    uint64_t start, end;
    uint32_t more = left < most ? (uint32_t)left : most;

    parts->count = 1 + more;
    parts->gap = more > 0 ? (uint32_t)outline->gap : 0;
    parts->filler = more > 0 ? outline->filler : 0;
    parts->base = first->data;
    parts->bytes = first->len;
    if (more == 0)
        return true;
    parts->base = c->payload;
    parts->ends = (const uint32_t *)(c->ends_behind - left);
    c->offer.taken += more - 1;
    left -= more - 1;
    /* Whoever takes parts looks at the ends, alike or not. Relaxed: published by the stamp. */
    if (!sx_publication_span(c, left, &start, &end) ||
        (outline->alike &&
         atomic_load_explicit(c->ends_behind - left, memory_order_relaxed) != end) ||
        sx_consumer_evicted(c))
        return false;
    sx_publication_pass(c, end);
    parts->bytes = end;
    fetch_behind(c, parts);
    return true;
}
