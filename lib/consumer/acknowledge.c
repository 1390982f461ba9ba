/* SPDX-License-Identifier: MIT */
/*
 * The parts of an acknowledgment that are off the fast path (README.md, section 6): in a stream
 * that evicts, and where the producer sleeps.
 *
 * In a stream that evicts, the swap fails only if the evicted bit has come: an acknowledgment
 * counts or is told that it does not, never both. A bit that is not for us is overwritten.
 *
 * For a given `wanted` one acknowledgment of each consumer crosses it, and of those that do, the
 * one whose cursor becomes visible last sees all the others beyond it (README.md, section 7).
 */
#include "consumer/acknowledge.h"

#include <errno.h>

#include "consumer/publication.h"
#include "memory/wake.h"

void sx_acknowledge_retire(struct streamx_consumer *c)
{
    if (c->final == -EOWNERDEAD && c->way != SX_WAY_TAP && sx_consumer_in_hand(c) == 0)
        sx_registry_retire(&c->segment, &c->ticket, c->offer.taken);
}

SX_OUT_OF_LINE bool sx_acknowledge_swap(struct streamx_consumer *c, uint64_t before, uint64_t seq)
{
    uint64_t expected = sx_cursor_make(before), cursor = sx_cursor_make(seq);

    for (int attempt = 0; attempt < 2; attempt++) {
        /* Release as in sx_acknowledge_store; acquire: for whom the bit is, was stored before
         * it. */
        if (SX_SWAP(ack_swap, &c->seat->cursor, &expected, cursor, memory_order_acq_rel,
                    memory_order_acquire))
            return true;
        if (sx_consumer_evicted(c))
            return false;
    }
    return false;
}

/*
 * Meets what `wanted` says, if our acknowledgment of what comes after `before` does. True: it is
 * for us to wake.
 *
 * In an unshared stream that is for the last one to cross the word. In a shared one the word is
 * that of all who wait, lowered to what the first of them waits for; perhaps behind our last
 * acknowledgment, and perhaps by one who has gone. So whoever is at or beyond it and sees it met
 * takes it away, and wakes all.
 */
static bool meet_wanted(const struct streamx_consumer *c, uint64_t before)
{
    struct sx_control *control = c->segment.control;
    bool shared = (c->segment.shape.flags & STREAMX_SHARED) != 0;
    uint64_t wanted = atomic_load_explicit(&control->wanted, memory_order_acquire);
    uint64_t seq = sx_wanted_seq(wanted);
    struct sx_tally tally;

    if (wanted == SX_WANTED_NOTHING)
        return false;
    if (seq == SX_WANTED_NO_SEQ) {
        /* No acknowledgment brings what is waited for; in a shared stream by one who may be gone,
         * but the word would go on sending all of them this way. */
        if (shared)
            SX_SWAP(wanted_vain, &control->wanted, &wanted, SX_WANTED_NOTHING, memory_order_relaxed,
                    memory_order_relaxed);
        return false;
    }
    if (sx_after(seq, sx_consumer_acked(c)) || (!shared && !sx_after(seq, before)))
        return false;
    sx_registry_tally_all(&c->segment, &tally);
    if (sx_after(seq, sx_tally_limit(&tally)))
        return false;
    /* If the swap fails, another one has met it; or it has been lowered, by one who looks at the
     * cursors after that, and sees ours. */
    return !shared || SX_SWAP(wanted_met, &control->wanted, &wanted, SX_WANTED_NOTHING,
                              memory_order_acq_rel, memory_order_relaxed);
}

SX_OUT_OF_LINE int sx_acknowledge_wake(struct streamx_consumer *c, uint64_t before)
{
    /* Pairs 2 and 3: between our cursor and the look at `wanted` and at the other cursors. */
    sx_barrier_full();
    if (meet_wanted(c, before)) {
        sx_wake_producer(c->segment.control);
        sx_fence_busy(&c->fence);
        sx_consumer_choose_way(c);
    }
    return 0;
}
