/* SPDX-License-Identifier: MIT */
/*
 * Putting messages into the ring: put, putv, loan, publish, discard.
 *
 * Each is claim, fill, publish (README.md, section 5). On the fast path, a claim is a comparison
 * with the cached limit, a store and a load of words that nobody else writes meanwhile; a
 * publication is the frame's words, one release store of its stamp, and a load.
 */
#include <errno.h>
#include <string.h>

#include "kernel/clock.h"
#include "memory/backing.h"
#include "memory/fast.h"
#include "memory/frames.h"
#include "memory/store.h"
#include "memory/wake.h"
#include "producer/turn.h"
#include "producer/view.h"
#include "producer/wait.h"

/* How often a claim that joiners disturb is tried without waiting. */
#define PATIENCE 1000

#define FETCH_AHEAD 8u /* slots */

/* ---- claim --------------------------------------------------------------------------------- */

static inline bool is_free(const struct streamx_producer *p, uint32_t slot)
{
    return !sx_after(p->slot_last[slot], p->limit);
}

/* Fetches the line of a slot that is filled soon, so that its stores need not wait for it. Only of
 * one that is known to be free: its consumers do not look at it any more. */
static inline void fetch_ahead(const struct streamx_producer *p)
{
    uint32_t ahead = p->slot + FETCH_AHEAD;

    if (ahead < p->segment.shape.slots && is_free(p, ahead))
        sx_fetch_for_write((char *)p->frame + FETCH_AHEAD * p->segment.shape.slot_stride);
}

/* On to the next slot. */
static inline void step(struct streamx_producer *p)
{
    p->next++;
    if (SX_UNLIKELY(++p->slot == p->segment.shape.slots)) {
        p->slot = 0;
        p->frame = sx_frames_at(&p->segment, 0);
    } else {
        p->frame = (struct sx_frame *)((char *)p->frame + p->segment.shape.slot_stride);
    }
}

/* Takes the next slot for filling, if the cached view of the consumers allows it. */
SX_IN_LINE bool claim(struct streamx_producer *p)
{
    struct sx_control *control = p->segment.control;

    if (SX_UNLIKELY(!is_free(p, p->slot)))
        return false;
    /* Relaxed: the barriers below order it; its readers look at it last. */
    SX_STORE(claim, &control->claimed, p->next, memory_order_relaxed);
    /* Pair 4: between the claim and the look at the epoch. A joiner makes its seat active, bumps
     * the epoch, passes its heavy barrier and looks at the claim. */
    sx_fence_pass(&p->fence);
    if (SX_UNLIKELY(atomic_load_explicit(&control->epoch, memory_order_acquire) != p->epoch))
        return false;
    /* The claim before the slot's first byte: see frames.c. */
    sx_barrier_stores();
    return true;
}

/* The bytes of a slot that a publication needs; a loan of all of it needs the slot size. */
struct need {
    uint64_t bytes;
    uint32_t count; /* messages */
};

/* Before the claim, so that a slot whose memory is not to be had keeps what it holds. */
static int back(struct streamx_producer *p, struct need need)
{
    struct sx_segment *segment = &p->segment;
    uint64_t have = sx_backing_size(&segment->shape, segment->control, p->slot);
    int failed;

    if (need.bytes <= p->at_once || !sx_backing_is_partial(&segment->shape))
        return 0;
    if (need.bytes > have) {
        failed = sx_segment_back(segment, p->slot, need.bytes);
        if (failed)
            return failed;
        p->excess += have <= p->at_once && !p->shared;
        sx_producer_choose_way(p);
    }
    sx_backing_use(&segment->shape, segment->control, p->slot, p->last_seq);
    return 0;
}

/* After the claim. Has the slot been used for short messages for a while? Not in a stream that
 * evicts: there somebody may still be reading what the slot held. */
static void settle(struct streamx_producer *p, struct need need)
{
    struct sx_segment *segment = &p->segment;

    if (p->excess == 0 || need.bytes > p->at_once || segment->shape.evict_after_ns > 0 ||
        sx_backing_size(&segment->shape, segment->control, p->slot) <= p->at_once ||
        p->last_seq + need.count - sx_backing_used(&segment->shape, segment->control, p->slot) <
            SX_BACKING_PATIENCE)
        return;
    sx_backing_give_back(&segment->shape, segment->control, p->slot);
    p->excess -= !p->shared;
    sx_producer_choose_way(p);
}

/* Backs and claims. -EBUSY: it must wait. */
static int back_and_claim(struct streamx_producer *p, struct need need)
{
    int failed = is_free(p, p->slot) ? back(p, need) : -EBUSY;

    if (failed)
        return failed;
    if (!claim(p))
        return -EBUSY;
    settle(p, need);
    return 0;
}

