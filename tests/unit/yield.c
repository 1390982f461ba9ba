/* SPDX-License-Identifier: MIT */
/* Giving way in a crowd, with a sched_yield of our own, in which the other side acts. */
#include "consumer/handle.h"
#include "consumer/wait.h"
#include "kernel/clock.h"
#include "producer/handle.h"
#include "streams.h"
#include "support.h"

#include <errno.h>
#include <sched.h>
#include <sys/sysinfo.h>

#define SLOTS 64u
#define LONG_NS (100 * SX_NS_PER_S)

static struct streamx_producer *producer;
static struct streamx_consumer *consumer;
static unsigned yields, puts_at, acks_at; /* 0: at none */

/* A filter of system calls may refuse it. */
int sched_yield(void)
{
    yields++;
    if (yields == puts_at)
        put_text(producer, "x");
    if (yields == acks_at)
        ack_all(consumer);
    errno = EPERM;
    return -1;
}

/* In a crowd, as far as it knows: it has counted. */
static void crowd(struct sx_spin *spin, int64_t bound_ns)
{
    sx_spin_crowd(spin, 100000 * (uint32_t)get_nprocs()); /* no turn is a long one */
    spin->tuned = bound_ns > 0;
    spin->bound_ns = spin->budget_ns = bound_ns;
}

static void set_up(void)
{
    producer = make_ring("s", SLOTS);
    consumer = join("s");
    yields = puts_at = acks_at = 0;
    errno = 0;
}

static void crowd_consumer(int64_t bound_ns)
{
    sx_consumer_count_parties(consumer);
    crowd(&consumer->spin, bound_ns);
}

static void clean_up(void)
{
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    streamx_close(producer, STREAMX_NOWAIT);
}

/* Nor once more when it has found it. */
static void consume_at(unsigned turn, int64_t bound_ns)
{
    struct streamx_message message;

    set_up();
    crowd_consumer(bound_ns);
    puts_at = turn;
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_FOREVER), 1);
    ck_assert_int_eq(errno, 0);
    ck_assert_uint_eq(yields, turn);
    clean_up();
}

START_TEST(consumer_gives_way_until_a_message_is_there)
{
    consume_at(1, 0);
    consume_at(SX_SPIN_YIELDS_PAID, 0);
    consume_at(1, LONG_NS);
    consume_at(9, LONG_NS);
}
END_TEST

static void put_at(unsigned turn, int64_t bound_ns)
{
    struct streamx_message message;

    set_up();
    for (unsigned i = 0; i < SLOTS; i++)
        put_text(producer, "x");
    ck_assert_int_eq(streamx_take(consumer, &message, STREAMX_NOWAIT), 1);
    crowd(&producer->spin, bound_ns);
    acks_at = turn;
    ck_assert_int_eq(streamx_put(producer, "y", 1, STREAMX_FOREVER), 0);
    ck_assert_int_eq(errno, 0);
    ck_assert_uint_eq(yields, turn);
    clean_up();
}

START_TEST(producer_gives_way_until_there_is_room)
{
    put_at(1, 0);
    put_at(SX_SPIN_YIELDS_PAID, 0);
    put_at(1, LONG_NS);
    put_at(9, LONG_NS);
}
END_TEST

START_TEST(nobody_gives_way_who_does_not_wait_or_not_for_long)
{
    struct streamx_message message;

    set_up();
    crowd_consumer(LONG_NS);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_next(consumer, &message, SX_NS_PER_MS), -ETIMEDOUT);
    ck_assert_uint_eq(yields, 0);
    clean_up();
}
END_TEST

int main(void)
{
    return RUN_TESTS("yield", consumer_gives_way_until_a_message_is_there,
                     producer_gives_way_until_there_is_room,
                     nobody_gives_way_who_does_not_wait_or_not_for_long);
}
