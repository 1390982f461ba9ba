/* SPDX-License-Identifier: MIT */
/*
 * A descriptor or an arm beside everything else that a handle may be doing: calls that block, other
 * threads, other handles of the same process. In every world.
 */
#include "deeds.h"
#include "traces.h"
#include "worlds.h"

#include <pthread.h>
#include <unistd.h>

/* ---- blocking calls ------------------------------------------------------------------------ */

/* More than any ring or queue of the handle's has room for. */
enum { BLOCKING_SHORT = 120, BLOCKING_LONG = 3000, CROWD = 100 };

static int blocking_puts(void)
{
    return long_run() ? BLOCKING_LONG : BLOCKING_SHORT;
}

/* Takes its time, so that the producer sleeps for every put. */
static void follow_slowly(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    (void)arg;
    say(parent, 0);
    while (streamx_take(consumer, &message, PATIENCE) == 1) {
        WAIT_UNTIL(waits_for("s", message.seq) || (int)look("s").published == blocking_puts());
        ack_all(consumer);
    }
    streamx_unsubscribe(consumer);
}

/* Which fires the descriptor each time, since a call withdraws its announcement. */
static void block_with_a_descriptor(struct watch *watch)
{
    struct streamx_producer *producer = make_stream("s", &(struct streamx_options){.spin_ns = -1});
    struct child consumer = child_start(follow_slowly, NULL);
    struct traces before;
    int fd = streamx_producer_fd(producer, STREAMX_ALONE);

    (void)watch;
    ck_assert_int_eq(hear(consumer.link), 0);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, 3 * BRIEFLY), -ETIMEDOUT);
    before = traces_now(); /* with what a sleep that lasts needs */
    for (int i = 0; i < blocking_puts(); i++)
        ck_assert_int_eq(streamx_put(producer, &i, sizeof i, PATIENCE), 0);
    ck_assert_no_more_traces_than(&before);
    ck_assert_int_eq(streamx_drain(producer, PATIENCE), 0);
    WAIT_UNTIL(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT) == -EAGAIN &&
               !readable_now(fd));
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    child_join(&consumer);
}

START_TEST(blocking_calls_leave_the_descriptor_sound)
{
    everywhere_by_descriptor(block_with_a_descriptor);
}
END_TEST

/* A call that sleeps and times out does not undo the wait that is armed. */
static void give_up_in_a_call(struct watch *watch)
{
    struct doer producer = producer_that(PUT, 1, NULL);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    ck_assert_int_eq(watch_next(watch, consumer, &message), 1);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_next(consumer, &message, BRIEFLY), -ETIMEDOUT);
    let_it(&producer);
    watch_consumer(watch, consumer);
    ck_assert_int_eq(watch_next(watch, consumer, &message), 1);
    was_told_promptly(&producer);
    streamx_unsubscribe(consumer);
}

static void give_up_in_a_put(struct watch *watch)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct doer consumer;

    put_text(producer, "a");
    consumer = consumer_that(ACK, 1);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ck_assert_int_eq(streamx_put(producer, "b", 1, BRIEFLY), -ETIMEDOUT);
    let_it(&consumer);
    ck_assert_int_eq(watch_wait(watch, producer, STREAMX_ROOM), STREAMX_ROOM);
    was_told_promptly(&consumer);
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(call_that_timed_out_leaves_the_wait_armed)
{
    everywhere(give_up_in_a_call);
    everywhere(give_up_in_a_put);
}
END_TEST

/* ---- threads ------------------------------------------------------------------------------- */

struct shared {
    struct watch *watch;
    struct streamx_consumer *consumer;
};

static void *look_in_vain(void *arg)
{
    struct shared *shared = arg;

    ck_assert_int_ge(streamx_consumer_fd(shared->consumer), 0);
    ck_assert_int_eq(try_next(shared->consumer), -EAGAIN);
    return NULL;
}

/* What a thread has armed is undone when it ends, or lives on; either way this one is told. */
static void outlive_a_thread(struct watch *watch, enum deed deed, int expected)
{
    struct doer producer = producer_that(deed, 0, NULL);
    struct shared shared = {.watch = watch, .consumer = join("s")};
    struct streamx_message message;
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, look_in_vain, &shared), 0);
    pthread_join(thread, NULL);
    let_it(&producer);
    ck_assert_int_eq(watch_next(watch, shared.consumer, &message), expected);
    was_told_promptly(&producer);
    streamx_unsubscribe(shared.consumer);
}

static void hear_of_a_message_all_the_same(struct watch *watch)
{
    outlive_a_thread(watch, PUT, 1);
}

static void hear_of_a_death_all_the_same(struct watch *watch)
{
    outlive_a_thread(watch, DIE, -EOWNERDEAD);
}

START_TEST(thread_that_made_the_call_may_end)
{
    everywhere(hear_of_a_message_all_the_same);
    everywhere(hear_of_a_death_all_the_same);
}
END_TEST

/* ---- handles beside each other ------------------------------------------------------------- */

static void wait_by_two(struct watch *watch)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumers[2] = {join("s"), join("s")};
    struct streamx_message message;

    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(streamx_next(consumers[i], &message, STREAMX_NOWAIT), -EAGAIN);
    for (uint64_t seq = 1; seq <= 50; seq++) {
        put_text(producer, "a");
        for (int i = 0; i < 2; i++) {
            ck_assert_int_eq(watch_next(watch, consumers[i], &message), 1);
            ck_assert_uint_eq(message.seq, seq);
        }
        ck_assert_int_eq(streamx_next(consumers[seq % 2], &message, STREAMX_NOWAIT), -EAGAIN);
        watch_producer(watch, producer, STREAMX_ROOM | STREAMX_DRAINED);
    }
    streamx_unsubscribe(consumers[0]);
    streamx_unsubscribe(consumers[1]);
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(handles_of_one_process_wait_beside_each_other)
{
    everywhere(wait_by_two);
}
END_TEST

static void attach_and_stay(struct link parent, void *arg)
{
    (void)arg;
    join("s");
    say(parent, 0);
    hear(parent);
}

/* More happens at once than a small ring has room for. */
static void lose_a_crowd(struct watch *watch)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.max_consumers = CROWD});
    int fd = streamx_producer_fd(producer, STREAMX_ALONE);
    struct child crowd[CROWD];

    (void)watch;
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = child_start(attach_and_stay, NULL);
        ck_assert_int_eq(hear(crowd[i].link), 0);
    }
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT), -EAGAIN);
    for (int i = 0; i < CROWD; i++)
        child_kill(&crowd[i]);
    WAIT_UNTIL(readable_now(fd));
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT), STREAMX_ALONE);
    WAIT_UNTIL(streamx_wait(producer, STREAMX_ATTACHED, STREAMX_NOWAIT) == -EAGAIN &&
               streamx_producer_fd(producer, STREAMX_ATTACHED) == fd && !readable_now(fd));
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(many_deaths_at_once_do_not_clog_the_descriptor)
{
    everywhere_by_descriptor(lose_a_crowd);
}
END_TEST

int main(void)
{
    return RUN_TESTS("mixed", blocking_calls_leave_the_descriptor_sound,
                     call_that_timed_out_leaves_the_wait_armed, thread_that_made_the_call_may_end,
                     handles_of_one_process_wait_beside_each_other,
                     many_deaths_at_once_do_not_clog_the_descriptor);
}
