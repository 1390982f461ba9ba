/* SPDX-License-Identifier: MIT */
/*
 * The clock of a laggard starts when a call of the producer first finds it behind, and starts again
 * when its cursor has moved. It runs across calls. Nobody is evicted unless the stream was created
 * with `evict_after_ns`.
 *
 * An eviction is one compare-and-swap on the cursor, against the very value that has not moved: the
 * consumer acknowledges by compare-and-swap too, so that exactly one of the two succeeds.
 */
#include "evict.h"

#include "crash.h"
#include "futex.h"

/* Since when this seat has been where it is, as far as the producer has seen. */
static int64_t behind_since(struct streamx_producer *p, uint32_t seat, uint64_t cursor,
                            int64_t now_ns)
{
    struct sx_laggard *laggard = &p->laggards[seat];
    /* Relaxed: it only tells one holder from the next. */
    uint64_t owner =
        atomic_load_explicit(&p->segment.control->seats[seat].owner, memory_order_relaxed);

    if (laggard->owner != owner || laggard->cursor != cursor)
        *laggard = (struct sx_laggard){.owner = owner, .cursor = cursor, .since_ns = now_ns};
    return laggard->since_ns;
}

static bool evict(struct streamx_producer *p, uint32_t seat, uint64_t cursor)
{
    bool done;

    SX_CRASH_POINT(evict_before);
    /* Acquire: if it fails, the acknowledgment that came first is seen by the next look. */
    done = atomic_compare_exchange_strong_explicit(&p->segment.control->seats[seat].cursor, &cursor,
                                                   cursor | SX_CURSOR_EVICTED, memory_order_acq_rel,
                                                   memory_order_acquire);
    SX_CRASH_POINT(evict_after);
    return done;
}

bool sx_evict_overdue(struct streamx_producer *p, uint64_t seq, int64_t *due_ns)
{
    int64_t now_ns, patience_ns = p->segment.shape.evict_after_ns;
    bool evicted = false;

    *due_ns = SX_NEVER;
    if (patience_ns == 0)
        return false;
    now_ns = sx_clock_now();
    for (uint32_t i = 0; i < p->active_count; i++) {
        uint32_t seat = p->active[i];
        int64_t due;
        uint64_t cursor;

        if (!sx_registry_cursor(&p->segment.control->seats[seat], &cursor) ||
            (cursor & SX_CURSOR_EVICTED) || !sx_after(seq, sx_cursor_seq(cursor)))
            continue;
        if (__builtin_add_overflow(behind_since(p, seat, cursor, now_ns), patience_ns, &due))
            due = SX_NEVER;
        if (due <= now_ns)
            evicted |= evict(p, seat, cursor);
        else if (due < *due_ns)
            *due_ns = due;
    }
    /* One of them may be asleep with messages in hand, waiting for more. */
    if (evicted)
        sx_put_wake(p);
    return evicted;
}
