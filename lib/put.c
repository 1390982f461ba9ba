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

#include "crash.h"
#include "frames.h"
#include "futex.h"
#include "producer.h"

/* How often a claim that joiners disturb is tried without waiting. */
#define PATIENCE 1000

#define FETCH_AHEAD 8u /* slots */

static struct sx_frame *next_frame(struct streamx_producer *p)
{
    return sx_frames_at(&p->segment, p->slot);
}

/* Has the line of a slot that is filled soon on its way, so that its stores need not wait for it.
 * Only of one that is known to be free: its consumers do not look at it any more. */
static inline void fetch_ahead(const struct streamx_producer *p)
{
    uint32_t ahead = p->slot + FETCH_AHEAD;

    if (ahead < p->segment.shape.slots && !sx_after(p->slot_last[ahead], p->limit))
        __builtin_prefetch(sx_frames_at(&p->segment, ahead), 1, 3);
}

/* Takes the next slot for filling, if the cached view of the consumers allows it. */
static bool claim(struct streamx_producer *p)
{
    struct sx_control *control = p->segment.control;

    if (sx_after(p->slot_last[p->slot], p->limit))
        return false;
    fetch_ahead(p);
    SX_CRASH_POINT(claim_before);
    /* Relaxed: the barriers below order it; its readers look at it last. */
    atomic_store_explicit(&control->claimed, p->next, memory_order_relaxed);
    SX_CRASH_POINT(claim_claimed);
    /* Pair 4: between the claim and the look at the epoch. A joiner makes its seat active, bumps
     * the epoch, passes its heavy barrier and looks at the claim. */
    sx_fence_pass(&p->fence);
    if (atomic_load_explicit(&control->epoch, memory_order_acquire) != p->epoch)
        return false;
    /* The claim before the slot's first byte: see frames.c. */
    sx_barrier_stores();
    return true;
}

static int claim_or_wait(struct streamx_producer *p, int64_t timeout_ns)
{
    int64_t deadline_ns = sx_clock_deadline(timeout_ns);

    for (int attempt = 0;; attempt++) {
        int held = sx_room_await(p, STREAMX_ROOM, deadline_ns);

        if (held < 0)
            return held;
        if (claim(p))
            return 0;
        if (attempt > PATIENCE && deadline_ns != SX_NEVER && sx_clock_now() >= deadline_ns)
            return deadline_ns == 0 ? -EAGAIN : -ETIMEDOUT;
    }
}

static int take_slot(struct streamx_producer *p, int64_t timeout_ns)
{
    if (__builtin_expect(!p->gated, 1)) {
        if (claim(p))
            return 0;
        if (timeout_ns != STREAMX_NOWAIT && sx_room_spin(p) && claim(p))
            return 0;
    }
    return claim_or_wait(p, timeout_ns);
}

void sx_put_wake(struct streamx_producer *p)
{
    struct sx_control *control = p->segment.control;
    uint32_t event = atomic_load_explicit(&control->data_event, memory_order_relaxed);

    SX_CRASH_POINT(wake_before);
    /* The flag before the bump, the bump before the wake, and the wake for all: whoever's
     * announcement is cleared here read the event before the bump, and does not sleep on. */
    atomic_store_explicit(&control->sleepers, 0, memory_order_relaxed);
    SX_CRASH_POINT(wake_sleepers_cleared);
    /* Release: a consumer that reads the bump announces itself after the clearing. */
    atomic_store_explicit(&control->data_event, event + 1, memory_order_release);
    SX_CRASH_POINT(wake_event_bumped);
    sx_futex_wake(&control->data_event);
    SX_CRASH_POINT(wake_woken);
}

