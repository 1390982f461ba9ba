/* SPDX-License-Identifier: MIT */
/*
 * Taking and acknowledging (README.md, section 6).
 *
 * On the fast path, taking polls the stamp of the next slot, which lies in the same cache line as a
 * small message; acknowledging is one store to the consumer's own line and a load of a word that
 * changes only when the producer goes to sleep.
 *
 * What is read from a frame is read once, checked against the private geometry, and then used.
 */
#include <errno.h>

#include "consumer.h"
#include "crash.h"
#include "futex.h"

static struct sx_seat *own_seat(const struct streamx_consumer *c)
{
    return &c->segment.control->seats[c->ticket.seat];
}

static bool ready(const struct streamx_consumer *c)
{
    /* Acquire pairs with the release in put.c: the frame and the payload. */
    return atomic_load_explicit(&c->frame->stamp, memory_order_acquire) == c->next;
}

bool sx_take_evicted(const struct streamx_consumer *c)
{
    /* Acquire: asked after something was read in place. While the bit is not set, the slots from
     * this cursor on have not been touched. */
    return c->evictable &&
           (atomic_load_explicit(&own_seat(c)->cursor, memory_order_acquire) & SX_CURSOR_EVICTED) &&
           sx_registry_evicted(own_seat(c), c->ticket.attach);
}

static int finish(struct streamx_consumer *c, int result)
{
    c->final = result;
    if (c->notice.open) /* readable for good */
        sx_notice_fire(&c->notice);
    return result;
}

/* ---- taking -----------------------------------------------------------------------------------
 */

int sx_take_open(struct streamx_consumer *c)
{
    const struct sx_frame *frame = c->frame;
    /* Relaxed, all: published by the stamp. */
    uint32_t count = atomic_load_explicit(&frame->count, memory_order_relaxed);
    uint32_t bytes = atomic_load_explicit(&frame->bytes, memory_order_relaxed);
    uint64_t first = atomic_load_explicit(&frame->first_seq, memory_order_relaxed);

    if (count == 0 || !sx_ring_fits(bytes, count, c->segment.shape.slot_size) ||
        first != c->taken + 1)
        return -EPROTO;
    c->time_ns = atomic_load_explicit(&frame->time_ns, memory_order_relaxed);
    c->ends = count > 1 ? (const _Atomic uint32_t *)(const void *)frame->body : NULL;
    c->payload = frame->body + sx_ring_ends_bytes(count);
    c->count = count;
    c->index = 0;
    c->start = 0;
    c->bytes = bytes;
    c->next++;
    c->slot = c->slot + 1 == c->segment.shape.slots ? 0 : c->slot + 1;
    c->frame = sx_frames_at(&c->segment, c->slot);
    return 0;
}

/* Where the next message of the open publication ends. False: nowhere sensible. */
static bool message_end(const struct streamx_consumer *c, uint32_t *end)
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

/* The next message of the open publication. */
static int hand_out(struct streamx_consumer *c, struct streamx_message *message)
{
    uint32_t end;
    bool sound = message_end(c, &end);

    /* Asked after the frame and the offset were read: so they were what was published. */
    if (sx_take_evicted(c))
        return finish(c, -ESTALE);
    if (!sound)
        return finish(c, -EPROTO);
    c->taken++;
    *message = (struct streamx_message){.data = c->payload + c->start,
                                        .len = end - c->start,
                                        .seq = c->taken,
                                        .time_ns = c->time_ns};
    c->start = end;
    c->index++;
    return 1;
}

static int open_and_hand_out(struct streamx_consumer *c, struct streamx_message *message)
{
    int failed = sx_take_open(c);

    if (failed)
        return finish(c, sx_take_evicted(c) ? -ESTALE : failed);
    return hand_out(c, message);
}

