/* SPDX-License-Identifier: MIT */
/* What is not on the fast path: a start in the middle of a batch, and runs. */
#include "consumer/publication.h"

bool sx_publication_skip(struct streamx_consumer *c, uint32_t messages)
{
    uint64_t end;

    while (messages-- > 0) {
        if (c->left == 0 || !sx_publication_end(c, &end))
            return false;
        sx_publication_pass(c, end);
    }
    return true;
}

bool sx_publication_run(struct streamx_consumer *c, struct streamx_parts *parts, unsigned most)
{
    const struct streamx_message *first = &parts->first;
    uint32_t more = c->left < most ? c->left : most;
    uint64_t end;

    parts->count = 1 + more;
    parts->gap = more > 0 ? (uint32_t)c->gap : 0;
    parts->filler = more > 0 ? c->filler : 0;
    parts->base = first->data;
    parts->bytes = first->len;
    if (more == 0)
        return true;
    parts->base = c->payload;
    parts->ends = (const uint32_t *)c->end_at;
    c->end_at += more - 1;
    if (c->alike)
        c->start += (more - 1) * (c->each + c->gap);
    c->taken += more - 1;
    c->left -= more - 1;
    /* Whoever takes parts looks at the ends, alike or not. */
    if (!sx_publication_end(c, &end) ||
        (c->alike && atomic_load_explicit(c->end_at, memory_order_relaxed) != end) ||
        sx_consumer_evicted(c))
        return false;
    sx_publication_pass(c, end);
    parts->bytes = end;
    return true;
}
