/* SPDX-License-Identifier: MIT */
/*
 * Slow is not dead; but where the stream says so, a consumer that holds the producer up for too
 * long loses its say, and knows it.
 */
#include "streams.h"

#include <string.h>

#define SOON ((int64_t)30 * 1000 * 1000)

static struct streamx_producer *make_evicting(uint32_t slots, uint32_t flags)
{
    const struct streamx_options options = {
        .slots = slots, .slot_size = 64, .evict_after_ns = SOON, .flags = flags};

    return make_stream("s", &options);
}

/* Until the only consumer has been evicted, by calls that do not wait. */
static void evict_the_only_one(struct streamx_producer *producer)
{
    WAIT_UNTIL(try_put(producer) == -EAGAIN && look("s").consumers == 0);
}

START_TEST(laggard_is_evicted_and_the_others_go_on)
{
    struct streamx_producer *producer = make_evicting(1, 0);
    struct streamx_consumer *slow = join("s"), *steady = join("s");

    put_text(producer, "a");
    take_text(slow, 1, "a");
    next_text(steady, 1, "a");
    ack_all(steady);
    put_text(producer, "b");
    ck_assert_int_eq(streamx_ack(slow, 0), -ESTALE);
    ck_assert_int_eq(try_take(slow), -ESTALE);
    ck_assert_int_eq(try_next(slow), -ESTALE);
    next_text(steady, 2, "b");
    ack_all(steady);
    streamx_unsubscribe(slow);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    ck_assert_int_eq(try_next(steady), 0);
    streamx_unsubscribe(steady);
}
END_TEST

START_TEST(nobody_is_evicted_by_default)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *slow = join("s");

    put_text(producer, "a");
    take_text(slow, 1, "a");
    ck_assert_int_eq(streamx_put(producer, "b", 1, 4 * SOON), -ETIMEDOUT);
    ack_all(slow);
    put_text(producer, "b");
    next_text(slow, 2, "b");
    streamx_unsubscribe(slow);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(evicting_the_only_one_keeps_its_message_for_a_successor)
{
    struct streamx_producer *producer = make_evicting(1, 0);
    struct streamx_consumer *slow = join("s"), *successor;

    put_text(producer, "a");
    take_text(slow, 1, "a");
    evict_the_only_one(producer);
    ck_assert_int_eq(streamx_put(producer, "b", 1, BRIEFLY), -ETIMEDOUT);
    ck_assert_int_eq(try_take(slow), -ESTALE);
    successor = join("s");
    next_text(successor, 1, "a");
    ack_all(successor);
    ck_assert_int_eq(try_put(producer), 0);
    streamx_unsubscribe(slow);
    streamx_unsubscribe(successor);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(time_runs_across_calls_that_do_not_wait)
{
    struct streamx_producer *producer = make_evicting(1, 0);
    struct streamx_consumer *slow = join("s"), *steady = join("s");

    put_text(producer, "a");
    next_text(steady, 1, "a");
    ack_all(steady);
    WAIT_UNTIL(try_put(producer) == 0);
    ck_assert_int_eq(try_next(slow), -ESTALE);
    streamx_unsubscribe(slow);
    streamx_unsubscribe(steady);
    streamx_abandon(producer);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

START_TEST(time_starts_again_when_the_cursor_moves)
{
    struct streamx_producer *producer = make_evicting(4, 0);
    struct streamx_consumer *slow = join("s");

    for (int i = 0; i < 4; i++)
        put_text(producer, "x");
    for (uint64_t seq = 1; seq <= 4; seq++) {
        int64_t found_ns = now_ns();

        ck_assert_int_eq(try_put(producer), -EAGAIN); /* finds it behind */
        take_text(slow, seq, "x");
        ack_all(slow);
        WAIT_UNTIL(now_ns() > found_ns + 2 * SOON);
        ck_assert_int_eq(try_put(producer), 0);
    }
    for (uint64_t seq = 5; seq <= 8; seq++)
        next_text(slow, seq, "x");
    ack_all(slow);
    streamx_unsubscribe(slow);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(evicted_seat_is_kept_until_its_holder_leaves)
{
    const struct streamx_options options = {.max_consumers = 1, .evict_after_ns = SOON};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *slow = join("s"), *other;

    put_text(producer, "a");
    evict_the_only_one(producer);
    ck_assert_int_eq(streamx_subscribe(&other, "s", NULL, STREAMX_NOWAIT), -EUSERS);
    ck_assert_uint_eq(look("s").consumers, 0);
    streamx_unsubscribe(slow);
    other = join("s");
    next_text(other, 1, "a");
    ack_all(other);
    streamx_unsubscribe(other);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(eviction_comes_before_the_end)
{
    struct streamx_producer *producer = make_evicting(1, 0);
    struct streamx_consumer *slow = join("s"), *steady = join("s");

    put_text(producer, "a");
    take_text(slow, 1, "a");
    next_text(steady, 1, "a");
    ack_all(steady);
    put_text(producer, "b");
    next_text(steady, 2, "b");
    ack_all(steady);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    ck_assert_int_eq(try_take(slow), -ESTALE);
    streamx_unsubscribe(slow);
    streamx_unsubscribe(steady);
}
END_TEST

START_TEST(pipe_breaks_when_all_have_been_evicted)
{
    struct streamx_producer *producer = make_evicting(2, STREAMX_PIPE);
    struct streamx_consumer *slow = join("s");

    put_text(producer, "a");
    put_text(producer, "b");
    ck_assert_int_eq(streamx_put(producer, "c", 1, PATIENCE), -EPIPE);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT), STREAMX_ALONE);
    ck_assert_int_eq(try_take(slow), -ESTALE);
    streamx_unsubscribe(slow);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -EPIPE);
}
END_TEST

static void join_and_stay(struct link parent, void *arg)
{
    (void)arg;
    join_at("s", STREAMX_START_NEW);
    say(parent, 1);
    hear(parent);
}

START_TEST(pipe_breaks_when_one_was_evicted_and_the_other_died)
{
    struct streamx_producer *producer = make_evicting(8, STREAMX_PIPE);
    struct streamx_consumer *slow = join("s");
    struct child other;

    for (int i = 0; i < 8; i++)
        put_text(producer, "a");
    ck_assert_int_eq(streamx_put(producer, "b", 1, PATIENCE), -EPIPE);
    other = child_start(join_and_stay, NULL);
    hear(other.link);
    put_text(producer, "b");
    child_kill(&other);
    ck_assert_int_eq(try_put(producer), -EPIPE);
    streamx_unsubscribe(slow);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -EPIPE);
}
END_TEST

