/* SPDX-License-Identifier: MIT */
/*
 * A handle stays with the process that made it: in a forked child it is of no use and does no harm,
 * and a child that lives on does not keep it alive.
 */
#include "streams.h"

#include <signal.h>
#include <unistd.h>

struct handles {
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
};

static void call_everything(struct link parent, void *arg)
{
    const struct handles *handles = arg;
    const struct iovec one = {(void *)"x", 1};
    struct streamx_message message;
    size_t capacity;
    void *data;

    ck_assert_int_eq(try_put(handles->producer), -EPERM);
    ck_assert_int_eq(streamx_put(handles->producer, "x", 1, PATIENCE), -EPERM);
    ck_assert_int_eq(streamx_putv(handles->producer, &one, 1, PATIENCE), -EPERM);
    ck_assert_int_eq(streamx_loan(handles->producer, &data, &capacity, PATIENCE), -EPERM);
    ck_assert_int_eq(streamx_publish(handles->producer, 1), -EPERM);
    streamx_discard(handles->producer);
    ck_assert_int_eq(streamx_wait(handles->producer, STREAMX_ROOM, PATIENCE), -EPERM);
    ck_assert_int_eq(streamx_drain(handles->producer, PATIENCE), -EPERM);
    ck_assert_int_eq(streamx_take(handles->consumer, &message, PATIENCE), -EPERM);
    ck_assert_int_eq(streamx_next(handles->consumer, &message, PATIENCE), -EPERM);
    ck_assert_int_eq(streamx_ack(handles->consumer, 0), -EPERM);
    say(parent, 1);
    streamx_unsubscribe(handles->consumer);
    ck_assert_int_eq(streamx_close(handles->producer, PATIENCE), 0);
}

START_TEST(every_call_in_a_forked_child_is_refused)
{
    struct handles handles = {.producer = make_ring("s", 2)};
    struct child child;

    handles.consumer = join("s");
    put_text(handles.producer, "a");
    child = child_start(call_everything, &handles);
    ck_assert_int_eq(hear(child.link), 1);
    child_join(&child);
    put_text(handles.producer, "b");
    next_text(handles.consumer, 1, "a");
    next_text(handles.consumer, 2, "b");
    ack_all(handles.consumer);
    streamx_unsubscribe(handles.consumer);
    ck_assert_int_eq(streamx_close(handles.producer, STREAMX_NOWAIT), 0);
}
END_TEST

static void call_next(struct link parent, void *arg)
{
    struct streamx_message message;

    ck_assert_int_eq(streamx_next(arg, &message, PATIENCE), -EPERM);
    say(parent, 1);
}

static void expect_refusal(struct streamx_consumer *consumer)
{
    struct child child = child_start(call_next, consumer);

    ck_assert_int_eq(hear(child.link), 1);
    child_join(&child);
}

/* Steady, evictable, ended or a tap: whatever a fast path asks for. */
START_TEST(next_is_refused_in_a_child_whatever_the_consumer)
{
    const struct streamx_options options = {.evict_after_ns = PATIENCE};
    const struct streamx_subscribe_options tap = {.flags = STREAMX_TAP};
    struct streamx_producer *plain = make_ring("plain", 2), *other = make_stream("other", &options);
    struct streamx_consumer *consumer = join("plain"), *evictable = join("other"), *passing;

    ck_assert_int_eq(streamx_subscribe(&passing, "plain", &tap, STREAMX_NOWAIT), 0);
    expect_refusal(passing);
    expect_refusal(evictable);
    expect_refusal(consumer);
    ck_assert_int_eq(streamx_close(plain, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_next(consumer), 0);
    expect_refusal(consumer);
    streamx_unsubscribe(passing);
    streamx_unsubscribe(consumer);
    streamx_unsubscribe(evictable);
    ck_assert_int_eq(streamx_close(other, STREAMX_NOWAIT), 0);
}
END_TEST

/* Which it would acknowledge, to take the next one, which is there. */
START_TEST(next_is_refused_in_a_child_with_one_in_hand)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumer = join("s");

    for (uint64_t seq = 1; seq <= 3; seq++) {
        put_text(producer, "a");
        put_text(producer, "a");
        next_text(consumer, 2 * seq - 1, "a"); /* as long as the one before */
        expect_refusal(consumer);
        ck_assert_uint_eq(look("s").acknowledged, 2 * (seq - 1));
        next_text(consumer, 2 * seq, "a");
        ck_assert_uint_eq(look("s").acknowledged, 2 * seq - 1);
    }
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

static void discard_and_publish(struct link parent, void *arg)
{
    (void)parent;
    streamx_discard(arg);
    ck_assert_int_eq(streamx_publish(arg, 1), -EPERM);
    streamx_abandon(arg);
}

START_TEST(child_does_not_touch_an_open_loan)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");
    size_t capacity;
    struct child child;
    void *data;

    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT), 0);
    *(char *)data = 'l';
    child = child_start(discard_and_publish, producer);
    child_join(&child);
    ck_assert_int_eq(streamx_publish(producer, 1), 0);
    next_text(consumer, 1, "l");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

