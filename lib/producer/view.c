/* SPDX-License-Identifier: MIT */
/*
 * What the producer sees of its consumers.
 *
 * One function looks at the seats (sx_view_refresh), one says what holds (sx_view_evaluate). Every
 * cursor that is looked at was stored by another process; the view is a cache that may be behind in
 * the safe direction: cursors only grow, and a new seat changes the epoch (README.md, pair 4).
 */
#include "producer/view.h"

#include <errno.h>

#include "producer/turn.h"

/* So many slots are looked at one by one. (Too few for a line to be fetched so far ahead as on AMD,
 * until all in the ring are alike again.) */
#define ROOM_MOST 16u

/* Does the series tell what that publication held, which the ring still holds? */
static bool is_plain(const struct streamx_producer *p, uint64_t publication)
{
    return !sx_after(p->plain_since, publication);
}

uint64_t sx_view_needed(const struct streamx_producer *p)
{
    uint64_t publication = p->next - p->segment.shape.slots;

    return is_plain(p, publication) ? sx_series_seq(&p->series, publication)
                                    : p->slot_last[sx_producer_slot(p)];
}

/* How many slots from the next one on are free, of publications of as many messages each. */
static uint64_t count_plain(const struct streamx_producer *p)
{
    uint32_t slots = p->segment.shape.slots;
    uint64_t count = sx_series_acknowledged(&p->series, p->next - slots, p->limit);

    return count < slots ? count : slots;
}

/* The same of any, up to `most`. */
static uint64_t count_mixed(const struct streamx_producer *p, uint32_t most)
{
    uint32_t slots = p->segment.shape.slots, slot = sx_producer_slot(p), count = 0;
    uint64_t publication = p->next - slots;

    while (count < most) {
        uint64_t last =
            is_plain(p, publication) ? sx_series_seq(&p->series, publication) : p->slot_last[slot];

        if (sx_after(last, p->limit))
            break;
        count++;
        publication++;
        slot = slot + 1 == slots ? 0 : slot + 1;
    }
    return count;
}

/* The same where not all are of as many messages, or not all are ours. Of what others have
 * published only the next slot's content is known. */
SX_APART static void count_room_mixed(struct streamx_producer *p, bool alone)
{
    uint32_t slots = p->segment.shape.slots;
    uint32_t most = !alone ? 1 : slots < ROOM_MOST ? slots : ROOM_MOST;
    uint64_t count = count_mixed(p, most);

    p->room_end = p->next + count;
    p->room_counted = count < most;
}

/* By the limit as it is. */
static inline void count_room(struct streamx_producer *p)
{
    uint32_t slots = p->segment.shape.slots;
    bool alone = !p->shared || p->next - p->turn.since >= slots;

    if (!alone || sx_extent_count(p->series.extent) == 0 || !is_plain(p, p->next - slots)) {
        count_room_mixed(p, alone);
        return;
    }
    p->room_end = p->next + count_plain(p);
    p->room_counted = true;
}

bool sx_view_count(struct streamx_producer *p)
{
    count_room(p);
    return sx_producer_room(p) > 0;
}

void sx_view_refresh(struct streamx_producer *p)
{
    struct sx_control *control = p->segment.control;
    /* Acquire, before the seats are looked at: a seat that becomes active later changes it again.
     */
    uint64_t epoch = atomic_load_explicit(&control->epoch, memory_order_acquire);

    if (epoch != p->epoch || p->active_count == 0) {
        p->epoch = epoch;
        p->active_count = sx_registry_list(&p->segment, p->active);
        sx_spin_crowd(&p->spin, 1 + p->active_count);
    }
    sx_registry_tally(&p->segment, p->active, p->active_count, &p->tally);
    p->limit = sx_tally_limit(&p->tally);
    p->slowest_cursor = sx_cursor_make(p->tally.slowest);
    count_room(p);
}

/* As sx_view_refresh in the most common case: one consumer, nobody has come or gone. False: it is
 * not, and nothing was done. */
static inline bool refresh_lone(struct streamx_producer *p)
{
    const struct sx_control *control = p->segment.control;
    uint64_t cursor;

    if (p->active_count != 1 || !sx_registry_cursor(&control->seats[p->active[0]], &cursor) ||
        (cursor & SX_CURSOR_EVICTED))
        return false;
    sx_view_note_cursor(p, cursor);
    count_room(p);
    return true;
}

/* Somebody was attached, nobody is. */
static bool gone(const struct streamx_producer *p)
{
    return p->tally.attached == 0 && p->epoch != 0;
}