/* 1 = the next publication is there; -EAGAIN = not yet; else how the stream has ended for us. */
int sx_take_look(const struct streamx_consumer *c)
{
    uint32_t state;

    if (sx_take_evicted(c))
        return -ESTALE;
    if (ready(c))
        return 1;
    /* Acquire pairs with the release in producer.c: every stamp was stored before the end, so that
     * a second look at the stamp is the last that is needed. */
    state = atomic_load_explicit(&c->segment.control->state, memory_order_acquire);
    if (state == SX_STATE_LIVE)
        return -EAGAIN;
    if (ready(c))
        return 1;
    if (sx_take_evicted(c)) /* before the end */
        return -ESTALE;
    return state == SX_STATE_CLOSED ? 0 : state == SX_STATE_ABANDONED ? -EOWNERDEAD : -EPROTO;
}

/* The same, knowing whether the producer has died. What it did before it died counts: so look
 * again after its death was established. */
int sx_take_look_for_death(const struct streamx_consumer *c)
{
    int found;

    if (!sx_segment_orphaned(&c->segment))
        return sx_take_look(c);
    found = sx_take_look(c);
    return found == -EAGAIN ? -EOWNERDEAD : found;
}

/* Sleeps until the word moves; if that takes long, also until the producer dies. `seen`: the
 * producer is certain to see that we sleep. */
static void sleep_on(struct streamx_consumer *c, struct sx_wait *wait, uint32_t event, bool seen)
{
    const _Atomic uint32_t *word = &c->segment.control->data_event;

    if (sx_wait_is_long(wait) && sx_sleeper_open(&c->sleeper) == 0 &&
        sx_sleeper_arm_word(&c->sleeper, word, event))
        sx_wait_sleep(wait, &c->sleeper,
                      sx_segment_arm_death(&c->segment, &c->segment.producer, &c->sleeper) && seen);
    else
        sx_wait_park(wait, word, event);
}

/* Announce, look once more, sleep. */
static int park(struct streamx_consumer *c, struct sx_wait *wait)
{
    struct sx_control *control = c->segment.control;
    /* Before the announcement: if that is cleared, this changes after it (put.c, sx_put_wake).
     * Acquire: our announcement comes after the clearing that the bump tells of. */
    uint32_t event = atomic_load_explicit(&control->data_event, memory_order_acquire);
    bool seen;
    int found;

    SX_CRASH_POINT(sleep_before);
    atomic_store_explicit(&control->sleepers, 1, memory_order_relaxed);
    SX_CRASH_POINT(sleep_announced);
    /* Pair 1: between the announcement and the look at the stamp. The producer stores the stamp,
     * passes its barrier and looks for sleepers. Acquire pairs with fence.h. */
    sx_barrier_full();
    seen = atomic_load_explicit(&control->fencing, memory_order_acquire) || sx_barrier_heavy();
    found = sx_take_look(c);
    if (found == -EAGAIN)
        sleep_on(c, wait, event, seen);
    return found;
}

static int await(struct streamx_consumer *c, int64_t deadline_ns)
{
    struct sx_wait wait;
    int found = -EAGAIN;

    sx_wait_begin(&wait, &c->spin, deadline_ns);
    while (found == -EAGAIN) {
        while (sx_wait_spin(&wait) && found == -EAGAIN)
            found = sx_take_look(c);
        if (found != -EAGAIN)
            break;
        found = sx_wait_should_look(&wait) ? sx_take_look_for_death(c) : sx_take_look(c);
        if (found == -EAGAIN && sx_wait_expired(&wait))
            found = -ETIMEDOUT;
        if (found == -EAGAIN && sx_wait_must_park(&wait))
            found = park(c, &wait);
    }
    sx_wait_end(&wait);
    return found;
}

/* A call that does not wait. */
static int look_once(struct streamx_consumer *c)
{
    int found;

    /* With a descriptor, a death is told of by it, or looked for when its timer runs out. */
    if (!c->notice.open)
        return sx_take_look_for_death(c);
    found = sx_take_look(c);
    return found == -EAGAIN ? sx_fd_renew_consumer(c) : found;
}

