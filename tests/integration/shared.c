/* SPDX-License-Identifier: MIT */
/*
 * Several producers on one stream: coming in and leaving, turns, one order, and what the death of
 * one costs the others.
 */
#include "streams.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

static const struct streamx_options shared = {.slots = 4, .slot_size = 64, .flags = STREAMX_SHARED};
static const struct streamx_options one_slot = {.slot_size = 64, .flags = STREAMX_SHARED};

static int try_create(const struct streamx_options *options)
{
    struct streamx_producer *producer;
    int result = streamx_create(&producer, "s", options);

    if (result == 0)
        streamx_abandon(producer);
    return result;
}

START_TEST(producers_share_one_order_and_the_last_one_ends_it)
{
    struct streamx_producer *a = make_stream("s", &shared), *b = make_stream("s", &shared);
    struct streamx_consumer *consumer = join("s");

    ck_assert_uint_eq(look("s").producers, 2);
    put_text(a, "a1");
    PUT_BATCH(b, "b1", "b2");
    put_text(a, "a2");
    next_text(consumer, 1, "a1");
    next_text(consumer, 2, "b1");
    next_text(consumer, 3, "b2");
    next_text(consumer, 4, "a2");
    ack_all(consumer);
    ck_assert_int_eq(streamx_close(a, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_uint_eq(look("s").producers, 1);
    put_text(b, "b3");
    next_text(consumer, 5, "b3");
    ack_all(consumer);
    ck_assert_int_eq(streamx_close(b, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_next(consumer), 0);
    streamx_unsubscribe(consumer);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(back_pressure_is_everybodys)
{
    struct streamx_producer *a = make_stream("s", &shared), *b = make_stream("s", &shared);
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_eq(try_put(a), 0);
    ck_assert_int_eq(try_put(b), 0);
    ck_assert_int_eq(try_put(a), 0);
    ck_assert_int_eq(try_put(b), 0);
    ck_assert_int_eq(try_put(a), -EAGAIN);
    ck_assert_int_eq(try_put(b), -EAGAIN);
    ck_assert_int_eq(streamx_wait(b, STREAMX_ROOM, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(try_take(consumer), 1);
    ack_all(consumer);
    ck_assert_int_eq(streamx_wait(b, STREAMX_ROOM, STREAMX_NOWAIT), STREAMX_ROOM);
    ck_assert_int_eq(try_put(b), 0);
    ck_assert_int_eq(try_put(a), -EAGAIN);
    streamx_unsubscribe(consumer);
    streamx_abandon(a);
    streamx_abandon(b);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

START_TEST(each_drains_its_own)
{
    struct streamx_producer *a = make_stream("s", &shared), *b = make_stream("s", &shared);
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_eq(streamx_drain(b, STREAMX_NOWAIT), 0);
    put_text(a, "a");
    ck_assert_int_eq(streamx_drain(b, STREAMX_NOWAIT), 0);
    put_text(b, "b");
    next_text(consumer, 1, "a");
    ack_all(consumer);
    ck_assert_int_eq(streamx_drain(a, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_drain(b, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_close(b, BRIEFLY), -ETIMEDOUT);
    next_text(consumer, 2, "b");
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_int_eq(streamx_close(a, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_next(consumer), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

START_TEST(open_loan_keeps_the_turn)
{
    struct streamx_producer *a = make_stream("s", &shared), *b = make_stream("s", &shared);
    struct streamx_consumer *consumer = join("s");
    struct pollfd fd = {.fd = streamx_producer_fd(b, STREAMX_ROOM), .events = POLLIN};
    size_t capacity;
    void *data;

    ck_assert_int_eq(streamx_loan(a, &data, &capacity, STREAMX_NOWAIT), 0);
    memcpy(data, "lent", 4);
    ck_assert_int_eq(try_put(b), -EAGAIN);
    ck_assert_int_eq(streamx_put(b, "x", 1, BRIEFLY), -ETIMEDOUT);
    ck_assert_int_eq(streamx_wait(b, STREAMX_ROOM, BRIEFLY), -ETIMEDOUT);
    ck_assert_int_eq(streamx_wait(b, STREAMX_ROOM, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(poll(&fd, 1, 0), 0);
    ck_assert_int_eq(streamx_publish(a, 4), 0);
    ck_assert_int_eq(poll(&fd, 1, (int)(PATIENCE / 1000000)), 1);
    put_text(b, "put");
    ck_assert_int_eq(streamx_loan(a, &data, &capacity, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_put(b), -EAGAIN);
    streamx_discard(a);
    put_text(b, "again");
    next_text(consumer, 1, "lent");
    next_text(consumer, 2, "put");
    next_text(consumer, 3, "again");
    ack_all(consumer);
    ck_assert_int_eq(streamx_loan(a, &data, &capacity, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_close(a, STREAMX_NOWAIT), 0);
    put_text(b, "after");
    next_text(consumer, 4, "after");
    ack_all(consumer);
    ck_assert_int_eq(streamx_close(b, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

/* Comes in, and waits with a loan open, which is filled. */
static void lend_and_wait(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", arg);
    size_t capacity;
    void *data;

    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, PATIENCE), 0);
    memset(data, 'x', capacity);
    say(parent, 1);
    hear(parent);
}

/* Puts one, which waits for its turn. */
static void put_one(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", arg);

    say(parent, 1);
    put_text(producer, "y1");
    say(parent, 2);
    hear(parent);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

/* One that waits goes on when the one before it is killed; the end tells of the death. */
static void kill_before(const struct streamx_options *options)
{
    struct child victim = child_start(lend_and_wait, (void *)options), other;
    struct streamx_consumer *consumer;
    struct streamx_message message;

    ck_assert_int_eq(hear(victim.link), 1);
    consumer = join("s");
    other = child_start(put_one, (void *)options);
    ck_assert_int_eq(hear(other.link), 1);
    WAIT_UNTIL(child_asleep(&other));
    ck_assert(!heard(other.link));
    child_kill(&victim);
    ck_assert_int_eq(hear(other.link), 2);
    next_text(consumer, 1, "y1");
    ack_all(consumer);
    say(other.link, 0);
    child_join(&other);
    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
    ck_assert(!name_exists("s"));
}

START_TEST(killed_producer_holds_nobody_up)
{
    kill_before(&shared);
}
END_TEST

START_TEST(nor_with_one_slot)
{
    kill_before(&one_slot);
}
END_TEST

/* For several laps a batch is put that is laid out like the one before; meanwhile its slot has been
 * another one's, who has left it full of something else. */
static void expect_batches(struct streamx_producer *producer, struct streamx_consumer *consumer,
                           uint64_t *seq)
{
    for (uint32_t i = 0; i < 3 * shared.slots; i++) {
        PUT_BATCH(producer, "1234", "5678");
        next_text(consumer, ++*seq, "1234");
        next_text(consumer, ++*seq, "5678");
        ack_all(consumer);
    }
}

START_TEST(what_another_one_leaves_in_a_slot_is_overwritten)
{
    struct streamx_producer *a = make_stream("s", &shared), *b = make_stream("s", &shared);
    struct streamx_consumer *consumer = join("s");
    struct child victim;
    uint64_t seq = 0;
    size_t capacity;
    void *data;

    expect_batches(a, consumer, &seq);
    ck_assert_int_eq(streamx_loan(b, &data, &capacity, STREAMX_NOWAIT), 0);
    memset(data, 'x', capacity);
    streamx_discard(b);
    expect_batches(a, consumer, &seq);
    victim = child_start(lend_and_wait, (void *)&shared);
    ck_assert_int_eq(hear(victim.link), 1);
    child_kill(&victim);
    ck_assert_int_eq(streamx_wait(a, STREAMX_ROOM, PATIENCE), STREAMX_ROOM);
    expect_batches(a, consumer, &seq);
    streamx_unsubscribe(consumer);
    streamx_close(a, STREAMX_NOWAIT);
    streamx_close(b, STREAMX_NOWAIT);
}
END_TEST

START_TEST(abandoning_one_is_remembered)
{
    struct streamx_producer *a = make_stream("s", &shared), *b = make_stream("s", &shared);
    struct streamx_consumer *consumer = join("s");

    streamx_abandon(a);
    put_text(b, "b");
    next_text(consumer, 1, "b");
    ack_all(consumer);
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_int_eq(streamx_close(b, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_next(consumer), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
    ck_assert(!name_exists("s"));
}
END_TEST

/* Puts three, and waits to be killed. */
static void put_three(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", arg);

    put_text(producer, "a");
    put_text(producer, "b");
    put_text(producer, "c");
    say(parent, 1);
    hear(parent);
}

START_TEST(stream_of_nobody_is_dead_and_replaced_or_taken_up)
{
    struct streamx_options resume = shared;
    struct child victim = child_start(put_three, (void *)&shared);
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;

    resume.flags |= STREAMX_RESUME;
    ck_assert_int_eq(hear(victim.link), 1);
    child_kill(&victim);
    ck_assert_uint_eq(look("s").state, STREAMX_STATE_DEAD);
    ck_assert_int_eq(try_create(&(struct streamx_options){.flags = STREAMX_RESUME}), -EEXIST);
    producer = make_stream("s", &resume);
    ck_assert_uint_eq(look("s").published, 3);
    ck_assert_uint_eq(look("s").state, STREAMX_STATE_LIVE);
    put_text(producer, "d");
    consumer = join("s");
    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    next_text(consumer, 3, "c");
    next_text(consumer, 4, "d");
    ack_all(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_next(consumer), -EOWNERDEAD);
    streamx_unsubscribe(consumer);

    victim = child_start(put_three, (void *)&shared);
    ck_assert_int_eq(hear(victim.link), 1);
    child_kill(&victim);
    producer = make_stream("s", &shared);
    ck_assert_uint_eq(look("s").published, 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(places_are_counted_and_those_of_the_dead_given_to_others)
{
    struct streamx_options two = shared;
    struct streamx_producer *a, *b;
    struct child victim;

    two.max_producers = 2;
    a = make_stream("s", &two);
    victim = child_start(put_three, &two);
    ck_assert_int_eq(hear(victim.link), 1);
    ck_assert_int_eq(try_create(&shared), -EUSERS);
    child_kill(&victim);
    b = make_stream("s", &shared);
    ck_assert_int_eq(try_create(&shared), -EUSERS);
    streamx_abandon(a);
    streamx_abandon(b);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

START_TEST(live_stream_of_another_kind_is_refused)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    ck_assert_int_eq(try_create(&shared), -EEXIST);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    producer = make_stream("s", &shared);
    ck_assert_int_eq(try_create(NULL), -EEXIST);
    ck_assert_int_eq(try_create(&(struct streamx_options){.flags = STREAMX_RESUME}), -EEXIST);
    ck_assert_int_eq(
        try_create(&(struct streamx_options){.flags = STREAMX_SHARED, .slot_size = 65}), -EMSGSIZE);
    ck_assert_int_eq(try_create(&(struct streamx_options){.flags = STREAMX_SHARED, .type = "t"}),
                     -EPROTOTYPE);
    ck_assert_int_eq(
        try_create(&(struct streamx_options){.flags = STREAMX_SHARED | STREAMX_STAMPS}),
        -EPROTOTYPE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

/* Waits for the word, comes in, puts one, and leaves when told. */
static void start_at_once(struct link parent, void *arg)
{
    struct streamx_producer *producer;

    (void)arg;
    hear(parent);
    producer = make_stream("s", &shared);
    put_text(producer, "x");
    say(parent, 1);
    hear(parent);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

START_TEST(several_that_start_at_once_make_one_stream)
{
    struct streamx_consumer *consumer;
    struct streamx_message message;
    struct child children[8];

    for (int i = 0; i < 8; i++)
        children[i] = child_start(start_at_once, NULL);
    for (int i = 0; i < 8; i++)
        say(children[i].link, 1);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, PATIENCE), 0);
    for (uint64_t seq = 1; seq <= 8; seq++)
        next_text(consumer, seq, "x");
    ack_all(consumer);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(hear(children[i].link), 1);
    ck_assert_uint_eq(look("s").producers, 8);
    for (int i = 0; i < 8; i++)
        say(children[i].link, 1);
    for (int i = 0; i < 8; i++)
        child_join(&children[i]);
    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

START_TEST(pipe_breaks_for_all)
{
    struct streamx_options pipe = shared;
    struct streamx_producer *a, *b;
    struct streamx_consumer *consumer;

    pipe.flags |= STREAMX_PIPE;
    a = make_stream("s", &pipe);
    b = make_stream("s", &shared);
    consumer = join("s");
    ck_assert_int_eq(try_put(a), 0);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(try_put(a), -EPIPE);
    ck_assert_int_eq(try_put(b), -EPIPE);
    ck_assert_int_eq(streamx_drain(a, STREAMX_NOWAIT), -EPIPE);
    streamx_abandon(a);
    streamx_abandon(b);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

START_TEST(who_waits_without_the_turn_evicts_too)
{
    struct streamx_options options = shared;
    struct streamx_producer *a, *b;
    struct streamx_consumer *slow, *fast;

    options.evict_after_ns = BRIEFLY;
    a = make_stream("s", &options);
    b = make_stream("s", &options);
    slow = join("s");
    fast = join("s");
    put_text(a, "a");
    put_text(b, "b");
    ck_assert_int_eq(try_take(slow), 1);
    next_text(fast, 1, "a");
    next_text(fast, 2, "b");
    ack_all(fast);
    ck_assert_int_eq(streamx_drain(b, PATIENCE), 0);
    ck_assert_int_eq(streamx_ack(slow, 0), -ESTALE);
    streamx_unsubscribe(slow);
    ck_assert_int_eq(streamx_close(a, PATIENCE), 0);
    ck_assert_int_eq(streamx_close(b, PATIENCE), 0);
    ck_assert_int_eq(try_next(fast), 0);
    streamx_unsubscribe(fast);
}
END_TEST

static int count_producer(const struct streamx_producer_info *info, void *arg)
{
    unsigned *counts = arg;

    ck_assert_uint_eq(info->state, STREAMX_PRODUCER_ALIVE);
    counts[0]++;
    counts[1] += info->has_turn;
    counts[2] += info->waited_ns > 0;
    if (info->waited_ns > 0)
        ck_assert_uint_ne(info->pid, (uint32_t)getpid());
    return 0;
}

/* Two producers, one of which has the turn, and one of which waits for it. */
static bool one_waits_for_the_other(void)
{
    unsigned counts[3] = {0};

    ck_assert_int_eq(streamx_inspect_producers("s", count_producer, counts), 0);
    return counts[0] == 2 && counts[1] == 1 && counts[2] == 1;
}

START_TEST(inspection_shows_whose_turn_it_is_and_who_waits)
{
    struct streamx_producer *producer = make_stream("s", &shared);
    struct streamx_consumer *consumer = join("s");
    size_t capacity;
    struct child other;
    void *data;

    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, PATIENCE), 0);
    other = child_start(put_one, (void *)&shared);
    ck_assert_int_eq(hear(other.link), 1);
    WAIT_UNTIL(one_waits_for_the_other());
    ck_assert_int_eq(streamx_publish(producer, 0), 0);
    ck_assert_int_eq(hear(other.link), 2);
    next_text(consumer, 1, "");
    next_text(consumer, 2, "y1");
    ack_all(consumer);
    say(other.link, 1);
    child_join(&other);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

static int add_if_waiting(const struct streamx_producer_info *info, void *arg)
{
    *(unsigned *)arg += info->waited_ns > 0 && !info->has_turn;
    return 0;
}

static unsigned waiting(void)
{
    unsigned count = 0;

    ck_assert_int_eq(streamx_inspect_producers("s", add_if_waiting, &count), 0);
    return count;
}

START_TEST(inspection_shows_who_waits_for_the_turn_by_a_descriptor)
{
    struct streamx_producer *a = make_stream("s", &shared), *b = make_stream("s", &shared);
    struct streamx_consumer *consumer = join("s");
    size_t capacity;
    void *data;

    /* told by its next look */
    ck_assert_int_eq(streamx_loan(a, &data, &capacity, PATIENCE), 0);
    ck_assert_int_ge(streamx_producer_fd(b, STREAMX_ROOM), 0);
    ck_assert_uint_eq(waiting(), 1);
    ck_assert_int_eq(streamx_publish(a, 0), 0);
    ck_assert_int_eq(streamx_wait(b, STREAMX_ROOM, STREAMX_NOWAIT), STREAMX_ROOM);
    ck_assert_uint_eq(waiting(), 0);

    /* or by putting; also if the other one has published nothing */
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(streamx_loan(a, &data, &capacity, PATIENCE), 0);
        ck_assert_int_eq(streamx_wait(b, STREAMX_ROOM, STREAMX_NOWAIT), -EAGAIN);
        ck_assert_uint_eq(waiting(), 1);
        if (i == 0)
            ck_assert_int_eq(streamx_publish(a, 0), 0);
        else
            streamx_discard(a);
        ck_assert_int_eq(try_put(b), 0);
        ck_assert_uint_eq(waiting(), 0);
        while (try_next(consumer) == 1)
            ;
    }
    streamx_abandon(a);
    streamx_abandon(b);
    streamx_unsubscribe(consumer);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "shared", producers_share_one_order_and_the_last_one_ends_it, back_pressure_is_everybodys,
        each_drains_its_own, open_loan_keeps_the_turn, killed_producer_holds_nobody_up,
        nor_with_one_slot, what_another_one_leaves_in_a_slot_is_overwritten,
        abandoning_one_is_remembered, stream_of_nobody_is_dead_and_replaced_or_taken_up,
        places_are_counted_and_those_of_the_dead_given_to_others,
        live_stream_of_another_kind_is_refused, several_that_start_at_once_make_one_stream,
        pipe_breaks_for_all, who_waits_without_the_turn_evicts_too,
        inspection_shows_whose_turn_it_is_and_who_waits,
        inspection_shows_who_waits_for_the_turn_by_a_descriptor);
}