START_TEST(time_in_which_the_producer_gets_on_does_not_count)
{
    struct streamx_producer *producer = make_evicting(16, 0);
    struct streamx_consumer *slow = join("s");
    int64_t since_ns;

    put_text(producer, "x");
    for (int i = 0; i < 15; i++) {
        ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EAGAIN); /* finds it behind */
        since_ns = now_ns();
        WAIT_UNTIL(now_ns() > since_ns + 2 * SOON);
        put_text(producer, "x");
    }
    ck_assert_uint_eq(look("s").consumers, 1);
    for (uint64_t seq = 1; seq <= 16; seq++)
        next_text(slow, seq, "x");
    ack_all(slow);
    streamx_unsubscribe(slow);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

/* Asking now and then is not waiting all the time. */
START_TEST(time_between_two_looks_hardly_counts)
{
    struct streamx_producer *producer = make_evicting(1, 0);
    struct streamx_consumer *slow = join("s");
    int64_t since_ns;

    put_text(producer, "x");
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EAGAIN);
        since_ns = now_ns();
        WAIT_UNTIL(now_ns() > since_ns + 2 * SOON);
    }
    next_text(slow, 1, "x");
    ack_all(slow);
    streamx_unsubscribe(slow);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

#define PATIENT ((int64_t)4 * 1000 * 1000 * 1000)

static void put_two(struct link parent, void *arg)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.evict_after_ns = PATIENT});

    (void)arg;
    put_text(producer, "a");
    say(parent, 1);
    put_text(producer, "b");
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

START_TEST(time_in_which_the_producer_stands_still_does_not_count)
{
    struct child producer = child_start(put_two, NULL);
    struct streamx_consumer *slow;
    int64_t since_ns;

    ck_assert_int_eq(hear(producer.link), 1);
    slow = join("s");
    take_text(slow, 1, "a");
    WAIT_UNTIL(waits_for("s", 1));
    child_stop(&producer);
    since_ns = now_ns();
    WAIT_UNTIL(now_ns() > since_ns + PATIENT + PATIENT / 4);
    child_continue(&producer);
    WAIT_UNTIL(child_asleep(&producer)); /* it has looked who is overdue */
    ack_all(slow);
    WAIT_UNTIL(try_take(slow) == 1);
    ack_all(slow);
    child_join(&producer);
    streamx_unsubscribe(slow);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "eviction", laggard_is_evicted_and_the_others_go_on, nobody_is_evicted_by_default,
        evicting_the_only_one_keeps_its_message_for_a_successor,
        time_in_which_the_producer_gets_on_does_not_count, time_between_two_looks_hardly_counts,
        time_in_which_the_producer_stands_still_does_not_count,
        time_runs_across_calls_that_do_not_wait, time_starts_again_when_the_cursor_moves,
        evicted_seat_is_kept_until_its_holder_leaves, eviction_comes_before_the_end,
        pipe_breaks_when_all_have_been_evicted,
        pipe_breaks_when_one_was_evicted_and_the_other_died);
}
