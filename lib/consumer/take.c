/* SPDX-License-Identifier: MIT */
/*
 * Taking and acknowledging: take, take_parts, ack, next (README.md, section 6).
 *
 * On the fast path, taking polls the stamp of the next slot, which lies in the same cache line as a
 * small message; acknowledging is one store to the consumer's own line and a load of a word that
 * changes only when the producer goes to sleep. What is not on it is kept out of line:
 *
 *   take                 in a stream that does not evict:
 *     a batch is open      its next message
 *     a single is there    the message, without opening anything
 *     else                 take_any
 *   next                 before it takes:
 *     not steady, fences   next_otherwise, as for what is refused
 *     nothing in hand      -
 *     the producer sleeps  wake_and_take
 *     else                 the store and the look alone
 *
 * Whoever is not steady takes and acknowledges by its row of the table of ways.
 */
#include <errno.h>

#include "consumer/acknowledge.h"
#include "consumer/publication.h"
#include "consumer/tap.h"
#include "consumer/wait.h"

static int finish(struct streamx_consumer *c, int result)
{
    c->final = result;
    c->through = c->taken; /* nothing is left of what was open */
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
    if (c->way == SX_WAY_STEADY && sx_publication_single(c, c->taken, message))
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

/* What it passes by, handed out or not, is acknowledged at once: so there is never anything that would
 * want a seat to acknowledge it. */
static int take_tapped(struct streamx_consumer *c, struct streamx_message *message,
                       int64_t timeout_ns)
{
    int found;

    if (c->final != SX_NOT_FINAL)
        return c->final;
    found = sx_publication_is_open(c, c->taken) ? 1 : sx_tap_wait(c, timeout_ns);
    if (found == 1)
        found = sx_publication_next(c, message) ? 1 : spoiled(c);
    else if (found != -EAGAIN && found != -ETIMEDOUT && found != -ENOMEM && found != -EBADF)
        finish(c, found);
    c->acked = c->taken;
    return found;
}

/* By one that has a seat, and has not seen an end. */
SX_IN_LINE int take_opening(struct streamx_consumer *c, struct streamx_message *message,
                            int64_t timeout_ns)
{
    int taken = sx_publication_take(c, message);

    if (SX_UNLIKELY(taken == 0))
        return wait_and_take(c, message, timeout_ns);
    return SX_LIKELY(taken == 1) ? 1 : spoiled(c);
}

SX_APART static int take_any(struct streamx_consumer *c, struct streamx_message *message,
                             int64_t timeout_ns)
{
    return take_opening(c, message, timeout_ns);
}

/* Of a batch that is open. */
SX_APART static int take_uneven(struct streamx_consumer *c, struct streamx_message *message)
{
    bool told = !c->outline.alike && sx_publication_left(c) > 1;
    bool found =
        SX_LIKELY(told) ? sx_publication_next_told(c, message) : sx_publication_next(c, message);

    return SX_LIKELY(found) ? 1 : spoiled(c);
}

/* In a stream that does not evict, before anything final has happened; `taken` is the last. */
SX_IN_LINE int take_steady(struct streamx_consumer *c, uint64_t taken,
                           struct streamx_message *message, int64_t timeout_ns)
{
    if (SX_LIKELY(!sx_publication_is_open(c, taken))) {
        if (SX_LIKELY(sx_publication_single(c, taken, message)))
            return 1;
        return take_any(c, message, timeout_ns);
    }
    if (SX_UNLIKELY(!c->outline.even))
        return take_uneven(c, message);
    sx_publication_next_even(c, taken, message);
    return 1;
}

/* What comes after the end: the end. */
static int take_end(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns)
{
    (void)message;
    (void)timeout_ns;
    return c->final;
}

/* ---- acknowledging --------------------------------------------------------------------------- */

static inline int acknowledge_steady(struct streamx_consumer *c, uint64_t seq)
{
    uint64_t before = c->acked;

    return sx_acknowledge(c, seq) ? sx_acknowledge_wake(c, before) : 0;
}

/* Where others may change the cursor too. */
SX_OUT_OF_LINE static int acknowledge_by_swap(struct streamx_consumer *c, uint64_t seq)
{
    uint64_t before = c->acked;

    if (!sx_acknowledge_swap(c, seq))
        return finish(c, -ESTALE);
    return sx_acknowledge_look(c) ? sx_acknowledge_wake(c, before) : 0;
}

/* Only if seqs were tampered with: a tap has passed by what it has taken. */
static int acknowledge_nothing(struct streamx_consumer *c, uint64_t seq)
{
    (void)c;
    (void)seq;
    return 0;
}

/* ---- the ways -------------------------------------------------------------------------------- */

/* Of those that are not steady. */
static const struct {
    int (*take)(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns);
    int (*acknowledge)(struct streamx_consumer *c, uint64_t seq);
} ways[] = {
    [SX_WAY_EVICTABLE] = {take_any, acknowledge_by_swap},
    [SX_WAY_TAP] = {take_tapped, acknowledge_nothing},
    [SX_WAY_ENDED] = {take_end, acknowledge_by_swap},
};

SX_IN_LINE int take(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns)
{
    return SX_LIKELY(c->way == SX_WAY_STEADY) ? take_steady(c, c->taken, message, timeout_ns)
                                              : ways[c->way].take(c, message, timeout_ns);
}

SX_IN_LINE int acknowledge(struct streamx_consumer *c, uint64_t seq)
{
    return SX_LIKELY(c->way == SX_WAY_STEADY) ? acknowledge_steady(c, seq)
                                              : ways[c->way].acknowledge(c, seq);
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

    return failed ? failed : take(c, message, timeout_ns);
}

int streamx_take_parts(struct streamx_consumer *c, struct streamx_parts *parts, unsigned most,
                       int64_t timeout_ns)
{
    int found = check(c, timeout_ns);

    if (SX_LIKELY(found == 0 && c->way == SX_WAY_STEADY) &&
        SX_LIKELY(sx_publication_whole(c, parts, most)))
        return 1;
    *parts = (struct streamx_parts){.count = 0};
    if (most == 0)
        return -EINVAL;
    if (found == 0)
        found = c->way == SX_WAY_STEADY ? take_opening(c, &parts->first, timeout_ns)
                                        : ways[c->way].take(c, &parts->first, timeout_ns);
    if (found != 1)
        return found;
    if (!sx_publication_run(c, parts, most - 1))
        return spoiled(c);
    if (c->way == SX_WAY_TAP) /* as in take_tapped */
        c->acked = c->taken;
    return 1;
}

int streamx_ack(struct streamx_consumer *c, uint64_t through_seq)
{
    if (!sx_segment_is_usable(&c->segment))
        return -EPERM;
    if (through_seq == 0)
        through_seq = c->taken;
    if (through_seq > c->taken) /* the caller's number: not a position within reach of others */
        return -EINVAL;
    if (sx_after(through_seq, c->acked))
        return acknowledge(c, through_seq);
    return sx_consumer_evicted(c) ? finish(c, -ESTALE) : 0;
}

/* ---- the two in one -------------------------------------------------------------------------- */

/* By one that is not steady, or behind a full barrier; or it is not to be done at all. */
SX_APART static int next_otherwise(struct streamx_consumer *c, struct streamx_message *message,
                                   int64_t timeout_ns)
{
    int failed = check(c, timeout_ns);

    if (!failed && c->taken != c->acked)
        failed = acknowledge(c, c->taken);
    if (failed)
        return failed;
    sx_consumer_choose_way(c); /* that may have been the last behind a full barrier */
    return take(c, message, timeout_ns);
}

SX_OUT_OF_LINE static int wake_and_take(struct streamx_consumer *c, uint64_t before,
                                        struct streamx_message *message, int64_t timeout_ns)
{
    sx_acknowledge_wake(c, before);
    return take_steady(c, c->taken, message, timeout_ns);
}

int streamx_next(struct streamx_consumer *c, struct streamx_message *message, int64_t timeout_ns)
{
    uint64_t before = c->acked, taken = c->taken;

    if (SX_UNLIKELY(!sx_process_is(c->quick) || timeout_ns < STREAMX_FOREVER))
        return next_otherwise(c, message, timeout_ns);
    if (SX_LIKELY(taken != before) && sx_acknowledge_unfenced(c, taken))
        return wake_and_take(c, before, message, timeout_ns);
    return take_steady(c, taken, message, timeout_ns);
}
