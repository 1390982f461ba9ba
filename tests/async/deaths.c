/* SPDX-License-Identifier: MIT */
/*
 * No death is missed, whenever it comes: the other side dies at a random moment around the NOWAIT
 * call and the wait that follows, before, between and after. A death that is told of later than
 * PROMPTLY was found by the look around, not told.
 *
 * Prints its seed; STREAMX_SEED repeats it.
 */
#include "witness.h"
#include "worlds.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* In the world that lacks nothing, and elsewhere. */
enum { ROUNDS_SHORT = 60, ROUNDS_LONG = 400, ROUNDS_ELSEWHERE = 10, WITHIN_NS = 400000 };

static uint64_t seed;

static uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* When told, within that time. */
static void die_within(struct link parent, uint64_t ns)
{
    int64_t at_ns;

    hear(parent);
    at_ns = now_ns() + (int64_t)ns;
    while (now_ns() < at_ns)
        ;
    raise(SIGKILL);
}

static void die_as_producer(struct link parent, void *arg)
{
    make_stream("s", NULL);
    say(parent, 0);
    die_within(parent, *(uint64_t *)arg);
}

static void die_as_consumer(struct link parent, void *arg)
{
    join("s");
    say(parent, 0);
    die_within(parent, *(uint64_t *)arg);
}

struct doomed {
    struct child child, witness;
};

static struct doomed start(void (*act)(struct link, void *))
{
    uint64_t within_ns = draw() % WITHIN_NS;
    struct doomed doomed = {.child = child_start(act, &within_ns)};

    ck_assert_int_eq(hear(doomed.child.link), 0);
    doomed.witness = witness_start(&doomed.child);
    return doomed;
}

static int rounds(const struct watch *watch)
{
    if (!watch->everything)
        return ROUNDS_ELSEWHERE;
    return long_run() ? ROUNDS_LONG : ROUNDS_SHORT;
}

static void lose_producers(struct watch *watch)
{
    for (int i = 0; i < rounds(watch); i++) {
        struct doomed producer = start(die_as_producer);
        struct streamx_consumer *consumer = join("s");
        struct streamx_message message;
        int64_t due_ns;

        due_ns = now_ns() + WITHIN_NS;
        say(producer.child.link, 1);
        ck_assert_int_eq(watch_next(watch, consumer, &message), -EOWNERDEAD);
        witness_was_told_promptly(&producer.witness, &producer.child, due_ns);
        streamx_unsubscribe(consumer);
    }
}

START_TEST(consumer_hears_of_every_death)
{
    everywhere(lose_producers);
}
END_TEST

/* By one handle, whose watch is renewed for each that comes. */
static void lose_consumers(struct watch *watch)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    for (int i = 0; i < rounds(watch); i++) {
        struct doomed consumer = start(die_as_consumer);
        int64_t due_ns = now_ns() + WITHIN_NS;
        say(consumer.child.link, 1);
        ck_assert_int_eq(watch_wait(watch, producer, STREAMX_ALONE), STREAMX_ALONE);
        witness_was_told_promptly(&consumer.witness, &consumer.child, due_ns);
    }
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(producer_hears_of_every_death)
{
    everywhere(lose_consumers);
}
END_TEST

int main(void)
{
    const char *given = getenv("STREAMX_SEED");

    seed = (given ? strtoull(given, NULL, 0) : (uint64_t)now_ns()) | 1;
    printf("STREAMX_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    return RUN_TESTS("deaths", consumer_hears_of_every_death, producer_hears_of_every_death);
}