/* Waits for room, and for as long as joiners disturb the claim. */
static int await_and_claim(struct streamx_producer *p, struct need need, int64_t deadline_ns)
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
static int claim_in_turn(struct streamx_producer *p, struct need need, int64_t timeout_ns)
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

SX_OUT_OF_LINE static int claim_or_wait(struct streamx_producer *p, struct need need,
                                        int64_t timeout_ns)
{
    bool spin = timeout_ns == STREAMX_FOREVER || timeout_ns >= SX_SPIN_SHORTEST_NS;
    int failed;

    if (p->shared)
        return claim_in_turn(p, need, timeout_ns);
    failed = p->gated ? -EBUSY : back_and_claim(p, need);
    if (failed == -EBUSY && !p->gated && spin && sx_producer_spin(p))
        failed = back_and_claim(p, need);
    return failed == -EBUSY ? await_and_claim(p, need, sx_clock_deadline(timeout_ns)) : failed;
}

/* Takes the next slot for so much, waiting for it if need be. */
SX_IN_LINE int claim_for(struct streamx_producer *p, uint64_t bytes, uint32_t count,
                         int64_t timeout_ns)
{
    if (SX_LIKELY(!p->detour && bytes <= p->at_once && claim(p)))
        return 0;
    return claim_or_wait(p, (struct need){.bytes = bytes, .count = count}, timeout_ns);
}

/* ---- publish ------------------------------------------------------------------------------- */

/* Somebody was asleep. */
SX_OUT_OF_LINE static int wake(struct streamx_producer *p)
{
    sx_wake_consumers(p->segment.control);
    sx_fence_busy(&p->fence);
    return 0;
}

/* Relaxed: what was published is ordered before by the barrier. */
static inline bool anybody_sleeps(const struct streamx_producer *p)
{
    return atomic_load_explicit(&p->segment.control->sleepers, memory_order_relaxed) != 0;
}

SX_APART static int tell_behind_fence(struct streamx_producer *p)
{
    sx_fence_pass(&p->fence);
    if (anybody_sleeps(p))
        return wake(p);
    sx_fence_idle(&p->fence);
    return 0;
}

/* Pair 1: between the stamp and the look for sleepers. A consumer announces itself, passes its
 * barrier and looks at the stamp. 0. */
SX_IN_LINE int tell(struct streamx_producer *p)
{
    if (SX_UNLIKELY(p->fence.left != 0))
        return tell_behind_fence(p);
    sx_fence_pass(&p->fence);
    return SX_UNLIKELY(anybody_sleeps(p)) ? wake(p) : 0;
}

/* Makes the filled slot visible. */
SX_IN_LINE void show(struct streamx_producer *p, uint32_t count, uint64_t bytes)
{
    struct sx_control *control = p->segment.control;
    uint64_t publication = p->next, last_seq = p->last_seq + count;
    struct sx_frame *frame = p->frame;

    p->bytes += bytes;
    /* Relaxed, all four: the stamp publishes them. A successor finds them by the parity. */
    SX_STORE(publish_first, &frame->first_seq, last_seq - count + 1, memory_order_relaxed);
    SX_STORE(publish_extent, &frame->extent, sx_extent_make(count, (uint32_t)bytes),
             memory_order_relaxed);
    SX_STORE(publish_last, &control->last_seq[publication & 1], last_seq, memory_order_relaxed);
    SX_STORE(publish_bytes, &control->payload_bytes[publication & 1], p->bytes,
             memory_order_relaxed);
    /* Release pairs with the acquire in publication.h: the frame and the payload. */
    SX_STORE(publish_stamp, &frame->stamp, publication, memory_order_release);
    /* Release pairs with the acquire in frames.c: last_seq. */
    SX_STORE(publish_count, &control->published, publication, memory_order_release);
    p->slot_last[p->slot] = last_seq;
    p->last_seq = last_seq;
    step(p);
    fetch_ahead(p);
}

/* And tells those who sleep; 0. */
SX_IN_LINE int publish(struct streamx_producer *p, uint32_t count, uint64_t bytes)
{
    show(p, count, bytes);
    return tell(p);
}

/* The time, or the producer's own number, if the stream carries it. Without, the word is 0 from the
 * beginning. */
