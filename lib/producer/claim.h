/* SPDX-License-Identifier: MIT */
/*
 * Claiming the next slot (README.md, section 5): a comparison with where room ends, a store, and a
 * load of a word that nobody writes meanwhile. What more there may be to it is out of line.
 */
#ifndef SX_CLAIM_H
#define SX_CLAIM_H

#include <errno.h>

#include "memory/fast.h"
#include "memory/store.h"
#include "producer/handle.h"

/* The bytes of a slot that a publication needs; a loan of all of it needs the slot size. */
struct sx_need {
    uint64_t bytes;
    uint32_t count; /* messages */
};

/* Takes memory for so much, before the claim, so that a slot whose memory is not to be had keeps
 * what it holds. */
int sx_claim_back(struct streamx_producer *producer, struct sx_need need);

/* Waits for room, or for the turn; or there is more to look at. 0, or what streamx_put returns. */
SX_OUT_OF_LINE int sx_claim_or_wait(struct streamx_producer *producer, struct sx_need need,
                                    int64_t timeout_ns);

/* Waits for room, without spinning for it. 0, or what streamx_put returns. Not in a shared
 * stream. */
SX_OUT_OF_LINE int sx_claim_wait(struct streamx_producer *producer, struct sx_need need,
                                 int64_t timeout_ns);

/* Its store. False: there is no room, as far as is known. */
SX_IN_LINE bool sx_claim_announce(struct sx_spot at)
{
    if (SX_UNLIKELY(at.room <= 0))
        return false;
    /* Relaxed: the barriers that follow order it; its readers look at it last. */
    SX_STORE(claim, &at.control->claimed, at.publication, memory_order_relaxed);
    return true;
}

/* The look behind it. False: somebody has come or gone. */
SX_IN_LINE bool sx_claim_stands(const struct streamx_producer *p, struct sx_spot at)
{
    if (SX_UNLIKELY(atomic_load_explicit(&at.control->epoch, memory_order_acquire) != p->epoch))
        return false;
    /* The claim before the slot's first byte: see frames.c. */
    sx_barrier_stores();
    return true;
}

/* Takes the next slot for filling, if the cached view of the consumers allows it. */
SX_IN_LINE bool sx_claim(struct streamx_producer *p)
{
    struct sx_spot at = sx_producer_spot(p);

    if (SX_UNLIKELY(!sx_claim_announce(at)))
        return false;
    /* Pair 4: between the claim and the look at the epoch. A joiner makes its seat active, bumps
     * the epoch, passes its heavy barrier and looks at the claim. */
    sx_fence_pass(&p->fence);
    return sx_claim_stands(p, at);
}

/* The same while no full barrier is needed, as the caller has seen. */
SX_IN_LINE bool sx_claim_unfenced(const struct streamx_producer *p, struct sx_spot at)
{
    if (SX_UNLIKELY(!sx_claim_announce(at)))
        return false;
    sx_barrier_light(); /* pair 4 */
    return sx_claim_stands(p, at);
}

/* Takes the next slot for so much, waiting for it if need be. */
SX_IN_LINE int sx_claim_for(struct streamx_producer *p, uint64_t bytes, uint32_t count,
                            int64_t timeout_ns)
{
    if (SX_LIKELY(!p->detour && bytes <= p->at_once && sx_claim(p)))
        return 0;
    return sx_claim_or_wait(p, (struct sx_need){.bytes = bytes, .count = count}, timeout_ns);
}

/* What every call that takes a slot asks first. */
static inline int sx_claim_check(const struct streamx_producer *p, int64_t timeout_ns)
{
    if (!sx_segment_is_usable(&p->segment))
        return -EPERM;
    if (timeout_ns < STREAMX_FOREVER)
        return -EINVAL;
    return p->loaned ? -EBUSY : 0;
}

#endif
