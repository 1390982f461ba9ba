/* SPDX-License-Identifier: MIT */
/*
 * Where a new consumer starts (README.md, section 6, Attach, and pair 4).
 *
 * A start is a seq. It is put into the seat before the seat counts, so that from the moment when
 * the producer sees the seat nothing from that seq on is overwritten. What the producer had claimed
 * before that moment is seen by the joiner, after its heavy barrier, and is left out: the joiner
 * moves up to the oldest message that is still there. Moving up can only be needed where the old
 * messages had been acknowledged by somebody.
 */
#include "consumer/join.h"

#include <errno.h>

#include "consumer/acknowledge.h"
#include "consumer/publication.h"
#include "memory/wake.h"

/* An honest producer makes us look again once or twice. */
#define PATIENCE 1000

/* The seq to start at, as the stream looks before the seat is active. */
static int first_wish(const struct sx_segment *segment, uint32_t start, uint64_t *seq)
{
    struct sx_position position;
    struct sx_tally tally;
    uint64_t last;

    if (!sx_frames_newest(segment, &position))
        return -EPROTO;
    last = position.last_seq;
    switch (start) {
    case STREAMX_START_OLDEST:
        *seq = 1; /* and then moved up */
        break;
    case STREAMX_START_LATEST:
        *seq = last > 0 ? last : 1;
        break;
    case STREAMX_START_NEW:
        *seq = last + 1;
        break;
    default:
        sx_registry_tally_all(segment, &tally);
        *seq = tally.acknowledged + 1;
        break;
    }
    return 0;
}

/* Has the publication left the ring, or does it start at or before `seq`? */
static bool starts_by(const struct sx_segment *segment, uint64_t publication, uint64_t seq)
{
    uint64_t first;
    uint32_t count;

    return !sx_frames_seqs(segment, publication, &first, &count) || !sx_after(first, seq);
}

/*
 * Finds the publication that holds `*seq` among those that are still there, or moves `*seq` up to
 * the first of them (`latest`: the last), or behind the last. `*skip`: messages of it that come
 * before.
 *
 * -EAGAIN: what was found has left the ring meanwhile. The producer claims a slot before it looks
 * at the epoch; so one slot more may go although it then waits for us.
 */
static int locate(const struct sx_segment *segment, bool latest, uint64_t *seq,
                  uint64_t *publication, uint32_t *skip)
{
    /* Acquire: what is loaded from the slots below is at least as new. */
    uint64_t claimed = atomic_load_explicit(&segment->control->claimed, memory_order_acquire);
    uint64_t oldest = sx_ring_oldest(claimed, segment->shape.slots);
    struct sx_position position;
    uint64_t newest, last, first;
    uint32_t count;

    if (!sx_frames_newest(segment, &position))
        return -EPROTO;
    newest = position.published;
    last = position.last_seq;
    *skip = 0;
    *publication = newest + 1;
    if (sx_after(*seq, last) || sx_after(oldest, newest)) {
        *seq = last + 1;
        return 0;
    }
    if (newest - oldest > segment->shape.slots)
        oldest = newest - segment->shape.slots;
    while (oldest != newest) { /* halves the distance, which is at most `slots` */
        uint64_t middle = newest - (newest - oldest) / 2;
        if (starts_by(segment, middle, *seq))
            oldest = middle;
        else
            newest = middle - 1;
    }
    if (!sx_frames_seqs(segment, oldest, &first, &count))
        return -EAGAIN;
    if (sx_after(first, *seq) && latest) {
        *seq = last;
        return -EAGAIN;
    }
    if (sx_after(first, *seq))
        *seq = first;
    if (*seq - first >= count)
        return -EPROTO;
    *publication = oldest;
    *skip = (uint32_t)(*seq - first);
    return 0;
}

int sx_join(struct streamx_consumer *c, uint32_t start, uint32_t *skip)
{
    struct sx_segment *segment = &c->segment;
    uint64_t wish, seq, next = 1;
    int failed = first_wish(segment, start, &wish);

    if (failed)
        return failed;
    if (!sx_registry_activate(segment, &c->ticket, wish - 1))
        return -EPROTO;
    /* Pair 4: the seat and the epoch before the look at the claim. */
    sx_barrier_heavy_in_time();
    seq = wish;
    for (int attempt = 0; attempt < PATIENCE; attempt++) {
        failed = locate(segment, start == STREAMX_START_LATEST, &seq, &next, skip);
        if (failed != -EAGAIN)
            break;
    }
    if (failed)
        return failed == -EAGAIN ? -EPROTO : failed;
    if (seq != wish) {
        /* For the producer this is an acknowledgment. It may be asleep for it. */
        if (!sx_acknowledge_swap(c, wish - 1, seq - 1))
            return sx_consumer_evicted(c) ? -ESTALE : -EPROTO;
        sx_wake_producer(segment->control);
    }
    sx_publication_go_to(c, next);
    sx_publication_stand_at(c, seq - 1);
    return 0;
}
