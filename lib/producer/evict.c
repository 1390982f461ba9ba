/* SPDX-License-Identifier: MIT */
/*
 * The clock of a laggard starts when a call of the producer first finds it behind, and starts again
 * when its cursor has moved. It runs across calls. Nobody is evicted unless the stream was created
 * with `evict_after_ns`.
 *
 * An eviction is one compare-and-swap on the cursor, against the very value that has not moved: the
 * consumer acknowledges by compare-and-swap too, so that exactly one of the two succeeds. The seat
 * may have changed hands in the last moment, and the successor's cursor say the same: so the bit
 * counts only for the attach number that is stored beside it.
 *
 * A cursor that bears such a bit already must change all the same: its holder may have seen whom
 * the bit was meant for, and be about to overwrite it. So it goes back by one seq; what it said
 * before is kept in `acked`.
 */
#include "producer/evict.h"

#include "kernel/clock.h"
#include "memory/store.h"
#include "memory/wake.h"
#include "producer/view.h"

/* Since when this holder has been where it is, as far as the producer has seen. */
static int64_t behind_since(struct sx_laggard *laggard, uint64_t owner, uint64_t cursor,
                            int64_t now_ns)
{
    if (laggard->owner != owner || laggard->cursor != cursor)
        *laggard = (struct sx_laggard){.owner = owner, .cursor = cursor, .since_ns = now_ns};
    return laggard->since_ns;
}

static bool evict(struct sx_segment *segment, struct sx_seat *seat, uint64_t owner, uint64_t seq)
{
    /* Acquire: the owner is looked at again behind it. It may bear another's bit. */
    uint64_t cursor = atomic_load_explicit(&seat->cursor, memory_order_acquire);

    if (sx_cursor_seq(cursor) != seq)
        return false;
    if (cursor & SX_CURSOR_EVICTED) {
        /* A joiner may have stored where it means to start, which acknowledges nothing yet. */
        if (atomic_load_explicit(&seat->owner, memory_order_relaxed) != owner)
            return false;
        sx_registry_raise_acked(segment, seq);
        seq--;
    }
    /* Relaxed: published by the bit. */
    SX_STORE(evict_name, &seat->evicted_attach, sx_owner_attach(owner), memory_order_relaxed);
    /* Release: who sees the bit sees for whom it is. Acquire: if it fails, the acknowledgment that
     * came first is seen by the next look. */
    return SX_SWAP(evict, &seat->cursor, &cursor, sx_cursor_make(seq) | SX_CURSOR_EVICTED,
                   memory_order_acq_rel, memory_order_acquire);
}

bool sx_evict_overdue(struct streamx_producer *p, unsigned events, int64_t *due_ns)
{
    uint64_t seq = sx_view_wanted(p, events);
    int64_t now_ns, patience_ns = p->segment.shape.evict_after_ns;
    bool evicted = false;

    *due_ns = SX_NEVER;
    if (patience_ns == 0 || seq == SX_WANTED_NO_SEQ)
        return false;
    now_ns = sx_clock_now();
    for (uint32_t i = 0; i < p->active_count; i++) {
        struct sx_seat *seat = &p->segment.control->seats[p->active[i]];
        struct sx_laggard *laggard = &p->laggards[p->active[i]];
        /* Acquire: the cursor is that holder's, or a successor's, whom the bit then is not for. */
        uint64_t owner = atomic_load_explicit(&seat->owner, memory_order_acquire);
        int64_t due;
        uint64_t cursor;

        if (!sx_registry_cursor(seat, &cursor) || (cursor & SX_CURSOR_EVICTED) ||
            !sx_after(seq, sx_cursor_seq(cursor)))
            continue;
        if (__builtin_add_overflow(behind_since(laggard, owner, cursor, now_ns), patience_ns, &due))
            due = SX_NEVER;
        if (due <= now_ns)
            evicted |= evict(&p->segment, seat, owner, sx_cursor_seq(cursor));
        else if (due < *due_ns)
            *due_ns = due;
    }
    /* One of them may be asleep with messages in hand, waiting for more. */
    if (evicted)
        sx_wake_consumers(p->segment.control);
    return evicted;
}
