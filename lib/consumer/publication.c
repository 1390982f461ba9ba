/* SPDX-License-Identifier: MIT */
/* What is not on the fast path: a start in the middle of a batch, and runs. */
#include "consumer/publication.h"

#include <stdlib.h>

bool sx_publication_skip(struct streamx_consumer *c, uint32_t messages)
{
    uint64_t end;

    while (messages-- > 0) {
        if (c->left == 0 || !sx_publication_end(c, &end))
            return false;
        if (c->end_at)
            c->end_at++;
        sx_publication_pass(c, end);
    }
    return true;
}

/* Makes the ends of so many messages that are alike; false: there is no memory for them. */
static bool make_ends(struct streamx_consumer *c, uint32_t count)
{
    uint32_t end = (uint32_t)(c->start + c->each);

    if (count > c->ends_room) {
        free(c->ends);
        c->ends = malloc(count * sizeof *c->ends);
        c->ends_room = c->ends ? count : 0;
        if (!c->ends)
            return false;
    }
    for (uint32_t i = 0; i < count; i++, end += (uint32_t)(c->each + c->gap))
        c->ends[i] = end;
    return true;
}

/* On to the last of so many messages more, which then are all but taken. */
static void pass_all_but_last(struct streamx_consumer *c, uint32_t more)
{
    c->taken += more - 1;
    c->left -= more - 1;
    if (c->end_at)
        c->end_at += more - 1;
    else
        c->start += (more - 1) * (c->each + c->gap);
}

bool sx_publication_run(struct streamx_consumer *c, struct streamx_parts *parts, unsigned most)
{
    const struct streamx_message *first = &parts->first;
    uint32_t more = c->left < most ? c->left : most;
    uint64_t end;

    if (more > 0 && !c->end_at && !make_ends(c, more))
        more = 0;
    parts->count = 1 + more;
    parts->gap = more > 0 ? (uint32_t)c->gap : 0;
    parts->filler = more > 0 ? c->filler : 0;
    parts->base = first->data;
    parts->bytes = first->len;
    if (more == 0)
        return true;
    parts->base = c->payload;
    parts->ends = c->end_at ? (const uint32_t *)c->end_at : c->ends;
    pass_all_but_last(c, more);
    if (!sx_publication_end(c, &end) || sx_consumer_evicted(c))
        return false;
    if (c->end_at)
        c->end_at++;
    sx_publication_pass(c, end);
    parts->bytes = end;
    return true;
}
