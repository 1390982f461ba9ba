/* SPDX-License-Identifier: MIT */
/* A consumer that stays behind its producer: when it asks, for how long, and what it then does. */
#include "consumer/slip.h"
#include "consumer/publication.h"
#include "kernel/clock.h"
#include "streams.h"
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define SLOTS 64u
#define BEHIND 16u
#define MANY 50000u

/* A consumer that stays behind, whatever the processor, and is not tried. */
static struct streamx_consumer *join_behind(void)
{
    struct streamx_consumer *c = join("s");

    c->spin.budget_ns = SX_NS_PER_S;
    c->spin.tuned = false;
    c->slip.slots = BEHIND;
    c->slip.after = BEHIND;
    c->slip.trial.second = true;
    c->slip.trial.until = UINT64_C(1) << 40;
    c->offer.call_at = c->offer.next + BEHIND;
    return c;
}

static void put_some(struct streamx_producer *producer, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        put_text(producer, "x");
}

/* The next messages, which are there, through that one. */
static void next_through(struct streamx_consumer *c, uint64_t seq)
{
    struct streamx_message message;

    while (c->offer.taken < seq) {
        uint64_t expected = c->offer.taken + 1;

        ck_assert_int_eq(streamx_next(c, &message, STREAMX_FOREVER), 1);
        ck_assert_uint_eq(message.seq, expected);
    }
}

static void leave(struct streamx_producer *producer, struct streamx_consumer *consumer)
{
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(run_goes_on_at_once_where_the_slots_are_filled)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *c = join_behind();

    put_some(producer, 3 * BEHIND);
    next_through(c, BEHIND);
    ck_assert_uint_eq(c->offer.call_at, BEHIND + 1);
    next_through(c, BEHIND + 1);
    ck_assert_uint_eq(c->offer.call_at, 2 * BEHIND + 1);
    ck_assert_uint_eq(c->slip.after, BEHIND);
    next_through(c, 2 * BEHIND + 1);
    ck_assert_uint_eq(c->offer.call_at, 3 * BEHIND + 1);
    leave(producer, c);
}
END_TEST

/* The last slot that is to be filled is the one that is looked at, also where the ring wraps. */
START_TEST(slots_count_as_filled_when_the_last_of_them_is)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *c = join_behind();

    for (uint64_t seq = BEHIND; seq < 3 * SLOTS; seq += BEHIND) {
        put_some(producer, seq == BEHIND ? 2 * BEHIND - 1 : BEHIND - 1);
        next_through(c, seq);
        sx_slip_go_on(c, true); /* with one in hand: it does not ask */
        ck_assert_uint_eq(c->slip.after, BEHIND);
        ack_all(c);
        sx_slip_go_on(c, true);
        ck_assert_uint_eq(c->slip.after, 2 * BEHIND);
        put_some(producer, 1);
        sx_slip_go_on(c, true);
        ck_assert_uint_eq(c->slip.after, BEHIND);
    }
    leave(producer, c);
}
END_TEST

START_TEST(slots_that_are_not_filled_are_not_waited_for_for_long_and_asked_for_less_often)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *c = join_behind();

    put_some(producer, 3 * BEHIND + 1);
    next_through(c, 3 * BEHIND);
    ck_assert_uint_eq(c->slip.after, BEHIND);
    next_through(c, 3 * BEHIND + 1);
    ck_assert_uint_eq(c->slip.after, 2 * BEHIND);
    ck_assert_uint_eq(c->offer.call_at, 5 * BEHIND + 1);
    leave(producer, c);
}
END_TEST

START_TEST(without_time_to_wait_nothing_is_asked)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *c = join_behind();
    struct streamx_message message;

    put_some(producer, BEHIND + 1);
    next_through(c, BEHIND);
    ck_assert_int_eq(streamx_next(c, &message, STREAMX_NOWAIT), 1);
    ck_assert_uint_eq(c->offer.call_at, 2 * BEHIND + 1);
    ck_assert_uint_eq(c->slip.after, BEHIND);
    leave(producer, c);
}
END_TEST

/* Who takes message by message, and acknowledges them, is like one who calls next; who keeps what
 * would have to be filled does not ask. */
START_TEST(what_is_in_hand_is_not_waited_for)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *c = join_behind();
    struct streamx_message message;

    put_some(producer, BEHIND + 2);
    for (unsigned i = 0; i < BEHIND + 1; i++)
        ck_assert_int_eq(streamx_take(c, &message, STREAMX_FOREVER), 1);
    ck_assert_uint_eq(c->slip.after, BEHIND);
    ck_assert_uint_eq(c->offer.call_at, 2 * BEHIND + 1);
    leave(producer, c);
}
END_TEST

