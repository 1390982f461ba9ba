/* SPDX-License-Identifier: MIT */
/*
 * Taking and acknowledging: take, take_parts, ack, next (README.md, section 6).
 *
 * On the fast path, taking polls the stamp of the next slot, which lies in the same cache line as a
 * small message; acknowledging is one store to the consumer's own line and a load of a word that
 * changes only when the producer goes to sleep. What is not on it is kept out of line:
 *
 *   take                 in a stream that does not evict:
 *     an even batch        its next message
 *     a single is there    the message, without opening anything
 *     else                 take
 *   next                 before it takes:
 *     not steady, fences   next_otherwise, as for what is refused
 *     several in hand      next_otherwise
 *     none in hand         next_after
 *     the producer sleeps  wake_and_take
 *     else                 the store and the look alone
 *
 * A program calls next only for what streamx_next.h does not do in the program. What is not at once
 * there is taken and acknowledged by the row of the table of ways.
 *
 * The functions that take move `taken`; what is in hand because of that, their callers say.
 */
#define STREAMX_NO_INLINE /* the function itself is here */
#include <errno.h>

#include "consumer/acknowledge.h"
#include "consumer/publication.h"
#include "consumer/slip.h"
#include "consumer/tap.h"
#include "consumer/wait.h"

static int finish(struct streamx_consumer *c, int result)
{
    c->final = result;
    c->through = c->offer.through = c->offer.taken; /* nothing is left of what was open */
    if (c->way != SX_WAY_TAP)
        c->way = SX_WAY_ENDED;
    sx_consumer_choose_way(c);
    sx_acknowledge_retire(c); /* or else when all is acknowledged that is in hand */
    if (c->notice.means)      /* readable for good */
        sx_notice_fire(&c->notice);
    return result;
}

/* What was read makes no sense: because we have been evicted, or because somebody wrote
 * nonsense. */
SX_OUT_OF_LINE static int spoiled(struct streamx_consumer *c)
{
    return finish(c, sx_consumer_evicted(c) ? -ESTALE : -EPROTO);
}

/* ---- taking ---------------------------------------------------------------------------------- */

/* The next publication is there, and none is open. */
static int take_found(struct streamx_consumer *c, struct streamx_message *message)
{
    if (c->way == SX_WAY_STEADY && sx_publication_single(c, c->offer.taken, message))
        return 1;
    return sx_publication_take(c, message) == 1 ? 1 : spoiled(c);
}

SX_APART static int wait_and_take(struct streamx_consumer *c, struct streamx_message *message,
                                  int64_t timeout_ns)
{
    bool spun = sx_spin_fits(timeout_ns) && sx_consumer_spin(c);
    int found = spun ? 1 : sx_consumer_wait(c, timeout_ns);

    if (found == -EAGAIN || found == -ETIMEDOUT || found == -EBADF)
        return found;
    return found == 1 ? take_found(c, message) : finish(c, found);
}

/* What it passes by, handed out or not, is acknowledged at once: so there is never anything that
 * would want a seat to acknowledge it. */
static int take_tapped(struct streamx_consumer *c, struct streamx_message *message,
                       int64_t timeout_ns)
{
    int found;

    if (c->final != SX_NOT_FINAL)
        return c->final;
    found = sx_publication_is_open(c, c->offer.taken) ? 1 : sx_tap_wait(c, timeout_ns);
    if (found == 1)
        found = sx_publication_next(c, message) ? 1 : spoiled(c);
    else if (found != -EAGAIN && found != -ETIMEDOUT && found != -ENOMEM && found != -EBADF)
        finish(c, found);
    return found;
}

/* By one that has a seat, and has not seen an end. */
static int take_any(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns)
{
    int taken = sx_publication_take(c, message);

    if (SX_UNLIKELY(taken == 0))
        return wait_and_take(c, message, timeout_ns);
    return SX_LIKELY(taken == 1) ? 1 : spoiled(c);
}

/* Of a batch that is open, in a stream that does not evict. False: it makes no sense. */
static inline bool take_of_batch(struct streamx_consumer *c, struct streamx_message *message)
{
    bool told = !c->outline.alike && sx_publication_left(c) > 1;

    if (SX_LIKELY(told))
        return sx_publication_next_told(c, message);
    if (!sx_publication_next(c, message))
        return false;
    if (c->outline.even) { /* the next part of it, or what came between was taken by other calls */
        sx_publication_offer(c);
        sx_publication_fetch_behind(c, message->data);
    }
    return true;
}

