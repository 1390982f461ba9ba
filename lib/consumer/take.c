/* SPDX-License-Identifier: MIT */
/*
 * Taking and acknowledging (README.md, section 6).
 *
 * On the fast path, taking polls the stamp of the next slot, which lies in the same cache line as a
 * small message; acknowledging is one store to the consumer's own line and a load of a word that
 * changes only when the producer goes to sleep. What is not on it is kept out of line.
 *
 * What is read from a frame is read once, checked against the private geometry, and then used.
 */
#include <errno.h>

#include "consumer/consumer.h"
#include "memory/store.h"
#include "waiting/fast.h"

#define FETCH_AHEAD 1024u /* bytes, in a batch */
#define FETCH_SLOTS 64u

static int finish(struct streamx_consumer *c, int result)
{
    c->final = result;
    c->index = c->count; /* nothing is left of what was open */
    if (c->notice.open)  /* readable for good */
        sx_notice_fire(&c->notice);
    return result;
}

/* What was read makes no sense: because we have been evicted, or because somebody wrote nonsense.
 */
SX_OUT_OF_LINE static int spoiled(struct streamx_consumer *c)
{
    return finish(c, sx_take_evicted(c) ? -ESTALE : -EPROTO);
}

/* ---- taking -----------------------------------------------------------------------------------
 */

/*
 * A run without a wait that has lasted so long goes on for a while; then the line of a slot that is
 * read soon is fetched. (From a producer that is not so far ahead it would be taken away.)
 */
SX_IN_LINE void fetch_ahead(const struct streamx_consumer *c)
{
    if (c->next - c->brief.since > FETCH_SLOTS && c->slot + FETCH_SLOTS < c->segment.shape.slots)
        sx_fetch_for_read(sx_frames_at(&c->segment, c->slot + FETCH_SLOTS));
}

/* On to the next slot. */
static inline void step(struct streamx_consumer *c)
{
    c->next++;
    c->slot = c->slot + 1 == c->segment.shape.slots ? 0 : c->slot + 1;
    c->frame = sx_frames_at(&c->segment, c->slot);
    fetch_ahead(c);
}

/* Opens the next publication; false: it cannot be one. */
static inline bool open_next(struct streamx_consumer *c)
{
    const struct sx_frame *frame = c->frame;
    /* Relaxed, all: published by the stamp. */
    uint64_t extent = atomic_load_explicit(&frame->extent, memory_order_relaxed);
    uint64_t first = atomic_load_explicit(&frame->first_seq, memory_order_relaxed);
    uint32_t count = sx_extent_count(extent), bytes = sx_extent_bytes(extent);

    if (SX_UNLIKELY(count == 0 || first != c->taken + 1 ||
                    !sx_ring_fits(bytes, count, c->segment.shape.slot_size)))
        return false;
    c->time_ns = atomic_load_explicit(&frame->time_ns, memory_order_relaxed);
    c->ends = count > 1 ? (const _Atomic uint32_t *)(const void *)frame->body : NULL;
    c->payload = frame->body + sx_ring_ends_bytes(count);
    c->count = count;
    c->index = 0;
    c->start = 0;
    c->bytes = bytes;
    step(c);
    return true;
}

int sx_take_open(struct streamx_consumer *c)
{
    return open_next(c) ? 0 : -EPROTO;
}

/* Where the next message of the open publication ends. False: nowhere sensible. */
static inline bool message_end(const struct streamx_consumer *c, uint32_t *end)
{
    *end = c->ends ? atomic_load_explicit(&c->ends[c->index], memory_order_relaxed) : c->bytes;
    return *end >= c->start && *end <= c->bytes;
}

int sx_take_skip(struct streamx_consumer *c, uint32_t messages)
{
    while (messages-- > 0) {
        if (c->index >= c->count || !message_end(c, &c->start))
            return -EPROTO;
        c->index++;
        c->taken++;
    }
    return 0;
}

/* The next message of the open publication, which ends at `end`. */
SX_IN_LINE int hand_out_until(struct streamx_consumer *c, struct streamx_message *message,
                              uint32_t end)
{
    c->taken++;
    *message = (struct streamx_message){.data = c->payload + c->start,
                                        .len = end - c->start,
                                        .seq = c->taken,
                                        .time_ns = c->time_ns};
    c->start = end;
    c->index++;
    return 1;
}

