/* SPDX-License-Identifier: MIT */
/* What is not on the fast path: a start in the middle of a batch. */
#include "consumer/publication.h"

bool sx_publication_skip(struct streamx_consumer *c, uint32_t messages)
{
    while (messages-- > 0) {
        if (c->index >= c->count || !sx_publication_end(c, &c->start))
            return false;
        c->index++;
        c->taken++;
    }
    return true;
}