static inline void note_time(struct streamx_producer *p)
{
    uint32_t flags = p->segment.shape.flags;
    struct sx_control *control = p->segment.control;
    struct sx_frame *frame = p->frame;
    uint64_t time_ns = flags & STREAMX_TIMESTAMPS ? (uint64_t)sx_clock_now() : p->stamp;

    if (!(flags & (STREAMX_TIMESTAMPS | STREAMX_STAMPS)))
        return;
    /* Relaxed, both: published by the stamp. */
    SX_STORE(publish_time, &frame->time_ns, time_ns, memory_order_relaxed);
    SX_STORE(publish_number, &control->last_stamp[p->next & 1], p->stamp, memory_order_relaxed);
}

/* The same for a publication that carries more than the frame's words, or ends a turn. */
SX_APART static int publish_specially(struct streamx_producer *p, uint32_t count, uint64_t bytes)
{
    note_time(p);
    publish(p, count, bytes);
    p->turn.own_seq = p->last_seq;
    if (p->turn.holding)
        sx_turn_end(p);
    return 0;
}

SX_OUT_OF_LINE static int tell_and_end_turn(struct streamx_producer *p)
{
    tell_behind_fence(p);
    sx_turn_end(p);
    return 0;
}

/* As publish_specially does it in a stream without stamps, with the pen; 0. */
SX_IN_LINE int publish_in_turn(struct streamx_producer *p, uint32_t count, uint64_t bytes)
{
    show(p, count, bytes);
    p->turn.own_seq = p->last_seq;
    sx_fence_pass(&p->fence); /* pair 1 */
    if (SX_UNLIKELY(anybody_sleeps(p)))
        return tell_and_end_turn(p);
    sx_turn_end(p);
    return 0;
}

SX_IN_LINE int stamp_and_publish(struct streamx_producer *p, uint32_t count, uint64_t bytes)
{
    return SX_UNLIKELY(p->special) ? publish_specially(p, count, bytes) : publish(p, count, bytes);
}

/* ---- the calls ----------------------------------------------------------------------------- */

/* What every call that takes a slot asks first. */
static inline int check(const struct streamx_producer *p, int64_t timeout_ns)
{
    if (!sx_segment_ours(&p->segment))
        return -EPERM;
    if (timeout_ns < STREAMX_FOREVER)
        return -EINVAL;
    return p->loaned ? -EBUSY : 0;
}

/* Into a slot that has been claimed. */
static int copy_and_publish(struct streamx_producer *p, const void *data, size_t len)
{
    SX_STEP(copy, sx_copy(p->frame->body, data, len));
    return stamp_and_publish(p, 1, len);
}

/* Waits for room, or for its turn, or is more than a few words and a stamp. */
SX_APART static int put_at_length(struct streamx_producer *p, const void *data, size_t len,
                                  int64_t timeout_ns)
{
    int failed;

    if (len > p->segment.shape.slot_size)
        return -EMSGSIZE;
    failed = claim_for(p, len, 1, timeout_ns);
    return failed ? failed : copy_and_publish(p, data, len);
}

/* In a shared stream. */
SX_APART static int put_in_turn(struct streamx_producer *p, const void *data, size_t len,
                                int64_t timeout_ns)
{
    if (SX_UNLIKELY(len >= p->turn.quick || !sx_turn_take_pen(p) || !sx_turn_is_alone(p) ||
                    !claim(p)))
        return put_at_length(p, data, len, timeout_ns);
    SX_STEP(turn_copy, sx_copy_small(p->frame->body, data, len));
    return publish_in_turn(p, 1, len);
}

int streamx_put(struct streamx_producer *p, const void *data, size_t len, int64_t timeout_ns)
{
    int failed = check(p, timeout_ns);

    if (SX_UNLIKELY(failed))
        return failed;
    if (SX_UNLIKELY(len >= p->quick || !claim(p)))
        return (p->shared ? put_in_turn : put_at_length)(p, data, len, timeout_ns);
    SX_STEP(put_copy, sx_copy_small(p->frame->body, data, len));
    return publish(p, 1, len);
}

/* The payload of a batch, or UINT64_MAX if no slot could hold it. */
static uint64_t total(const struct iovec *messages, unsigned n)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < n; i++)
        if (__builtin_add_overflow(bytes, messages[i].iov_len, &bytes))
            return UINT64_MAX;
    return bytes;
}

/* The table of a batch, behind its payload: see ring.h. */
static _Atomic uint32_t *table_at(unsigned char *body, uint64_t bytes)
{
    return (_Atomic uint32_t *)(void *)(body + sx_ring_table_at(bytes));
}

/* Messages that lie one behind the other with the caller, and will here: they are copied at once. */
struct run {
    unsigned char *to;
    uintptr_t from;
    size_t bytes;
};

static inline void copy_run(const struct run *run)
{
    SX_STEP(putv_copy, sx_copy(run->to, (const void *)run->from, run->bytes));
}