static int wait_and_take(struct streamx_consumer *c, struct streamx_message *message,
                         int64_t timeout_ns)
{
    int64_t deadline_ns = sx_clock_deadline(timeout_ns);
    int found;

    if (c->final != SX_NOT_FINAL)
        return c->final;
    found = deadline_ns == 0 ? look_once(c) : await(c, deadline_ns);
    if (found == -EAGAIN || found == -ETIMEDOUT)
        return found;
    if (found != 1)
        return finish(c, found);
    return open_and_hand_out(c, message);
}

/* Spins for a moment until the next publication is there. */
static bool spin_briefly(struct streamx_consumer *c)
{
    uint32_t turns = sx_brief_begin(&c->brief, &c->spin, c->next);

    for (uint32_t turn = 0; turn < turns; turn += sx_brief_pause(&c->brief))
        if (ready(c))
            return true;
    return false;
}

int streamx_take(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns)
{
    if (!sx_segment_ours(&c->segment))
        return -EPERM;
    if (timeout_ns < STREAMX_FOREVER)
        return -EINVAL;
    if (c->final == SX_NOT_FINAL) {
        if (c->index < c->count)
            return hand_out(c, message);
        if (ready(c) || (timeout_ns != STREAMX_NOWAIT && spin_briefly(c)))
            return open_and_hand_out(c, message);
    }
    return wait_and_take(c, message, timeout_ns);
}

/* ---- acknowledging ------------------------------------------------------------------------------
 */

/* The producer sleeps. Does this acknowledgment, from `before` to `now`, make what it waits for
 * true? Then it is the last acknowledger, and wakes it. */
static void wake_if_last(struct streamx_consumer *c, uint64_t before, uint64_t now)
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
    SX_CRASH_POINT(ack_before_wake);
    sx_registry_wake_producer(&c->segment);
    sx_fence_busy(&c->fence);
}

bool sx_take_store_cursor(struct streamx_consumer *c, uint64_t seq)
{
    struct sx_seat *seat = own_seat(c);
    uint64_t expected = sx_cursor_make(c->acked);

    SX_CRASH_POINT(ack_before);
    if (!c->evictable) {
        /* Release: our reading of the messages comes before; pairs with the tally's acquire. */
        atomic_store_explicit(&seat->cursor, sx_cursor_make(seq), memory_order_release);
        SX_CRASH_POINT(ack_stored);
        return true;
    }
    /* The same; it fails only if the evicted bit has come: an acknowledgment counts or is told
     * that it does not, never both. A bit that is not for us is overwritten. */
    if (atomic_compare_exchange_strong_explicit(&seat->cursor, &expected, sx_cursor_make(seq),
                                                memory_order_acq_rel, memory_order_acquire)) {
        SX_CRASH_POINT(ack_swapped);
        return true;
    }
    return !sx_take_evicted(c) &&
           atomic_compare_exchange_strong_explicit(&seat->cursor, &expected, sx_cursor_make(seq),
                                                   memory_order_acq_rel, memory_order_acquire);
}

static int acknowledge(struct streamx_consumer *c, uint64_t seq)
{
    uint64_t before = c->acked;

    if (!sx_take_store_cursor(c, seq))
        return finish(c, -ESTALE);
    c->acked = seq;
    /* Pair 2: between the cursor and the look for a sleeping producer. */
    sx_fence_pass(&c->fence);
    /* Relaxed: only whether it is asleep; what it waits for is loaded behind a full barrier. */
    if (__builtin_expect(
            atomic_load_explicit(&c->segment.control->wanted, memory_order_relaxed) != 0, 0))
        wake_if_last(c, before, seq);
    else
        sx_fence_idle(&c->fence);
    return 0;
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
    if (!sx_segment_ours(&c->segment))
        return -EPERM;
    if (timeout_ns < STREAMX_FOREVER)
        return -EINVAL;
    if (c->taken != c->acked) {
        int failed = acknowledge(c, c->taken);
        if (failed)
            return failed;
    }
    return streamx_take(c, message, timeout_ns);
}
