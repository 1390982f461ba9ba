/* SPDX-License-Identifier: MIT */
/*
 * A consumer that comes and goes, is slow now and then, and is killed sooner or later. What it gets
 * must be contiguous and whole; and where it starts must be right: with START_NEXT, at the first
 * value that nobody had acknowledged, so that what a killed predecessor had in hand comes again.
 */
#include "torture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IN_HAND_MAX 4u

static struct streamx_consumer *consumer;
static struct generation *self;
static uint32_t number;
static uint32_t start;
static struct streamx_message in_hand[IN_HAND_MAX];
static unsigned in_hand_count;
static uint64_t last;     /* the last seq that was received; 0 before the first */
static uint64_t earliest; /* the first one must be at least this ... */
static uint64_t latest;   /* ... and at most this */

static bool may_be_evicted(int result)
{
    return result == -ESTALE && board->options.evict_ns > 0;
}

static bool attach(void)
{
    char type[32];
    const struct streamx_subscribe_options options = {
        .start = start, .type = type, .spin_ns = one_in(2) ? 0 : -1};
    int64_t begin_ns = now_ns(), timeout_ns = 20 * MS;
    int result;

    type_of(type, number);
    earliest = start == STREAMX_START_NEXT     ? atomic_load(&self->acked) + 1
               : start == STREAMX_START_NEW    ? atomic_load(&self->put) + 1
               : start == STREAMX_START_LATEST ? atomic_load(&self->put)
                                               : 1;
    result = streamx_subscribe(&consumer, STREAM, &options, timeout_ns);
    latest = board->options.relay ? atomic_load(&self->acking) + 1 : UINT64_MAX;
    if (result == 0) {
        raise_time(&board->longest_subscribe_ns, begin_ns);
        atomic_fetch_add_explicit(&board->attaches, 1, memory_order_relaxed);
        return true;
    }
    if (result == -EUSERS || result == -EPROTOTYPE)
        sleep_ns(200000);
    else if (result != -ETIMEDOUT)
        fail("a passer's subscribe: %s", strerror(-result));
    return false;
}

static void check_start(uint64_t seq)
{
    if (seq < earliest || seq > latest)
        fail("start %u began with %llu, not with %llu to %llu", start, (unsigned long long)seq,
             (unsigned long long)earliest, (unsigned long long)latest);
}

/* Acknowledges some or all of what is in hand. What was read is right if that succeeds. */
static int acknowledge(unsigned count)
{
    uint64_t wrong = 0, through = in_hand[count - 1].seq;
    int result;

    for (unsigned i = 0; i < count && wrong == 0; i++)
        if (!payload_is_right(&in_hand[i], number))
            wrong = in_hand[i].seq;
    raise_to(&self->acking, through);
    result = streamx_ack(consumer, through);
    if (result != 0)
        return result;
    raise_to(&self->acked, through);
    if (wrong != 0)
        fail("the content of %llu is wrong", (unsigned long long)wrong);
    in_hand_count -= count;
    memmove(in_hand, in_hand + count, in_hand_count * sizeof in_hand[0]);
    return 0;
}

static int take(void)
{
    struct streamx_message *message = &in_hand[in_hand_count];
    int64_t timeout_ns = one_in(4) ? STREAMX_NOWAIT : 20 * MS;
    int result = streamx_take(consumer, message, timeout_ns);

    if (result != 1)
        return result;
    if (last == 0)
        check_start(message->seq);
    else if (message->seq != last + 1)
        fail("a passer got %llu after %llu", (unsigned long long)message->seq,
             (unsigned long long)last);
    last = message->seq;
    in_hand_count++;
    atomic_fetch_add_explicit(&board->passed, 1, memory_order_relaxed);
    return 1;
}

/* One turn: take something or acknowledge something. 1 or -EAGAIN: the stream goes on. */
static int turn(void)
{
    int result;

    if (in_hand_count == IN_HAND_MAX || (in_hand_count > 0 && !one_in(4))) {
        if (one_in(300))
            sleep_ns((int64_t)random_below(3000000)); /* slow */
        result = acknowledge(1 + (unsigned)random_below(in_hand_count));
        return result == 0 ? 1 : result;
    }
    result = take();
    if (result == -EAGAIN || result == -ETIMEDOUT) {
        if (in_hand_count > 0)
            result = acknowledge(in_hand_count);
        return result == 0 || result == -ETIMEDOUT ? -EAGAIN : result;
    }
    return result;
}

static void stay_for_a_while(void)
{
    uint64_t turns = 1 + random_below(one_in(4) ? 3000 : 100);
    int result = 1;

    in_hand_count = 0;
    last = 0;
    while (turns-- > 0 && (result == 1 || result == -EAGAIN) && !atomic_load(&board->failed))
        result = turn();
    if (may_be_evicted(result))
        atomic_fetch_add_explicit(&board->evictions, 1, memory_order_relaxed);
    else if (result != 1 && result != -EAGAIN && result != 0 && result != -EOWNERDEAD)
        fail("a passer's call after %llu: %s", (unsigned long long)last, strerror(-result));
    /* The end: let those in hand count, so that the stream is done with. */
    if ((result == 0 || result == -EOWNERDEAD) && in_hand_count > 0)
        acknowledge(in_hand_count);
    streamx_unsubscribe(consumer);
}

void pass_by(void)
{
    while (!atomic_load(&board->stopping)) {
        number = atomic_load(&board->current);
        self = generation_at(number);
        start = board->options.relay ? STREAMX_START_NEXT : (uint32_t)random_below(4);
        if (attach())
            stay_for_a_while();
    }
    _exit(EXIT_SUCCESS);
}