/* Makes the filled slot visible. */
static void publish(struct streamx_producer *p, uint32_t count, uint64_t bytes)
{
    struct sx_control *control = p->segment.control;
    struct sx_frame *frame = next_frame(p);
    uint64_t last_seq = p->last_seq + count;
    int64_t time_ns = p->segment.shape.flags & STREAMX_TIMESTAMPS ? sx_clock_now() : 0;

    SX_CRASH_POINT(publish_filled);
    /* Relaxed, all four and last_seq: the stamp publishes them. */
    atomic_store_explicit(&frame->first_seq, p->last_seq + 1, memory_order_relaxed);
    SX_CRASH_POINT(publish_first_stored);
    atomic_store_explicit(&frame->time_ns, (uint64_t)time_ns, memory_order_relaxed);
    SX_CRASH_POINT(publish_time_stored);
    atomic_store_explicit(&frame->count, count, memory_order_relaxed);
    SX_CRASH_POINT(publish_count_stored);
    atomic_store_explicit(&frame->bytes, (uint32_t)bytes, memory_order_relaxed);
    SX_CRASH_POINT(publish_bytes_stored);
    atomic_store_explicit(&control->last_seq[p->next & 1], last_seq, memory_order_relaxed);
    SX_CRASH_POINT(publish_framed);
    /* Release pairs with the acquire in take.c: the frame and the payload. */
    atomic_store_explicit(&frame->stamp, p->next, memory_order_release);
    SX_CRASH_POINT(publish_stamped);
    /* Release pairs with the acquire in frames.c: last_seq. */
    atomic_store_explicit(&control->published, p->next, memory_order_release);
    SX_CRASH_POINT(publish_counted);
    p->bytes += bytes;
    atomic_store_explicit(&control->payload_bytes, p->bytes, memory_order_relaxed);
    SX_CRASH_POINT(publish_total_stored);
    p->slot_last[p->slot] = last_seq;
    p->last_seq = last_seq;
    p->next++;
    p->slot = p->slot + 1 == p->segment.shape.slots ? 0 : p->slot + 1;
    /* Pair 1: between the stamp and the look for sleepers. A consumer announces itself, passes its
     * barrier and looks at the stamp. */
    sx_fence_pass(&p->fence);
    if (__builtin_expect(atomic_load_explicit(&control->sleepers, memory_order_relaxed) != 0, 0)) {
        sx_put_wake(p);
        sx_fence_busy(&p->fence);
    } else {
        sx_fence_idle(&p->fence);
    }
}

/* What every call that takes a slot asks first. */
static int check(const struct streamx_producer *p, int64_t timeout_ns)
{
    if (!sx_segment_ours(&p->segment))
        return -EPERM;
    if (timeout_ns < STREAMX_FOREVER)
        return -EINVAL;
    return p->loaned ? -EBUSY : 0;
}

int streamx_put(struct streamx_producer *p, const void *data, size_t len, int64_t timeout_ns)
{
    int failed = check(p, timeout_ns);

    if (failed)
        return failed;
    if (len > p->segment.shape.slot_size)
        return -EMSGSIZE;
    failed = take_slot(p, timeout_ns);
    if (failed)
        return failed;
    SX_CRASH_POINT(put_before);
    if (len > 0)
        memcpy(next_frame(p)->body, data, len);
    SX_CRASH_POINT(put_copied);
    publish(p, 1, len);
    return 0;
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

static void copy(void *to, const struct iovec *message)
{
    SX_CRASH_POINT(putv_before);
    if (message->iov_len > 0)
        memcpy(to, message->iov_base, message->iov_len);
    SX_CRASH_POINT(putv_copied);
}

/* End offsets, then payload. */
static void fill_batch(unsigned char *body, const struct iovec *messages, uint32_t n)
{
    _Atomic uint32_t *ends = (_Atomic uint32_t *)(void *)body;
    unsigned char *payload = body + sx_ring_ends_bytes(n);
    uint32_t end = 0;

    for (uint32_t i = 0; i < n; i++) {
        copy(payload + end, &messages[i]);
        end += (uint32_t)messages[i].iov_len;
        SX_CRASH_POINT(putv_end_before);
        atomic_store_explicit(&ends[i], end, memory_order_relaxed);
        SX_CRASH_POINT(putv_end_stored);
    }
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
    failed = take_slot(p, timeout_ns);
    if (failed)
        return failed;
    if (n == 1)
        copy(next_frame(p)->body, messages);
    else
        fill_batch(next_frame(p)->body, messages, n);
    publish(p, n, bytes);
    return 0;
}

int streamx_loan(struct streamx_producer *p, void **data, size_t *capacity, int64_t timeout_ns)
{
    int failed = check(p, timeout_ns);

    if (!failed)
        failed = take_slot(p, timeout_ns);
    if (failed)
        return failed;
    p->loaned = true;
    SX_CRASH_POINT(loan_open);
    *data = next_frame(p)->body;
    *capacity = p->segment.shape.slot_size;
    return 0;
}

int streamx_publish(struct streamx_producer *p, size_t len)
{
    if (!sx_segment_ours(&p->segment))
        return -EPERM;
    if (!p->loaned)
        return -EINVAL;
    if (len > p->segment.shape.slot_size)
        return -EMSGSIZE;
    p->loaned = false;
    publish(p, 1, len);
    return 0;
}

void streamx_discard(struct streamx_producer *p)
{
    p->loaned = false;
}