static void free_both(struct link parent, void *arg)
{
    const struct handles *handles = arg;

    (void)parent;
    streamx_unsubscribe(handles->consumer);
    streamx_abandon(handles->producer);
}

static void try_to_create(struct link parent, void *arg)
{
    struct streamx_producer *producer;

    (void)arg;
    say(parent, streamx_create(&producer, "s", NULL));
}

START_TEST(freeing_in_a_child_disturbs_nobody)
{
    struct handles handles = {.producer = make_stream("s", NULL)};
    struct child child;

    handles.consumer = join("s");
    put_text(handles.producer, "a");
    child = child_start(free_both, &handles);
    child_join(&child);
    ck_assert_uint_eq(look("s").state, STREAMX_STATE_LIVE);
    ck_assert_uint_eq(look("s").consumers, 1);
    child = child_start(try_to_create, NULL);
    ck_assert_int_eq(hear(child.link), -EEXIST);
    child_join(&child);
    ck_assert_int_eq(try_put(handles.producer), -EAGAIN);
    next_text(handles.consumer, 1, "a");
    ack_all(handles.consumer);
    ck_assert_int_eq(try_put(handles.producer), 0);
    streamx_unsubscribe(handles.consumer);
    ck_assert_int_eq(streamx_close(handles.producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

/* A process that this one forks and does not end with itself. */
static pid_t fork_survivor(void)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    while (pid == 0)
        pause();
    return pid;
}

static void consume_and_fork(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");

    (void)arg;
    take_text(consumer, 1, "a");
    say(parent, fork_survivor());
    hear(parent);
}

START_TEST(consumer_whose_forked_child_lives_on_is_found_dead)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child consumer = child_start(consume_and_fork, NULL);
    struct streamx_consumer *witness = join("s");
    pid_t survivor;

    put_text(producer, "a");
    survivor = (pid_t)hear(consumer.link);
    next_text(witness, 1, "a");
    ack_all(witness);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    child_kill(&consumer);
    ck_assert_int_eq(streamx_put(producer, "b", 1, PATIENCE), 0);
    ck_assert_int_eq(kill(survivor, 0), 0);
    ck_assert_int_eq(kill(survivor, SIGKILL), 0);
    streamx_unsubscribe(witness);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

static void produce_and_fork(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    put_text(producer, "a");
    say(parent, fork_survivor());
    hear(parent);
}

START_TEST(producer_whose_forked_child_lives_on_is_found_dead)
{
    struct child producer = child_start(produce_and_fork, NULL);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    pid_t survivor = (pid_t)hear(producer.link);

    next_text(consumer, 1, "a");
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    child_kill(&producer);
    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), -EOWNERDEAD);
    ck_assert_int_eq(kill(survivor, 0), 0);
    ck_assert_int_eq(kill(survivor, SIGKILL), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

/* Those of its parent are of no more use to it after that than before. */
static void use_own_handles(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join_at("s", STREAMX_START_NEW), *inherited = arg;
    struct streamx_message message;

    ck_assert_int_eq(streamx_next(inherited, &message, PATIENCE), -EPERM);
    say(parent, 1);
    next_text(consumer, 2, "a");
    ck_assert_int_eq(streamx_next(inherited, &message, PATIENCE), -EPERM);
    ack_all(consumer);
    streamx_unsubscribe(consumer);
}

START_TEST(child_may_attach_by_itself)
{
    struct handles handles = {.producer = make_stream("s", NULL)};
    struct child child;

    handles.consumer = join("s");
    put_text(handles.producer, "a");
    next_text(handles.consumer, 1, "a"); /* which is in hand: more would need no call */
    child = child_start(use_own_handles, handles.consumer);
    ck_assert_int_eq(hear(child.link), 1);
    ack_all(handles.consumer);
    put_text(handles.producer, "a");
    child_join(&child);
    ck_assert_int_eq(try_put(handles.producer), -EAGAIN);
    next_text(handles.consumer, 2, "a");
    streamx_unsubscribe(handles.consumer);
    ck_assert_int_eq(streamx_close(handles.producer, STREAMX_NOWAIT), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "fork", every_call_in_a_forked_child_is_refused,
        next_is_refused_in_a_child_whatever_the_consumer,
        next_is_refused_in_a_child_with_one_in_hand, child_does_not_touch_an_open_loan,
        freeing_in_a_child_disturbs_nobody, consumer_whose_forked_child_lives_on_is_found_dead,
        producer_whose_forked_child_lives_on_is_found_dead, child_may_attach_by_itself);
}
