/* SPDX-License-Identifier: MIT */
/* The shortest ways of put and next: whatever they do not look at, has them left. */
#include "consumer/publication.h"
#include "producer/handle.h"
#include "streams.h"
#include "support.h"

#include <string.h>

#define SLOTS 4u

static void leave(struct streamx_producer *producer, struct streamx_consumer *consumer)
{
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

/* A producer that has filled the ring, and waits for room by its descriptor. */
static struct streamx_producer *wait_for_room(struct streamx_consumer **consumer)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);

    *consumer = join("s");
    for (unsigned i = 0; i < SLOTS; i++)
        put_text(producer, "x");
    ck_assert_int_ge(streamx_producer_fd(producer, STREAMX_ROOM), 0);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ROOM, STREAMX_NOWAIT), -EAGAIN);
    return producer;
}

START_TEST(next_that_wakes_the_producer_fences_for_a_while)
{
    struct streamx_consumer *consumer;
    struct streamx_producer *producer = wait_for_room(&consumer);
    uint64_t seq = 1;

    ck_assert(sx_consumer_is_quick(consumer));
    next_text(consumer, seq++, "x");
    next_text(consumer, seq++, "x"); /* acknowledges the one before */
    atomic_store(&producer->segment.control->wanted, SX_WANTED_NOTHING); /* as a call's end does */
    for (unsigned left = SX_FENCE_RUN; left > 0; left--) {
        ck_assert_uint_eq(consumer->fence.left, left);
        ck_assert(!sx_consumer_is_quick(consumer));
        if (seq > SLOTS)
            put_text(producer, "x");
        next_text(consumer, seq++, "x");
    }
    ck_assert(sx_consumer_is_quick(consumer));
    leave(producer, consumer);
}
END_TEST

START_TEST(put_that_wakes_a_consumer_fences_for_a_while)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *consumer = join("s");
    uint64_t seq = 1;

    for (; seq <= 3; seq++) {
        put_text(producer, "x");
        next_text(consumer, seq, "x");
    }
    ck_assert_uint_eq(producer->quickest, 1);
    ck_assert_int_ge(streamx_consumer_fd(consumer), 0);
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    put_text(producer, "x");
    next_text(consumer, seq++, "x");
    for (unsigned left = SX_FENCE_RUN; left > 0; left--) {
        ck_assert_uint_eq(producer->fence.left, left);
        ck_assert_uint_eq(producer->quickest, UINT64_MAX);
        put_text(producer, "x");
        next_text(consumer, seq++, "x");
    }
    ck_assert_uint_eq(producer->quickest, 1);
    leave(producer, consumer);
}
END_TEST

/* A message of no bytes has a length that is told too, but not from the beginning. */
START_TEST(put_is_short_once_the_length_is_told)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *consumer = join("s");
    static const char *const texts[] = {"", "", "", "ab", "ab", "ab", "", "", "c"};
    static const uint64_t quickest[] = {UINT64_MAX, 0,          0, UINT64_MAX, 2,
                                        2,          UINT64_MAX, 0, UINT64_MAX};

    ck_assert_uint_eq(producer->quickest, UINT64_MAX);
    for (size_t i = 0; i < sizeof quickest / sizeof *quickest; i++) {
        put_text(producer, texts[i]);
        ck_assert_uint_eq(producer->quickest, quickest[i]);
        next_text(consumer, i + 1, texts[i]);
    }
    leave(producer, consumer);
}
END_TEST

/* How many messages streamx_next can have without a call. */
static uint64_t offered(const struct streamx_consumer *consumer)
{
    int64_t more = (int64_t)(consumer->offer.through - consumer->offer.taken);

    return more > 0 ? (uint64_t)more : 0;
}

START_TEST(what_lies_evenly_is_offered)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *consumer = join("s");

    put_text(producer, "single");
    PUT_BATCH(producer, "a", "b", "c");
    PUT_BATCH(producer, "of", "other", "lengths");
    next_text(consumer, 1, "single");
    ck_assert_uint_eq(offered(consumer), 0);
    next_text(consumer, 2, "a");
    ck_assert_uint_eq(offered(consumer), 2);
    next_text(consumer, 3, "b");
    ck_assert_uint_eq(offered(consumer), 1);
    take_text(consumer, 4, "c");
    ck_assert_uint_eq(offered(consumer), 0);
    for (unsigned i = 0; i < 3; i++) {
        next_text(consumer, 5 + i, (const char *[]){"of", "other", "lengths"}[i]);
        ck_assert_uint_eq(offered(consumer), 0);
    }
    leave(producer, consumer);
}
END_TEST

/* Where an acknowledgment is more than a store and a look, or nothing is to be stored. */
START_TEST(nothing_is_offered_to_one_that_may_be_evicted_or_taps)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.slots = SLOTS, .evict_after_ns = PATIENCE});
    struct streamx_consumer *consumer = join("s"), *tap;

    ck_assert_int_eq(
        streamx_subscribe(&tap, "s", &(struct streamx_subscribe_options){.flags = STREAMX_TAP}, 0),
        0);
    PUT_BATCH(producer, "a", "b", "c");
    next_text(consumer, 1, "a");
    next_text(tap, 1, "a");
    ck_assert_uint_eq(offered(consumer), 0);
    ck_assert_uint_eq(offered(tap), 0);
    next_text(consumer, 2, "b");
    next_text(consumer, 3, "c");
    streamx_unsubscribe(tap);
    leave(producer, consumer);
}
END_TEST

