/* SPDX-License-Identifier: MIT */
/* The memory of a producer's handle: everything that it will need is taken at once, so that no call
 * fails later for want of it. */
#include "producer/handle.h"

#include <stdlib.h>

void sx_producer_free(struct streamx_producer *p)
{
    /* The rings go first: what is armed on them refers to the mapping. */
    sx_notice_close(&p->notice, sx_segment_ours(&p->segment));
    sx_armed_close(&p->ring, sx_segment_ours(&p->segment));
    sx_segment_close(&p->segment);
    free(p->slot_last);
    free(p->active);
    free(p->watched);
    free(p->laggards);
    free(p);
}

struct streamx_producer *sx_producer_allocate(const struct streamx_options *o)
{
    struct streamx_producer *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->slot_last = calloc(o->slots, sizeof *p->slot_last);
    p->active = calloc(o->max_consumers, sizeof *p->active);
    p->watched = calloc(o->max_consumers, sizeof *p->watched);
    if (o->evict_after_ns > 0)
        p->laggards = calloc(o->max_consumers, sizeof *p->laggards);
    if (p->slot_last && p->active && p->watched && (p->laggards || o->evict_after_ns == 0))
        return p;
    sx_producer_free(p);
    return NULL;
}