static int take_steady(struct streamx_consumer *c, struct streamx_message *message,
                       int64_t timeout_ns)
{
    if (sx_publication_is_open(c, c->offer.taken))
        return take_of_batch(c, message) ? 1 : spoiled(c);
    if (SX_UNLIKELY(sx_slip_is_due(c)))
        sx_slip_go_on(c, sx_spin_fits(timeout_ns));
    return sx_consumer_ready(c) ? take_found(c, message) : wait_and_take(c, message, timeout_ns);
}

/* By one that is steady, behind the message that was `taken` last: what needs no wait and no
 * opening, and lies where its length says. What it returns false of may be there nevertheless. */
SX_IN_LINE bool take_at_once(struct streamx_consumer *c, uint64_t taken,
                             struct streamx_message *message)
{
    if (SX_LIKELY(!sx_publication_is_open(c, taken)))
        return SX_LIKELY(sx_publication_single(c, taken, message));
    if (SX_UNLIKELY(!sx_publication_is_offered(c, taken)))
        return false;
    sx_publication_next_even(c, taken, message);
    return true;
}

/* What comes after the end: the end. */
static int take_end(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns)
{
    (void)message;
    (void)timeout_ns;
    return c->final;
}

/* ---- acknowledging --------------------------------------------------------------------------- */

/* All but the last `left` of what is in hand. */
SX_IN_LINE int acknowledge_steady(struct streamx_consumer *c, uint64_t left)
{
    uint64_t before = sx_consumer_in_hand(c);

    sx_acknowledge_store(c, c->offer.taken - left);
    sx_consumer_hold(c, left);
    return sx_acknowledge_look(c) ? sx_acknowledge_wake(c, c->offer.taken - before) : 0;
}

/* Where others may change the cursor too. */
SX_OUT_OF_LINE static int acknowledge_by_swap(struct streamx_consumer *c, uint64_t left)
{
    uint64_t before = sx_consumer_acked(c);

    if (!sx_acknowledge_swap(c, before, c->offer.taken - left))
        return finish(c, -ESTALE);
    sx_consumer_hold(c, left);
    sx_acknowledge_retire(c);
    return sx_acknowledge_look(c) ? sx_acknowledge_wake(c, before) : 0;
}

/* ---- the ways -------------------------------------------------------------------------------- */

static const struct {
    int (*take)(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns);
    int (*acknowledge)(struct streamx_consumer *c, uint64_t left);
} ways[] = {
    [SX_WAY_STEADY] = {take_steady, acknowledge_steady},
    [SX_WAY_EVICTABLE] = {take_any, acknowledge_by_swap},
    [SX_WAY_TAP] = {take_tapped, NULL}, /* nothing is ever in hand */
    [SX_WAY_ENDED] = {take_end, acknowledge_by_swap},
};

/* What was handed out behind `before` is in hand now, unless it was copied. */
static void hold(struct streamx_consumer *c, uint64_t before)
{
    if (c->way != SX_WAY_TAP)
        c->offer.hand += c->offer.taken - before;
}

SX_APART static int take(struct streamx_consumer *c, struct streamx_message *message,
                         int64_t timeout_ns)
{
    uint64_t before = c->offer.taken;
    int found = ways[c->way].take(c, message, timeout_ns);

    hold(c, before);
    return found;
}

SX_IN_LINE int acknowledge(struct streamx_consumer *c, uint64_t left)
{
    return SX_LIKELY(c->way == SX_WAY_STEADY) ? acknowledge_steady(c, left)
                                              : ways[c->way].acknowledge(c, left);
}

/* ---- the calls ------------------------------------------------------------------------------- */

/* What those ask first that may wait. */
static inline int check(const struct streamx_consumer *c, int64_t timeout_ns)
{
    if (!sx_segment_is_usable(&c->segment))
        return -EPERM;
    return timeout_ns < STREAMX_FOREVER ? -EINVAL : 0;
}

int streamx_take(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns)
{
    int failed = check(c, timeout_ns);

    if (SX_UNLIKELY(failed))
        return failed;
    if (SX_UNLIKELY(c->way != SX_WAY_STEADY || !take_at_once(c, c->offer.taken, message)))
        return take(c, message, timeout_ns);
    c->offer.hand++;
    return 1;
}

/* What sx_publication_whole has left; or it is not to be done. */
SX_APART static int take_parts(struct streamx_consumer *c, struct streamx_parts *parts,
                               unsigned most, int64_t timeout_ns)
{
    uint64_t before = c->offer.taken;
    int found = check(c, timeout_ns);

    *parts = (struct streamx_parts){.count = 0};
    if (most == 0)
        return -EINVAL;
    if (found != 0)
        return found;
    found = ways[c->way].take(c, &parts->first, timeout_ns);
    if (found == 1 && !sx_publication_run(c, parts, most - 1))
        found = spoiled(c);
    hold(c, before);
    return found;
}

