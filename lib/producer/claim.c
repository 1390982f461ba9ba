/* SPDX-License-Identifier: MIT */
/* Claiming where it is more than a look: memory first, room, the turn. */
#include "producer/claim.h"

#include <errno.h>

#include "kernel/clock.h"
#include "memory/backing.h"
#include "producer/turn.h"
#include "producer/view.h"
#include "producer/wait.h"

/* How often a claim that joiners disturb is tried without waiting. */
#define PATIENCE 1000

int sx_claim_back(struct streamx_producer *p, struct sx_need need)
{
    struct sx_segment *segment = &p->segment;
    uint64_t have = sx_backing_size(&segment->shape, segment->control, sx_producer_slot(p));
    int failed;

    if (need.bytes <= p->at_once || !sx_backing_is_partial(&segment->shape))
        return 0;
    if (need.bytes > have) {
        failed = sx_segment_back(segment, sx_producer_slot(p), need.bytes);
        if (failed)
            return failed;
        p->excess += have <= p->at_once && !p->shared;
        sx_producer_choose_way(p);
    }
    sx_backing_use(&segment->shape, segment->control, sx_producer_slot(p), sx_producer_last_seq(p));
    return 0;
}

/* After the claim. Has the slot been used for short messages for a while? Not in a stream that
 * evicts: there somebody may still be reading what the slot held. */
static void settle(struct streamx_producer *p, struct sx_need need)
{
    struct sx_segment *segment = &p->segment;

    if (p->excess == 0 || need.bytes > p->at_once || segment->shape.evict_after_ns > 0 ||
        sx_backing_size(&segment->shape, segment->control, sx_producer_slot(p)) <= p->at_once ||
        sx_producer_last_seq(p) + need.count -
                sx_backing_used(&segment->shape, segment->control, sx_producer_slot(p)) <
            SX_BACKING_PATIENCE)
        return;
    sx_backing_give_back(&segment->shape, segment->control, sx_producer_slot(p));
    p->excess -= !p->shared;
    sx_producer_choose_way(p);
}

/* Backs and claims. -EBUSY: it must wait. */
static int back_and_claim(struct streamx_producer *p, struct sx_need need)
{
    int failed = sx_view_is_free(p) ? sx_claim_back(p, need) : -EBUSY;

    if (failed)
        return failed;
    if (!sx_claim(p))
        return -EBUSY;
    settle(p, need);
    return 0;
}

/* Waits for room, and for as long as joiners disturb the claim. */
static int await_and_claim(struct streamx_producer *p, struct sx_need need, int64_t deadline_ns)
{
    for (int attempt = 0;; attempt++) {
        int held = sx_producer_wait(p, STREAMX_ROOM, deadline_ns);
        int failed = held < 0 ? held : back_and_claim(p, need);

        if (failed != -EBUSY)
            return failed;
        if (attempt > PATIENCE && deadline_ns != SX_NEVER && sx_clock_now() >= deadline_ns)
            return deadline_ns == 0 ? -EAGAIN : -ETIMEDOUT;
    }
}

/* In a shared stream: with the pen, which is ours afterwards if it is a success. */
static int claim_in_turn(struct streamx_producer *p, struct sx_need need, int64_t timeout_ns)
{
    int64_t deadline_ns = sx_clock_deadline(timeout_ns);
    int failed = 0;

    if (p->turn.holding) /* just taken, on the fast path */
        sx_turn_follow(p);
    else
        failed = sx_turn_take(p, deadline_ns);
    if (failed)
        return failed;
    failed = sx_producer_must_look(p) ? -EBUSY : back_and_claim(p, need);
    if (failed == -EBUSY && !sx_producer_must_look(p) && sx_producer_spin(p))
        failed = back_and_claim(p, need);
    if (failed == -EBUSY) {
        sx_turn_rest(p);
        failed = await_and_claim(p, need, deadline_ns);
    }
    if (failed)
        sx_turn_end(p);
    return failed;
}

int sx_claim_wait(struct streamx_producer *p, struct sx_need need, int64_t timeout_ns)
{
    return await_and_claim(p, need, sx_clock_deadline(timeout_ns));
}

int sx_claim_or_wait(struct streamx_producer *p, struct sx_need need, int64_t timeout_ns)
{
    int failed;

    if (p->shared)
        return claim_in_turn(p, need, timeout_ns);
    failed = p->gated ? -EBUSY : back_and_claim(p, need);
    if (failed == -EBUSY && !p->gated && sx_spin_fits(timeout_ns) && sx_producer_spin(p))
        failed = back_and_claim(p, need);
    return failed == -EBUSY ? sx_claim_wait(p, need, timeout_ns) : failed;
}