static int hand_out(struct streamx_consumer *c, struct streamx_message *message)
{
    uint32_t end;
    bool sound = message_end(c, &end);

    /* Asked after the frame and the offset were read: so they were what was published. */
    return sound && !sx_take_evicted(c) ? hand_out_until(c, message, end) : spoiled(c);
}

/* The same from the middle of a batch, in a stream that does not evict. */
SX_IN_LINE int hand_out_batched(struct streamx_consumer *c, struct streamx_message *message)
{
    uint32_t end = atomic_load_explicit(&c->ends[c->index], memory_order_relaxed);

    if (SX_UNLIKELY(end < c->start || end > c->bytes))
        return spoiled(c);
    /* All of a batch was published at once: fetching it ahead disturbs nobody. */
    sx_fetch_for_read(c->payload + end + FETCH_AHEAD);
    return hand_out_until(c, message, end);
}

static int open_and_hand_out(struct streamx_consumer *c, struct streamx_message *message)
{
    return SX_LIKELY(open_next(c)) ? hand_out(c, message) : spoiled(c);
}

/* A publication of one message, which needs no opening; true: handed out. The checks are those of
 * open_next. In a stream that does not evict. */
SX_IN_LINE bool hand_out_single(struct streamx_consumer *c, struct streamx_message *message)
{
    const struct sx_frame *frame = c->frame;
    /* Relaxed, all: published by the stamp. */
    uint64_t extent = atomic_load_explicit(&frame->extent, memory_order_relaxed);
    uint64_t seq = atomic_load_explicit(&frame->first_seq, memory_order_relaxed);
    uint32_t bytes = sx_extent_bytes(extent);

    if (SX_UNLIKELY(sx_extent_count(extent) != 1 || seq != c->taken + 1 ||
                    bytes > c->segment.shape.slot_size))
        return false;
    c->taken = seq;
    *message = (struct streamx_message){
        .data = frame->body,
        .len = bytes,
        .seq = seq,
        .time_ns = atomic_load_explicit(&frame->time_ns, memory_order_relaxed)};
    step(c);
    return true;
}

SX_OUT_OF_LINE static int wait_and_take(struct streamx_consumer *c, struct streamx_message *message,
                                        int64_t timeout_ns)
{
    bool brief = timeout_ns == STREAMX_FOREVER || timeout_ns >= SX_BRIEF_LEAST_NS;
    int found = brief && sx_await_briefly(c) ? 1 : sx_await_next(c, timeout_ns);

    if (found == -EAGAIN || found == -ETIMEDOUT)
        return found;
    return found == 1 ? open_and_hand_out(c, message) : finish(c, found);
}

/* Whatever comes next, in any stream. */
SX_OUT_OF_LINE static int take_any(struct streamx_consumer *c, struct streamx_message *message,
                                   int64_t timeout_ns)
{
    if (c->final != SX_NOT_FINAL)
        return c->final;
    if (c->index < c->count)
        return hand_out(c, message);
    if (sx_take_ready(c))
        return open_and_hand_out(c, message);
    return wait_and_take(c, message, timeout_ns);
}

SX_IN_LINE int take(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns)
{
    if (SX_UNLIKELY(c->evictable))
        return take_any(c, message, timeout_ns);
    if (c->index < c->count) /* never when something final has happened */
        return hand_out_batched(c, message);
    if (SX_LIKELY(c->final == SX_NOT_FINAL && sx_take_ready(c) && hand_out_single(c, message)))
        return 1;
    return take_any(c, message, timeout_ns);
}

/* What every call asks first. */
static inline int check(const struct streamx_consumer *c, int64_t timeout_ns)
{
    if (!sx_segment_ours(&c->segment))
        return -EPERM;
    return timeout_ns < STREAMX_FOREVER ? -EINVAL : 0;
}

int streamx_take(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns)
{
    int failed = check(c, timeout_ns);

    return failed ? failed : take(c, message, timeout_ns);
}

/* ---- acknowledging ------------------------------------------------------------------------------
 */

/* The producer sleeps. Does this acknowledgment, from `before` to `now`, make what it waits for
 * true? Then it is the last acknowledger, and wakes it. */
