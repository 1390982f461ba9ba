/* SPDX-License-Identifier: MIT */
/*
 * Waiting by descriptors and arms in a shared stream: each producer is told of each event, also of
 * one that another one waits for too; of room that another producer's turn kept from it; consumers
 * of what any producer puts, and of how the stream ends. In every world.
 */
#include "deeds.h"
#include "worlds.h"

static const struct streamx_options one_slot = {.flags = STREAMX_SHARED};
static const struct streamx_options some_slots = {.slots = 4, .flags = STREAMX_SHARED};

/* Both wait for it, the other one by a descriptor of its own. */
static void both_hear(struct watch *watch, struct streamx_producer *a, struct streamx_producer *b,
                      struct doer *consumer, unsigned event)
{
    int fd = streamx_producer_fd(b, event);

    ck_assert_int_ge(fd, 0);
    WAIT_UNTIL(streamx_wait(b, event, STREAMX_NOWAIT) == -EAGAIN && !readable_now(fd));
    let_it(consumer);
    ck_assert_int_eq(watch_wait(watch, a, event), (int)event);
    WAIT_FOR(PROMPTLY, readable_now(fd));
    ck_assert_int_eq(streamx_wait(b, event, STREAMX_NOWAIT), (int)event);
    was_told_promptly(consumer);
    streamx_close(a, STREAMX_NOWAIT);
    streamx_close(b, STREAMX_NOWAIT);
}

static void both_hear_of_room(struct watch *watch)
{
    struct streamx_producer *a = make_stream("s", &one_slot), *b = make_stream("s", &one_slot);
    struct doer consumer;

    put_text(a, "a");
    consumer = consumer_that(ACK, 1);
    both_hear(watch, a, b, &consumer, STREAMX_ROOM);
}

START_TEST(room_is_told_to_each)
{
    everywhere(both_hear_of_room);
}
END_TEST

static void both_hear_that_all_is_acknowledged(struct watch *watch)
{
    struct streamx_producer *a = make_stream("s", &some_slots), *b = make_stream("s", &some_slots);
    struct doer consumer;

    put_text(a, "a");
    put_text(b, "b");
    consumer = consumer_that(ACK, 2);
    both_hear(watch, a, b, &consumer, STREAMX_DRAINED);
}

static void hear_that_ones_own_is_acknowledged(struct watch *watch)
{
    struct streamx_producer *a = make_stream("s", &some_slots), *b = make_stream("s", &some_slots);
    struct doer consumer;

    put_text(a, "a");
    put_text(b, "b");
    consumer = consumer_that(ACK, 1);
    let_it(&consumer);
    ck_assert_int_eq(watch_wait(watch, a, STREAMX_DRAINED), STREAMX_DRAINED);
    was_told_promptly(&consumer);
    ck_assert_int_eq(streamx_drain(b, STREAMX_NOWAIT), -EAGAIN);
    streamx_close(a, STREAMX_NOWAIT);
    streamx_close(b, STREAMX_NOWAIT);
}

START_TEST(drained_is_told_to_each_of_its_own)
{
    everywhere(both_hear_that_all_is_acknowledged);
    everywhere(hear_that_ones_own_is_acknowledged);
}
END_TEST

static void both_hear_that_somebody_came(struct watch *watch)
{
    struct streamx_producer *a = make_stream("s", &one_slot), *b = make_stream("s", &one_slot);
    struct doer consumer = consumer_that(ATTACH, 0);

    both_hear(watch, a, b, &consumer, STREAMX_ATTACHED);
}

static void both_hear_that_nobody_is_left(struct watch *watch, enum deed deed)
{
    struct streamx_producer *a = make_stream("s", &one_slot), *b = make_stream("s", &one_slot);
    struct doer consumer = consumer_that(deed, 0);

    both_hear(watch, a, b, &consumer, STREAMX_ALONE);
}

static void both_hear_that_it_left(struct watch *watch)
{
    both_hear_that_nobody_is_left(watch, LEAVE);
}

static void both_hear_that_it_died(struct watch *watch)
{
    both_hear_that_nobody_is_left(watch, DIE);
}

START_TEST(who_comes_and_goes_is_told_to_each)
{
    everywhere(both_hear_that_somebody_came);
    everywhere(both_hear_that_it_left);
    everywhere(both_hear_that_it_died);
}
END_TEST

/* ---- another one's turn ---------------------------------------------------------------------- */

