/* SPDX-License-Identifier: MIT */
/* Whose turn is next, of those who wait as their places say. */
#include "producer/queue.h"

#include "kernel/clock.h"
#include "memory/roster.h"
#include "streams.h"
#include "support.h"

#define OTHERS 3

static struct streamx_producer *producer;

static struct sx_place *other(uint32_t i)
{
    return sx_roster_at(&producer->segment, i + 1);
}

/* Beside ourselves, who came first. */
static void open_queue(void)
{
    producer =
        make_stream("s", &(struct streamx_options){
                             .slots = 64, .max_producers = OTHERS + 1, .flags = STREAMX_SHARED});
    ck_assert_uint_eq(producer->turn.post.index, 0);
    for (uint32_t i = 0; i < OTHERS; i++)
        atomic_store(&other(i)->owner, sx_place_make(100 + i, SX_PLACE_ACTIVE));
}

static void close_queue(void)
{
    for (uint32_t i = 0; i < OTHERS; i++)
        atomic_store(&other(i)->owner, 0);
    streamx_abandon(producer);
    streamx_remove("s", 0); /* which is gone already if nothing has been published */
}

/* Waits since then, having published so much. */
static void stand(uint32_t i, int64_t since_ns, uint64_t served)
{
    atomic_store(&other(i)->waiting_since_ns, since_ns & ~SX_QUEUE_WATCHES);
    atomic_store(&other(i)->served, served);
}

START_TEST(who_has_published_least_is_first)
{
    int64_t now_ns = sx_clock_now();

    open_queue();
    ck_assert(sx_queue_is_empty(producer));
    stand(0, now_ns - 30, 500);
    stand(1, now_ns - 20, 100);
    stand(2, now_ns - 10, 300);
    ck_assert_ptr_eq(sx_queue_first(producer, now_ns), other(1));
    sx_queue_forget(other(1));
    ck_assert_ptr_eq(sx_queue_first(producer, now_ns), other(2));
    close_queue();
}
END_TEST

START_TEST(of_equals_who_has_waited_longest_is_first)
{
    int64_t now_ns = sx_clock_now();

    open_queue();
    for (uint32_t i = 0; i < OTHERS; i++)
        stand(i, i == 1 ? now_ns - 20 : now_ns - 10, 7);
    ck_assert_ptr_eq(sx_queue_first(producer, now_ns), other(1));
    close_queue();
}
END_TEST

START_TEST(nobody_is_passed_over_for_ever)
{
    int64_t now_ns = sx_clock_now();

    open_queue();
    stand(0, now_ns - SX_NS_PER_S, 1000000);
    stand(1, now_ns - 10, 0);
    ck_assert_ptr_eq(sx_queue_first(producer, now_ns), other(0));
    close_queue();
}
END_TEST

START_TEST(neither_we_nor_who_waits_without_a_call_is_next)
{
    int64_t now_ns = sx_clock_now();

    open_queue();
    sx_queue_enter(producer, now_ns);
    stand(0, now_ns, 0);
    atomic_fetch_or(&other(0)->waiting_since_ns, SX_QUEUE_WATCHES);
    ck_assert(sx_queue_is_empty(producer));
    sx_queue_watch(producer);
    ck_assert_int_ne(atomic_load(&sx_queue_place(producer)->waiting_since_ns) & SX_QUEUE_WATCHES,
                     0);
    sx_queue_unwatch(producer);
    ck_assert_int_eq(atomic_load(&sx_queue_place(producer)->waiting_since_ns), 0);
    close_queue();
}
END_TEST

/* As much as anybody has published, to begin with. */
START_TEST(newcomer_does_not_catch_up)
{
    open_queue();
    stand(0, 0, 5000);
    atomic_store(&other(0)->latest, 100);
    sx_queue_enter(producer, sx_clock_now());
    ck_assert_uint_eq(atomic_load(&sx_queue_place(producer)->served), 5000);
    close_queue();
}
END_TEST

START_TEST(who_comes_back_is_a_few_turns_behind)
{
    const struct sx_place *own;

    open_queue();
    own = sx_queue_place(producer);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(try_put(producer), 0);
    sx_queue_enter(producer, sx_clock_now());
    ck_assert_uint_eq(atomic_load(&own->served), 3);
    ck_assert_uint_eq(atomic_load(&own->latest), 3);
    sx_queue_leave(producer);
    stand(0, 0, 5000);
    atomic_store(&other(0)->latest, 100);
    sx_queue_enter(producer, sx_clock_now());
    ck_assert_uint_eq(atomic_load(&own->served), 4600);
    close_queue();
}
END_TEST

/* With what it has published in this turn. */
START_TEST(who_would_be_next_again_is_who_has_published_least)
{
    int64_t now_ns = sx_clock_now();

    open_queue();
    ck_assert(!sx_queue_are_behind_us(producer, now_ns));
    stand(0, now_ns - 10, 2);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert(sx_queue_are_behind_us(producer, now_ns));
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert(!sx_queue_are_behind_us(producer, now_ns));
    close_queue();
}
END_TEST

int main(void)
{
    return RUN_TESTS("queue", who_has_published_least_is_first,
                     of_equals_who_has_waited_longest_is_first, nobody_is_passed_over_for_ever,
                     neither_we_nor_who_waits_without_a_call_is_next, newcomer_does_not_catch_up,
                     who_comes_back_is_a_few_turns_behind,
                     who_would_be_next_again_is_who_has_published_least);
}