/* Payload, and behind it the gap, which is none, and the ends. */
static void fill_batch(unsigned char *payload, const struct iovec *messages, uint32_t n,
                       uint64_t bytes)
{
    _Atomic uint32_t *table = table_at(payload, bytes);
    struct run run = {.to = payload, .from = (uintptr_t)messages->iov_base};
    uint32_t end = 0;

    SX_STORE(putv_gap, table++, 0, memory_order_relaxed);
    for (uint32_t i = 0; i < n; i++) {
        uintptr_t from = (uintptr_t)messages[i].iov_base;

        if (from != run.from + run.bytes) {
            copy_run(&run);
            run = (struct run){.to = payload + end, .from = from};
        }
        run.bytes += messages[i].iov_len;
        end += (uint32_t)messages[i].iov_len;
        SX_STORE(putv_end, &table[i], end, memory_order_relaxed);
    }
    copy_run(&run);
}

int streamx_putv(struct streamx_producer *p, const struct iovec *messages, unsigned n,
                 int64_t timeout_ns)
{
    int failed = check(p, timeout_ns);
    uint64_t bytes;

    if (failed)
        return failed;
    if (n == 0)
        return -EINVAL;
    bytes = total(messages, n);
    if (!sx_ring_fits(bytes, n, p->segment.shape.slot_size))
        return -EMSGSIZE;
    failed = claim_for(p, n == 1 ? bytes : bytes + 8 * (uint64_t)n, n, timeout_ns);
    if (failed)
        return failed;
    if (n == 1)
        return copy_and_publish(p, messages->iov_base, messages->iov_len);
    fill_batch(p->frame->body, messages, n, bytes);
    return stamp_and_publish(p, n, bytes);
}

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
    int failed = claim_or_wait(p, (struct need){.bytes = size, .count = 1}, timeout_ns);

    if (failed)
        return failed;
    if (p->turn.holding) /* for as long as the loan is open */
        sx_turn_rest(p);
    p->lent = sx_backing_size(&p->segment.shape, p->segment.control, p->slot);
    return lend(p, p->lent, data, capacity);
}

int streamx_loan_at_least(struct streamx_producer *p, size_t size, void **data, size_t *capacity,
                          int64_t timeout_ns)
{
    int failed = check(p, timeout_ns);

    if (failed)
        return failed;
    if (size > p->segment.shape.slot_size)
        return -EMSGSIZE;
    return back_and_lend(p, size, data, capacity, timeout_ns);
}

int streamx_loan(struct streamx_producer *p, void **data, size_t *capacity, int64_t timeout_ns)
{
    uint32_t size = p->segment.shape.slot_size;
    int failed = check(p, timeout_ns);

    if (failed)
        return failed;
    if (SX_UNLIKELY(p->detour || p->at_once != size || !claim(p)))
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
    return stamp_and_publish(p, 1, len);
}

/* Does each message begin behind the one before it, and end behind its beginning? */
static bool are_in_order(const uint32_t ends[], unsigned n, unsigned gap)
{
    bool in_order = true;

    for (unsigned i = 1; i < n; i++)
        in_order &= ends[i] >= (uint64_t)ends[i - 1] + gap;
    return in_order;
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
    int failed;

    if (!sx_segment_ours(&p->segment))
        return -EPERM;
    if (!p->loaned || n == 0 || gap > SX_GAP_MAX || !are_in_order(ends, n, gap))
        return -EINVAL;
    if (!sx_ring_fits(ends[n - 1], n, p->segment.shape.slot_size) || ends[n - 1] > p->lent)
        return -EMSGSIZE;
    failed = back(p, (struct need){.bytes = sx_ring_taken(ends[n - 1], n), .count = n});
    if (failed)
        return failed;
    p->loaned = false;
    if (n == 1)
        return stamp_and_publish(p, 1, ends[0]);
    table = table_at(p->frame->body, ends[n - 1]);
    SX_STORE(parts_gap, table, sx_gap_make(gap, filler_of(p->frame->body, ends, n, gap)),
             memory_order_relaxed);
    SX_STEP(parts_ends, memcpy((void *)(table + 1), ends, n * sizeof *ends));
    p->bytes -= (n - 1) * (uint64_t)gap; /* which are no messages' */
    return stamp_and_publish(p, n, ends[n - 1]);
}

void streamx_discard(struct streamx_producer *p)
{
    p->loaned = false;
    if (p->turn.holding && sx_segment_ours(&p->segment))
        sx_turn_end(p);
}

void streamx_stamp(struct streamx_producer *p, uint64_t stamp)
{
    p->stamp = stamp;
}