int streamx_take_parts(struct streamx_consumer *c, struct streamx_parts *parts, unsigned most,
                       int64_t timeout_ns)
{
    if (SX_LIKELY(check(c, timeout_ns) == 0 && c->way == SX_WAY_STEADY) &&
        SX_LIKELY(sx_publication_whole(c, parts, most))) {
        c->offer.hand += parts->count;
        return 1;
    }
    return take_parts(c, parts, most, timeout_ns);
}

int streamx_ack(struct streamx_consumer *c, uint64_t through_seq)
{
    uint64_t taken = c->offer.taken, left = through_seq == 0 ? 0 : taken - through_seq;

    if (!sx_segment_is_usable(&c->segment))
        return -EPERM;
    if (through_seq > taken) /* the caller's number: not a position within reach of others */
        return -EINVAL;
    if (left < sx_consumer_in_hand(c))
        return acknowledge(c, left);
    return sx_consumer_evicted(c) ? finish(c, -ESTALE) : 0;
}

/* ---- the two in one -------------------------------------------------------------------------- */

/* With several in hand; or by one that is not steady, or behind a full barrier; or it is not to be
 * done at all. */
SX_APART static int next_otherwise(struct streamx_consumer *c, struct streamx_message *message,
                                   int64_t timeout_ns)
{
    int failed = check(c, timeout_ns);

    if (!failed && sx_consumer_in_hand(c) > 0)
        failed = acknowledge(c, 0);
    if (failed)
        return failed;
    sx_consumer_choose_way(c); /* that may have been the last behind a full barrier */
    return take(c, message, timeout_ns);
}

SX_OUT_OF_LINE static int next_spoiled(struct streamx_consumer *c)
{
    sx_consumer_hold(c, 0);
    return spoiled(c);
}

SX_OUT_OF_LINE static int wake_and_take(struct streamx_consumer *c, uint64_t before,
                                        struct streamx_message *message, int64_t timeout_ns)
{
    sx_consumer_hold(c, 0);
    sx_acknowledge_wake(c, before);
    return take(c, message, timeout_ns);
}

/* Of a batch that is open; all before it is acknowledged. */
SX_APART static int next_of_batch(struct streamx_consumer *c, struct streamx_message *message)
{
    return SX_LIKELY(take_of_batch(c, message)) ? 1 : next_spoiled(c);
}

/* With none in hand: streamx_next.h has acknowledged the one before, and most likely nothing was
 * there, or a part of a batch has come to its end. */
SX_APART static int next_after(struct streamx_consumer *c, struct streamx_message *message,
                               int64_t timeout_ns)
{
    int found = take_steady(c, message, timeout_ns);

    sx_consumer_hold(c, found == 1);
    return found;
}

/* All is acknowledged, and nothing was there at once, or it is to be asked how far behind. */
SX_APART static int next_later(struct streamx_consumer *c, struct streamx_message *message,
                               int64_t timeout_ns)
{
    int found;

    if (sx_slip_is_due(c)) {
        sx_consumer_hold(c, 0);
        return next_after(c, message, timeout_ns);
    }
    found = sx_publication_take(c, message);
    if (SX_LIKELY(found == 1))
        return 1;
    if (found < 0)
        return next_spoiled(c);
    sx_consumer_hold(c, 0);
    found = wait_and_take(c, message, timeout_ns);
    sx_consumer_hold(c, found == 1);
    return found;
}

int streamx_next(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns)
{
    uint64_t taken = c->offer.taken;

    if (SX_UNLIKELY(!sx_consumer_is_quick(c) || timeout_ns < STREAMX_FOREVER ||
                    sx_consumer_in_hand(c) > 1))
        return next_otherwise(c, message, timeout_ns);
    if (sx_consumer_in_hand(c) == 0)
        return next_after(c, message, timeout_ns);
    if (sx_acknowledge_unfenced(c, taken))
        return wake_and_take(c, taken - 1, message, timeout_ns);
    /* One is acknowledged and the next one taken: there is one in hand again. */
    if (SX_LIKELY(take_at_once(c, taken, message)))
        return 1;
    return sx_publication_is_open(c, taken) ? next_of_batch(c, message)
                                            : next_later(c, message, timeout_ns);
}

int streamx_next_5(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns)
    __attribute__((alias("streamx_next")));