/* One producer has its turn with a slot lent, and ends it so; another waits for room. */
static void hear_of_the_turns_end(struct watch *watch, enum deed deed)
{
    struct streamx_producer *producer = make_stream("s", &some_slots);
    struct streamx_consumer *consumer = join("s");
    struct doer lender = lender_that(deed, &some_slots);

    ck_assert_int_eq(try_put(producer), -EAGAIN);
    let_it(&lender);
    ck_assert_int_eq(watch_wait(watch, producer, STREAMX_ROOM), STREAMX_ROOM);
    was_told_promptly(&lender);
    put_text(producer, "b");
    if (deed == PUT)
        next_text(consumer, 1, "a");
    next_text(consumer, deed == PUT ? 2 : 1, "b");
    streamx_unsubscribe(consumer);
    streamx_close(producer, STREAMX_NOWAIT);
    streamx_remove("s", 0);
}

static void hear_of_a_publication(struct watch *watch)
{
    hear_of_the_turns_end(watch, PUT);
}

static void hear_of_a_loan_given_back(struct watch *watch)
{
    hear_of_the_turns_end(watch, DISCARD);
}

static void hear_of_a_death_within_a_turn(struct watch *watch)
{
    hear_of_the_turns_end(watch, DIE);
}

START_TEST(end_of_anothers_turn_is_told_of)
{
    everywhere(hear_of_a_publication);
    everywhere(hear_of_a_loan_given_back);
}
END_TEST

START_TEST(death_within_a_turn_is_told_of)
{
    everywhere(hear_of_a_death_within_a_turn);
}
END_TEST

/* ---- consumers ------------------------------------------------------------------------------- */

/* One producer is there and idle, or has been killed; the other does this. */
static void consumer_hears(struct watch *watch, bool kill_one, enum deed deed, int expected)
{
    struct doer one = producer_that(PUT, 0, &some_slots),
                other = producer_that(deed, 0, &some_slots);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    if (kill_one)
        child_kill(&one.child);
    let_it(&other);
    ck_assert_int_eq(watch_next(watch, consumer, &message), expected);
    was_told_promptly(&other);
    ack_all(consumer);
    if (!kill_one)
        child_kill(&one.child);
    ck_assert_int_eq(watch_next(watch, consumer, &message), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
    ck_assert(!name_exists("s"));
}

static void consumer_hears_of_the_second_ones_message(struct watch *watch)
{
    consumer_hears(watch, false, PUT, 1);
}

static void consumer_hears_of_the_survivors_message(struct watch *watch)
{
    consumer_hears(watch, true, PUT, 1);
}

static void consumer_hears_of_the_last_death(struct watch *watch)
{
    consumer_hears(watch, true, DIE, -EOWNERDEAD);
}

static void consumer_hears_of_an_end_with_a_casualty(struct watch *watch)
{
    consumer_hears(watch, true, CLOSE, -EOWNERDEAD);
}

START_TEST(message_of_any_producer_is_told_of)
{
    everywhere(consumer_hears_of_the_second_ones_message);
    everywhere(consumer_hears_of_the_survivors_message);
}
END_TEST

START_TEST(last_producers_end_is_told_of)
{
    everywhere(consumer_hears_of_the_last_death);
    everywhere(consumer_hears_of_an_end_with_a_casualty);
}
END_TEST

/* A tap has neither; what it sees is the one order, and the end. */
static void tap_is_refused(struct watch *watch)
{
    const struct streamx_subscribe_options options = {.flags = STREAMX_TAP};
    struct streamx_producer *a = make_stream("s", &some_slots), *b = make_stream("s", &some_slots);
    struct streamx_consumer *tap;

    ck_assert_int_eq(streamx_subscribe(&tap, "s", &options, PATIENCE), 0);
    ck_assert_int_eq(try_next(tap), -EAGAIN);
    ck_assert_int_eq(watch_refused(watch, tap), -EOPNOTSUPP);
    ck_assert_int_eq(streamx_wait(a, STREAMX_ATTACHED, STREAMX_NOWAIT), -EAGAIN);
    put_text(a, "1");
    put_text(b, "2");
    put_text(a, "3");
    next_text(tap, 1, "1");
    next_text(tap, 2, "2");
    next_text(tap, 3, "3");
    streamx_abandon(a);
    ck_assert_int_eq(try_next(tap), -EAGAIN);
    streamx_close(b, STREAMX_NOWAIT);
    ck_assert_int_eq(try_next(tap), -EOWNERDEAD);
    streamx_unsubscribe(tap);
    streamx_remove("s", 0);
}

START_TEST(tap_sees_one_order_and_is_not_told)
{
    everywhere_by_descriptor(tap_is_refused);
}
END_TEST

int main(void)
{
    return RUN_TESTS("shared_readiness", room_is_told_to_each, drained_is_told_to_each_of_its_own,
                     who_comes_and_goes_is_told_to_each, end_of_anothers_turn_is_told_of,
                     death_within_a_turn_is_told_of, message_of_any_producer_is_told_of,
                     last_producers_end_is_told_of, tap_sees_one_order_and_is_not_told);
}
