/* SPDX-License-Identifier: MIT */
/* Acknowledging: making the cursor say more, and waking the producer that has waited for it. */
#ifndef SX_ACKNOWLEDGE_H
#define SX_ACKNOWLEDGE_H

#include "consumer/handle.h"
#include "memory/fast.h"
#include "memory/store.h"

/* Makes the cursor, which says `before`, say `seq`, where the evicted bit may come at any moment;
 * false if it has come. Nobody is woken. */
bool sx_acknowledge_swap(struct streamx_consumer *consumer, uint64_t before, uint64_t seq);

/* If all was over for us with a producer's death, and nothing is in hand any more, nobody is to
 * wait for us: a successor may come. */
void sx_acknowledge_retire(struct streamx_consumer *consumer);

/* The producer sleeps. Wakes it, if the acknowledgment of what comes after `before` makes true what
 * it waits for: then we are the last acknowledger. 0. */
int sx_acknowledge_wake(struct streamx_consumer *consumer, uint64_t before);

/* Makes the cursor say `seq` in a stream that does not evict. */
SX_IN_LINE void sx_acknowledge_store(const struct streamx_consumer *c, uint64_t seq)
{
    /* Release: our reading of the messages comes before; pairs with the tally's acquire. */
    SX_STORE(ack, &c->seat->cursor, sx_cursor_make(seq), memory_order_release);
}

/* Relaxed: only whether it is asleep; what it waits for is loaded behind a full barrier. */
SX_IN_LINE bool sx_acknowledge_asleep(const struct streamx_consumer *c)
{
    return atomic_load_explicit(&c->segment.control->wanted, memory_order_relaxed) != 0;
}

/* After the cursor has changed. True: the producer sleeps, and sx_acknowledge_wake is to be
 * asked. */
static inline bool sx_acknowledge_look(struct streamx_consumer *c)
{
    /* Pair 2: between the cursor and the look for a sleeping producer. */
    sx_fence_pass(&c->fence);
    if (sx_acknowledge_asleep(c))
        return true;
    sx_fence_idle(&c->fence);
    return false;
}

/* Both, in a stream that does not evict, while no full barrier is needed. */
SX_IN_LINE bool sx_acknowledge_unfenced(const struct streamx_consumer *c, uint64_t seq)
{
    sx_acknowledge_store(c, seq);
    sx_barrier_light(); /* pair 2 */
    return SX_UNLIKELY(sx_acknowledge_asleep(c));
}

#endif
