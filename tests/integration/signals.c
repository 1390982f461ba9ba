/* SPDX-License-Identifier: MIT */
/*
 * A signal handler that runs during a call neither ends the call nor stretches its deadline.
 */
#include "streams.h"

#include <signal.h>

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
    (void)number;
    signals++;
}

static void handle_signals(void)
{
    const struct sigaction action = {.sa_handler = count_signal}; /* no SA_RESTART */

    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
}

/* Interrupts the child's sleep a few times. */
static void pester(const struct child *child)
{
    for (int i = 0; i < 5; i++) {
        WAIT_UNTIL(child_asleep(child));
        ck_assert_int_eq(kill(child->pid, SIGUSR1), 0);
    }
    WAIT_UNTIL(child_asleep(child));
}

static void take_one(struct link parent, void *arg)
{
    struct streamx_consumer *consumer;

    (void)arg;
    handle_signals();
    say(parent, 1);
    consumer = join("s");
    take_text(consumer, 1, "a");
    ck_assert_int_gt(signals, 0);
    ack_all(consumer);
    streamx_unsubscribe(consumer);
}

START_TEST(signals_end_neither_take_nor_subscribe)
{
    struct child consumer = child_start(take_one, NULL);
    struct streamx_producer *producer;

    ck_assert_int_eq(hear(consumer.link), 1);
    pester(&consumer);
    producer = make_stream("s", NULL);
    WAIT_UNTIL(look("s").consumers == 1);
    pester(&consumer);
    put_text(producer, "a");
    child_join(&consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

static void put_two(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    handle_signals();
    put_text(producer, "a");
    say(parent, 1);
    put_text(producer, "b");
    say(parent, 2);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    ck_assert_int_gt(signals, 0);
}

START_TEST(signals_end_neither_put_nor_close)
{
    struct child producer = child_start(put_two, NULL);
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_eq(hear(producer.link), 1);
    pester(&producer);
    WAIT_UNTIL(waits_for("s", 1));
    next_text(consumer, 1, "a");
    ack_all(consumer);
    ck_assert_int_eq(hear(producer.link), 2);
    pester(&producer);
    WAIT_UNTIL(waits_for("s", 2));
    next_text(consumer, 2, "b");
    ack_all(consumer);
    child_join(&producer);
    streamx_unsubscribe(consumer);
}
END_TEST

static void time_out(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    int64_t begin_ns;

    (void)arg;
    handle_signals();
    say(parent, 1);
    begin_ns = now_ns();
    ck_assert_int_eq(streamx_take(consumer, &message, 10 * BRIEFLY), -ETIMEDOUT);
    ck_assert_int_ge(now_ns() - begin_ns, 10 * BRIEFLY);
    say(parent, 2);
    hear(parent);
    streamx_unsubscribe(consumer);
}

START_TEST(signals_do_not_stretch_a_deadline)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child consumer = child_start(time_out, NULL);
    int64_t give_up_ns = now_ns() + PATIENCE;

    ck_assert_int_eq(hear(consumer.link), 1);
    while (!heard(consumer.link)) {
        ck_assert_int_lt(now_ns(), give_up_ns);
        ck_assert_int_eq(kill(consumer.pid, SIGUSR1), 0);
        look_again_soon();
    }
    ck_assert_int_eq(hear(consumer.link), 2);
    say(consumer.link, 1);
    child_join(&consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS("signals", signals_end_neither_take_nor_subscribe,
                     signals_end_neither_put_nor_close, signals_do_not_stretch_a_deadline);
}
