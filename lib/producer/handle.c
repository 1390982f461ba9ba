/* SPDX-License-Identifier: MIT */
/* The memory of a producer's handle: everything that it will need is taken at once, so that no call
 * fails later for want of it. */
#include "producer/handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void sx_producer_clear(struct streamx_producer *p)
{
    /* The rings go first: what is armed on them refers to the mapping. */
    sx_notice_close(&p->notice, sx_segment_ours(&p->segment));
    sx_armed_close(&p->ring, sx_segment_ours(&p->segment));
    sx_segment_close(&p->segment);
    free(p->slot_last);
    free(p->active);
    free(p->watched);
    free(p->laggards);
    memset(p, 0, sizeof *p);
}

void sx_producer_free(struct streamx_producer *p)
{
    sx_producer_clear(p);
    free(p);
}

void sx_producer_choose_way(struct streamx_producer *p)
{
    bool must_look = sx_producer_must_look(p);
    bool fencing = !p->shared && p->fence.left > 0;
    bool numbered = (p->segment.shape.flags & (STREAMX_TIMESTAMPS | STREAMX_STAMPS)) != 0;
    uint64_t most = p->at_once < SX_SMALL ? p->at_once : SX_SMALL;
    uint64_t quick = must_look || fencing || numbered || p->excess > 0 ? 0 : most + 1;

    p->gated = p->shared || must_look;
    p->detour = p->gated || p->excess > 0;
    p->special = p->shared || numbered;
    p->quick = p->shared ? 0 : quick;
    p->turn.quick = p->shared ? quick : 0;
    sx_producer_choose_length(p);
}

void sx_producer_go_on_from(struct streamx_producer *p, const struct sx_position *position)
{
    p->next = position->published + 1;
    p->frame = sx_frames_at(&p->segment, sx_producer_slot(p));
    p->last = sx_frames_at(&p->segment, p->segment.shape.slots - 1);
    p->room_end = p->next;
    p->room_counted = false;
    p->series = position->series;
    p->plain_since = p->next;
    sx_producer_told(p, 0);
}

int sx_producer_allocate(struct streamx_producer *p)
{
    const struct sx_shape *shape = &p->segment.shape;

    p->slot_last = calloc(shape->slots, sizeof *p->slot_last);
    p->active = calloc(shape->max_consumers, sizeof *p->active);
    p->watched = calloc(shape->max_consumers + shape->max_producers, sizeof *p->watched);
    if (shape->evict_after_ns > 0)
        p->laggards = calloc(shape->max_consumers, sizeof *p->laggards);
    return p->slot_last && p->active && p->watched && (p->laggards || shape->evict_after_ns == 0)
               ? 0
               : -ENOMEM;
}