/* Of slots that have just become free: their consumers have the lines, and stores to one after the
 * other would wait for each. Those behind them are fetched as they come near: publish.h. */
void sx_view_fetch_room(const struct streamx_producer *p)
{
    int64_t count = sx_producer_room(p);
    char *frame = (char *)p->frame;

    for (int64_t i = 0; i < count && i < p->ahead.slots; i++) {
        sx_fetch_for_write(frame);
        frame = frame == (char *)p->last ? (char *)sx_frames_at(&p->segment, 0)
                                         : frame + p->segment.shape.slot_stride;
    }
}

bool sx_view_room(struct streamx_producer *p, uint64_t least)
{
    if (sx_view_moved(p) && !refresh_lone(p))
        sx_view_refresh(p);
    if (!sx_view_is_free(p) || (least > 0 && sx_after(sx_view_needed(p) + least, p->limit)))
        return false;
    sx_view_fetch(p);
    return true;
}

/*
 * Reaps the dead where it matters whether somebody lives: for ATTACHED; for opening the stream,
 * since only live ones count for `min_consumers`; and in a pipe, whose readers are known to be
 * alive only by asking, until a live one is found. True: look again.
 */
static bool reap_where_it_matters(struct streamx_producer *p, unsigned events)
{
    bool pipe = p->segment.shape.flags & STREAMX_PIPE;
    bool enough = !p->opened && p->tally.attached >= p->segment.shape.min_consumers;
    bool any = (events & STREAMX_ATTACHED) && p->tally.attached > 0;

    if (pipe)
        sx_registry_reap_until_alive(&p->segment, p->active, p->active_count);
    return ((enough || any) && sx_registry_reap_all(&p->segment)) || pipe;
}

/* Opens the stream for good when `min_consumers` is met, of those who are left after the
 * reaping. */
static void open_if_met(struct streamx_producer *p)
{
    /* What others published at all had waited for them. */
    bool begun = p->shared && sx_producer_last_seq(p) != 0;

    if (p->opened || (!begun && p->tally.attached < p->segment.shape.min_consumers))
        return;
    p->opened = true;
    sx_producer_choose_way(p);
}

/* The last message that we have to see acknowledged. */
static uint64_t own_seq(const struct streamx_producer *p)
{
    return p->shared ? p->turn.own_seq : sx_producer_last_seq(p);
}

/* Those of the events that hold, by the view as it is. */
static unsigned held_events(const struct streamx_producer *p, bool broken)
{
    unsigned held = p->tally.attached > 0 ? STREAMX_ATTACHED : 0;

    if (gone(p))
        held |= STREAMX_ALONE;
    if (!sx_after(own_seq(p), p->limit))
        held |= STREAMX_DRAINED;
    if (!broken && p->opened && !sx_after(sx_view_needed(p), p->limit) &&
        (!p->shared || sx_turn_open(p)))
        held |= STREAMX_ROOM;
    return held;
}

int sx_view_evaluate(struct streamx_producer *p, unsigned events)
{
    unsigned held;
    bool broken;

    /* Without the pen: others may have published. */
    if (p->shared && !p->turn.holding)
        sx_turn_follow(p);
    sx_view_refresh(p);
    if (reap_where_it_matters(p, events))
        sx_view_refresh(p);
    open_if_met(p);
    broken = (p->segment.shape.flags & STREAMX_PIPE) && gone(p);
    held = held_events(p, broken);
    if (held & events)
        return (int)(held & events);
    /* Neither room will come any more, nor an acknowledgment of what is left. */
    return broken && (events & (STREAMX_ROOM | STREAMX_DRAINED)) ? -EPIPE : 0;
}

uint64_t sx_view_wanted(const struct streamx_producer *p, unsigned events)
{
    uint64_t seq = SX_WANTED_NO_SEQ;

    if ((events & STREAMX_ROOM) && p->opened)
        seq = sx_view_needed(p);
    if ((events & STREAMX_DRAINED) && (seq == SX_WANTED_NO_SEQ || sx_after(seq, own_seq(p))))
        seq = own_seq(p);
    return seq;
}

bool sx_view_all_fence(const struct streamx_producer *p)
{
    for (uint32_t i = 0; i < p->active_count; i++) {
        const struct sx_seat *seat = &p->segment.control->seats[p->active[i]];
        /* Acquire pairs with the release in fence.h. */
        if (!atomic_load_explicit(&seat->fencing, memory_order_acquire))
            return false;
    }
    return true;
}
