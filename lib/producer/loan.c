/* SPDX-License-Identifier: MIT */
/* Messages that are made in the ring itself: loan, publish, publish_parts, discard. */
#include <errno.h>
#include <string.h>

#include "memory/backing.h"
#include "producer/publish.h"

/* The slot has been claimed. */
static int lend(struct streamx_producer *p, uint64_t bytes, void **data, size_t *capacity)
{
    p->loaned = true;
    SX_CRASH_POINT(loan_open);
    *data = p->frame->body;
    *capacity = bytes;
    return 0;
}

/* In a stream that does not reserve all of its slots, or in a shared one. */
SX_OUT_OF_LINE static int back_and_lend(struct streamx_producer *p, size_t size, void **data,
                                        size_t *capacity, int64_t timeout_ns)
{
    int failed = sx_claim_or_wait(p, (struct sx_need){.bytes = size, .count = 1}, timeout_ns);

    if (failed)
        return failed;
    if (p->turn.holding) /* for as long as the loan is open */
        sx_turn_rest(p);
    p->lent = sx_backing_size(&p->segment.shape, p->segment.control, sx_producer_slot(p));
    return lend(p, p->lent, data, capacity);
}

int streamx_loan_at_least(struct streamx_producer *p, size_t size, void **data, size_t *capacity,
                          int64_t timeout_ns)
{
    int failed = sx_claim_check(p, timeout_ns);

    if (failed)
        return failed;
    if (size > p->segment.shape.slot_size)
        return -EMSGSIZE;
    return back_and_lend(p, size, data, capacity, timeout_ns);
}

int streamx_loan(struct streamx_producer *p, void **data, size_t *capacity, int64_t timeout_ns)
{
    uint32_t size = p->segment.shape.slot_size;
    int failed = sx_claim_check(p, timeout_ns);

    if (failed)
        return failed;
    if (SX_UNLIKELY(p->detour || p->at_once != size || !sx_claim(p)))
        return back_and_lend(p, size, data, capacity, timeout_ns);
    return lend(p, size, data, capacity);
}

int streamx_publish(struct streamx_producer *p, size_t len)
{
    if (!sx_segment_ours(&p->segment))
        return -EPERM;
    if (!p->loaned)
        return -EINVAL;
    if (len > p->lent)
        return -EMSGSIZE;
    p->loaned = false;
    return sx_publish_stamped(p, sx_extent_make(1, (uint32_t)len));
}

/* Does each message begin behind the one before it, and end behind its beginning? */
static bool are_in_order(const uint32_t ends[], unsigned n, unsigned gap)
{
    bool in_order = true;

    for (unsigned i = 1; i < n; i++)
        in_order &= ends[i] >= (uint64_t)ends[i - 1] + gap;
    return in_order;
}

/* Is each message, `gap` bytes before it but for the first, as long as that? */
static bool are_alike(const uint32_t ends[], unsigned n, unsigned gap)
{
    bool alike = true;

    for (unsigned i = 1; i < n && alike; i++)
        alike = ends[i] - ends[i - 1] - gap == ends[0];
    return alike;
}

/* 1 + the byte that fills all gaps; 0: there is none. So that who passes the messages on with that
 * byte between them need not look at each. */
static uint32_t filler_of(const unsigned char *body, const uint32_t ends[], unsigned n,
                          unsigned gap)
{
    bool alike = gap > 0 && n > 1;
    unsigned char filler = alike ? body[ends[0]] : 0;

    for (unsigned i = 0; i + 1 < n && alike; i++)
        for (unsigned at = 0; at < gap; at++)
            alike &= body[ends[i] + at] == filler;
    return alike ? 1u + filler : 0;
}

int streamx_publish_parts(struct streamx_producer *p, const uint32_t ends[], unsigned n,
                          unsigned gap)
{
    _Atomic uint32_t *table;
    uint32_t about;
    int failed;

    if (!sx_segment_ours(&p->segment))
        return -EPERM;
    if (!p->loaned || n == 0 || gap > SX_GAP_MAX || !are_in_order(ends, n, gap))
        return -EINVAL;
    if (!sx_ring_fits(ends[n - 1], n, p->segment.shape.slot_size) || ends[n - 1] > p->lent)
        return -EMSGSIZE;
    failed = sx_claim_back(p, (struct sx_need){.bytes = sx_ring_taken(ends[n - 1], n), .count = n});
    if (failed)
        return failed;
    p->loaned = false;
    if (n == 1)
        return sx_publish_stamped(p, sx_extent_make(1, ends[0]));
    table = sx_publish_table(p->frame->body, ends[n - 1]);
    about = sx_gap_make(gap, filler_of(p->frame->body, ends, n, gap));
    if (are_alike(ends, n, gap))
        about |= SX_GAP_ALIKE;
    SX_STORE(parts_gap, table, about, memory_order_relaxed);
    SX_STEP(parts_ends, memcpy((void *)(table + 1), ends, n * sizeof *ends));
    if (gap > 0)
        sx_publish_leave_out(p, (n - 1) * (uint64_t)gap);
    return sx_publish_stamped(p, sx_extent_make(n, ends[n - 1]));
}

void streamx_discard(struct streamx_producer *p)
{
    p->loaned = false;
    p->even_extent = 0; /* its table may have been written over */
    if (p->turn.holding && sx_segment_ours(&p->segment))
        sx_turn_end(p);
}
