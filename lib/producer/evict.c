/* SPDX-License-Identifier: MIT */
/*
 * A laggard's time is counted from look to look: of those looks that the producer makes because it
 * waits in vain, and only between two that both find this consumer in the way, its cursor where it
 * was, and nothing put since. So it runs across calls, but not while the producer gets on. And no
 * interval counts for more than a slice, a sixteenth of the patience, which is also how often a
 * producer that waits looks: one that was stopped, or slept with the machine, or did other things
 * between two calls, was not held up all that time. Nobody is evicted unless the stream was created
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
#include "producer/turn.h"
#include "producer/view.h"

#define SLICES 16
#define SLICE_LEAST_NS SX_NS_PER_MS

/* One who waits without the pen, which another one holds, looks again after that. */
#define RETRY_NS (10 * SX_NS_PER_MS)

static int64_t slice(const struct streamx_producer *p)
{
    int64_t slice_ns = p->segment.shape.evict_after_ns / SLICES;

    return slice_ns > SLICE_LEAST_NS ? slice_ns : SLICE_LEAST_NS;
}

/* A look in vain. How much of the time since the last one counts, for those who were in the way
 * then. */
static int64_t count_look(struct streamx_producer *p, int64_t now_ns)
{
    int64_t passed_ns = now_ns - p->vain_ns;
    bool got_on = p->vain_next != p->next;

    p->vain_ns = now_ns;
    p->vain_next = p->next;
    p->looks += got_on ? 2 : 1; /* 2: nobody was in the way at the look before this one */
    return sx_clock_earlier(passed_ns, slice(p));
}

/* For how long this holder has been in the way. */
static int64_t held_up(const struct streamx_producer *p, struct sx_laggard *laggard, uint64_t owner,
                       uint64_t cursor, int64_t counts_ns)
{
    if (laggard->owner != owner || laggard->cursor != cursor || laggard->look + 1 != p->looks)
        *laggard = (struct sx_laggard){.owner = owner, .cursor = cursor};
    else
        laggard->held_ns += counts_ns;
    laggard->look = p->looks;
    return laggard->held_ns;
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

static bool evict_overdue(struct streamx_producer *p, uint64_t seq, int64_t *due_ns)
{
    int64_t now_ns = sx_clock_now(), patience_ns = p->segment.shape.evict_after_ns;
    int64_t counts_ns = count_look(p, now_ns);
    bool evicted = false;

    for (uint32_t i = 0; i < p->active_count; i++) {
        struct sx_seat *seat = &p->segment.control->seats[p->active[i]];
        struct sx_laggard *laggard = &p->laggards[p->active[i]];
        /* Acquire: the cursor is that holder's, or a successor's, whom the bit then is not for. */
        uint64_t owner = atomic_load_explicit(&seat->owner, memory_order_acquire);
        int64_t left_ns;
        uint64_t cursor;

        if (!sx_registry_cursor(seat, &cursor) || (cursor & SX_CURSOR_EVICTED) ||
            !sx_after(seq, sx_cursor_seq(cursor)))
            continue;
        left_ns = patience_ns - held_up(p, laggard, owner, cursor, counts_ns);
        if (left_ns <= 0)
            evicted |= evict(&p->segment, seat, owner, sx_cursor_seq(cursor));
        else
            *due_ns = sx_clock_earlier(*due_ns, now_ns + sx_clock_earlier(left_ns, slice(p)));
    }
    /* One of them may be asleep with messages in hand, waiting for more. */
    if (evicted)
        sx_wake_consumers(p->segment.control);
    return evicted;
}

bool sx_evict_overdue(struct streamx_producer *p, unsigned events, int64_t *due_ns)
{
    uint64_t seq = sx_view_wanted(p, events);
    bool evicted;

    *due_ns = SX_NEVER;
    if (!p->laggards || seq == SX_WANTED_NO_SEQ)
        return false;
    if (!p->shared || p->turn.holding)
        return evict_overdue(p, seq, due_ns);
    /* Only with the pen: of two who evict, one could set the bit for the other's holder. */
    if (sx_turn_take(p, 0) != 0) {
        *due_ns = sx_clock_now() + RETRY_NS;
        return false;
    }
    evicted = evict_overdue(p, seq, due_ns);
    sx_turn_end(p);
    return evicted;
}