/* Found to be damaged while it is offered, by who looks at where its messages end. */
START_TEST(nothing_is_offered_after_the_end)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *consumer = join("s");
    unsigned char *body = sx_frames_at(&producer->segment, 1)->body;
    _Atomic uint32_t *table = (_Atomic uint32_t *)(void *)(body + sx_ring_table_at(4));
    struct streamx_parts parts;

    PUT_BATCH(producer, "a", "b", "c", "d");
    next_text(consumer, 1, "a");
    ck_assert_uint_eq(offered(consumer), 3);
    for (unsigned i = 1; i <= 4; i++)
        atomic_store(&table[i], 17);
    ck_assert_int_eq(streamx_take_parts(consumer, &parts, 2, STREAMX_NOWAIT), -EPROTO);
    ck_assert_uint_eq(offered(consumer), 0);
    ck_assert_int_eq(try_next(consumer), -EPROTO);
    streamx_unsubscribe(consumer);
    streamx_abandon(producer);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

/* A batch of so many messages, each of which is its number: three parts. */
#define NUMBERS (2 * SX_OFFERED_SHARED + 5)

static void put_numbers(struct streamx_producer *producer, uint32_t *numbers)
{
    struct iovec messages[NUMBERS];

    for (unsigned i = 0; i < NUMBERS; i++) {
        numbers[i] = i + 1;
        messages[i] = (struct iovec){&numbers[i], sizeof numbers[i]};
    }
    ck_assert_int_eq(streamx_putv(producer, messages, NUMBERS, STREAMX_NOWAIT), 0);
}

/* The next message is that one, and its number. */
static void next_number(struct streamx_consumer *consumer, uint32_t number)
{
    struct streamx_message message;

    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
    ck_assert_uint_eq(message.seq, number);
    ck_assert_mem_eq(message.data, &number, sizeof number);
}

/* In a shared stream a wish stays when nobody has it any more, and is shown, until somebody looks
 * at it; which is not put off to the end of a batch. */
START_TEST(wish_of_nobody_is_taken_away_within_a_batch)
{
    struct streamx_producer *producer = make_stream(
        "s", &(struct streamx_options){.slots = SLOTS, .slot_size = 4096, .flags = STREAMX_SHARED});
    struct streamx_consumer *consumer = join("s");
    _Atomic uint64_t *wanted = &producer->segment.control->wanted;
    uint32_t numbers[NUMBERS], number = 1;

    put_numbers(producer, numbers);
    next_number(consumer, number++);
    for (unsigned part = 0; part < 2; part++) {
        ck_assert_uint_eq(offered(consumer), SX_OFFERED_SHARED - (part == 0));
        atomic_store(wanted, sx_wanted_make(SX_WANTED_NO_SEQ));
        for (uint64_t more = offered(consumer) + 1; more > 0; more--)
            next_number(consumer, number++);
        ck_assert_uint_eq(atomic_load(wanted), SX_WANTED_NOTHING);
    }
    while (number <= NUMBERS)
        next_number(consumer, number++);
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    leave(producer, consumer);
}
END_TEST

/* Which is offered in parts: by whatever call the one before has ended, there is the next. */
START_TEST(part_is_followed_by_the_next_one)
{
    struct streamx_producer *producer = make_stream(
        "s", &(struct streamx_options){.slots = SLOTS, .slot_size = 4096, .flags = STREAMX_SHARED});
    struct streamx_consumer *consumer = join("s");
    uint32_t numbers[NUMBERS], number = 1;

    put_numbers(producer, numbers);
    next_number(consumer, number++);
    for (uint64_t more = SX_OFFERED_SHARED - 1; more > 0; more--) {
        ck_assert_uint_eq(offered(consumer), more);
        next_number(consumer, number++);
    }
    ck_assert_uint_eq(offered(consumer), 0);
    next_number(consumer, number++);
    ck_assert_uint_eq(offered(consumer), SX_OFFERED_SHARED);
    for (uint64_t more = SX_OFFERED_SHARED; more > 0; more--)
        next_number(consumer, number++);
    ck_assert_uint_eq(offered(consumer), 0);
    consumer->offer.call_at = consumer->offer.next; /* as before a look how far behind */
    next_number(consumer, number++);
    ck_assert_uint_eq(offered(consumer), NUMBERS - number + 1);
    while (number <= NUMBERS)
        next_number(consumer, number++);
    leave(producer, consumer);
}
END_TEST

/* In an unshared one it is all offered at once. */
START_TEST(batch_is_offered_whole)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.slots = SLOTS, .slot_size = 4096});
    struct streamx_consumer *consumer = join("s");
    uint32_t numbers[NUMBERS];

    put_numbers(producer, numbers);
    for (uint32_t number = 1; number <= NUMBERS; number++) {
        next_number(consumer, number);
        ck_assert_uint_eq(offered(consumer), NUMBERS - number);
        ck_assert(sx_consumer_is_quick(consumer));
    }
    leave(producer, consumer);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "ways", wish_of_nobody_is_taken_away_within_a_batch, part_is_followed_by_the_next_one,
        batch_is_offered_whole, what_lies_evenly_is_offered,
        nothing_is_offered_to_one_that_may_be_evicted_or_taps, nothing_is_offered_after_the_end,
        next_that_wakes_the_producer_fences_for_a_while,
        put_that_wakes_a_consumer_fences_for_a_while, put_is_short_once_the_length_is_told);
}
