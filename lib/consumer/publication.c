/* SPDX-License-Identifier: MIT */
/* What is not on the fast path: a start in the middle of a batch. */
#include "consumer/publication.h"

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