SX_OUT_OF_LINE static void wake_if_last(struct streamx_consumer *c, uint64_t before, uint64_t now)
{
    struct sx_control *control = c->segment.control;
    struct sx_tally tally;
    uint64_t wanted;

    /* Pairs 2 and 3: between our cursor and the look at `wanted` and at the other cursors. */
    sx_barrier_full();
    wanted = atomic_load_explicit(&control->wanted, memory_order_acquire);
    if (wanted == SX_WANTED_NOTHING)
        return;
    wanted = sx_wanted_seq(wanted);
    if (wanted == SX_WANTED_NO_SEQ || !sx_after(wanted, before) || sx_after(wanted, now))
        return;
    sx_registry_tally(&c->segment, NULL, sx_registry_used(&c->segment), &tally);
    if (sx_after(wanted, sx_tally_limit(&tally)))
        return;
    sx_registry_wake_producer(&c->segment);
    sx_fence_busy(&c->fence);
}

/* In a stream that evicts: it fails only if the evicted bit has come. An acknowledgment counts or
 * is told that it does not, never both. A bit that is not for us is overwritten. */
SX_OUT_OF_LINE static bool swap_cursor(struct streamx_consumer *c, uint64_t seq)
{
    struct sx_seat *seat = c->seat;
    uint64_t expected = sx_cursor_make(c->acked);

    for (int attempt = 0; attempt < 2; attempt++) {
        /* Release as in store_cursor; acquire: for whom the bit is, was stored before it. */
        if (SX_SWAP(ack_swap, &seat->cursor, &expected, sx_cursor_make(seq), memory_order_acq_rel,
                    memory_order_acquire))
            return true;
        if (sx_take_evicted(c))
            return false;
    }
    return false;
}

SX_IN_LINE bool store_cursor(struct streamx_consumer *c, uint64_t seq)
{
    if (SX_UNLIKELY(c->evictable))
        return swap_cursor(c, seq);
    /* Release: our reading of the messages comes before; pairs with the tally's acquire. */
    SX_STORE(ack, &c->seat->cursor, sx_cursor_make(seq), memory_order_release);
    return true;
}

bool sx_take_store_cursor(struct streamx_consumer *c, uint64_t seq)
{
    return store_cursor(c, seq);
}

/* The cursor says `seq`. Has the producer to be told? */
SX_IN_LINE bool acknowledged(struct streamx_consumer *c, uint64_t seq)
{
    c->acked = seq;
    /* Pair 2: between the cursor and the look for a sleeping producer. */
    sx_fence_pass(&c->fence);
    /* Relaxed: only whether it is asleep; what it waits for is loaded behind a full barrier. */
    if (SX_UNLIKELY(atomic_load_explicit(&c->segment.control->wanted, memory_order_relaxed) != 0))
        return true;
    sx_fence_idle(&c->fence);
    return false;
}

SX_OUT_OF_LINE static int acknowledge(struct streamx_consumer *c, uint64_t seq)
{
    uint64_t before = c->acked;

    if (!store_cursor(c, seq))
        return finish(c, -ESTALE);
    if (acknowledged(c, seq))
        wake_if_last(c, before, seq);
    return 0;
}

SX_OUT_OF_LINE static int acknowledge_and_take(struct streamx_consumer *c,
                                               struct streamx_message *message, int64_t timeout_ns)
{
    int failed = acknowledge(c, c->taken);

    return failed ? failed : take(c, message, timeout_ns);
}

SX_OUT_OF_LINE static int wake_and_take(struct streamx_consumer *c, uint64_t before,
                                        struct streamx_message *message, int64_t timeout_ns)
{
    wake_if_last(c, before, c->acked);
    return take(c, message, timeout_ns);
}

int streamx_ack(struct streamx_consumer *c, uint64_t through_seq)
{
    if (!sx_segment_ours(&c->segment))
        return -EPERM;
    if (through_seq == 0)
        through_seq = c->taken;
    if (through_seq > c->taken) /* the caller's number: not a position within reach of others */
        return -EINVAL;
    if (sx_after(through_seq, c->acked))
        return acknowledge(c, through_seq);
    return sx_take_evicted(c) ? finish(c, -ESTALE) : 0;
}

int streamx_next(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns)
{
    int failed = check(c, timeout_ns);
    uint64_t before = c->acked;

    if (SX_UNLIKELY(failed))
        return failed;
    if (c->taken != before) {
        if (SX_UNLIKELY(c->evictable))
            return acknowledge_and_take(c, message, timeout_ns);
        store_cursor(c, c->taken);
        if (acknowledged(c, c->taken))
            return wake_and_take(c, before, message, timeout_ns);
    }
    return take(c, message, timeout_ns);
}