START_TEST(wait_begins_the_run_anew)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *c = join_behind();
    struct streamx_message message;

    put_some(producer, BEHIND - 1);
    next_through(c, BEHIND - 1);
    ck_assert_int_eq(streamx_next(c, &message, SX_SPIN_SHORTEST_NS), -ETIMEDOUT);
    ck_assert_uint_eq(c->offer.call_at, 2 * BEHIND);
    leave(producer, c);
}
END_TEST

/* There is a wait to come, which looks at that one slot. */
START_TEST(where_the_next_one_is_missing_nothing_is_asked)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *c = join_behind();

    put_some(producer, BEHIND);
    next_through(c, BEHIND);
    ack_all(c);
    sx_slip_go_on(c, true);
    ck_assert_uint_eq(c->slip.after, BEHIND);
    put_some(producer, 1);
    sx_slip_go_on(c, true);
    ck_assert_uint_eq(c->slip.after, 2 * BEHIND);
    leave(producer, c);
}
END_TEST

START_TEST(it_is_asked_more_and_more_seldom_but_not_for_good)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *c = join_behind();
    uint64_t before;

    put_some(producer, 1);
    do {
        before = c->slip.after;
        sx_slip_go_on(c, true);
    } while (c->slip.after > before);
    ck_assert_uint_eq(c->slip.after, 4096);
    ck_assert_uint_eq(c->offer.call_at, c->offer.next + 4096);
    c->slip.trial.until = c->offer.next + 10;
    sx_slip_go_on(c, true);
    ck_assert_uint_eq(c->offer.call_at, c->offer.next + 10);
    c->slip.trial.until = c->offer.next; /* a new trial */
    sx_slip_go_on(c, true);
    ck_assert_uint_eq(c->slip.after, 2 * BEHIND);
    leave(producer, c);
}
END_TEST

START_TEST(plain_way_does_not_ask_until_the_trial_goes_on)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *c = join_behind();

    c->slip.trial.second = false;
    c->slip.trial.until = 100;
    put_some(producer, BEHIND + 1);
    next_through(c, BEHIND + 1);
    ck_assert_uint_eq(c->slip.after, BEHIND);
    ck_assert_uint_eq(c->offer.call_at, 100);
    leave(producer, c);
}
END_TEST

START_TEST(it_depends_on_the_ring)
{
    static const struct streamx_options shapes[] = {{.slots = 1},
                                                    {.slots = 16, .slot_size = 32},
                                                    {.slots = 64, .slot_size = 32},
                                                    {.slots = 1024, .slot_size = 32},
                                                    {.slots = 1024, .slot_size = 8192}};

    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct streamx_producer *producer = make_stream("s", &shapes[i]);
        struct streamx_consumer *c = join("s");
        uint32_t slots = c->slip.slots;

        ck_assert_uint_le(slots, shapes[i].slots / 4);
        ck_assert(slots == 0 ? c->slip.after > UINT32_MAX : c->slip.after == slots);
        ck_assert_uint_eq(c->offer.call_at, c->offer.next + c->slip.after);
        if (shapes[i].slots <= 16 || shapes[i].slot_size == 8192)
            ck_assert_uint_eq(slots, 0);
        leave(producer, c);
    }
}
END_TEST

static void *put_many(void *producer)
{
    for (uint64_t i = 1; i <= MANY; i++)
        ck_assert_int_eq(streamx_put(producer, &i, sizeof i, STREAMX_FOREVER), 0);
    return NULL;
}

START_TEST(every_message_comes_once_and_in_order)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *c = join_behind();
    struct streamx_message message;
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, put_many, producer), 0);
    for (uint64_t i = 1; i <= MANY; i++) {
        ck_assert_int_eq(streamx_next(c, &message, STREAMX_FOREVER), 1);
        ck_assert_uint_eq(message.seq, i);
        ck_assert_int_eq(memcmp(message.data, &i, sizeof i), 0);
    }
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    leave(producer, c);
}
END_TEST

int main(void)
{
    return RUN_TESTS("slip", run_goes_on_at_once_where_the_slots_are_filled,
                     slots_count_as_filled_when_the_last_of_them_is,
                     slots_that_are_not_filled_are_not_waited_for_for_long_and_asked_for_less_often,
                     without_time_to_wait_nothing_is_asked, what_is_in_hand_is_not_waited_for,
                     wait_begins_the_run_anew, where_the_next_one_is_missing_nothing_is_asked,
                     it_is_asked_more_and_more_seldom_but_not_for_good,
                     plain_way_does_not_ask_until_the_trial_goes_on, it_depends_on_the_ring,
                     every_message_comes_once_and_in_order);
}
