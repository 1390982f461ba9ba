/* SPDX-License-Identifier: MIT */
/* Scenes in which the producer is the victim. */
#include "cast.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGES 10

/* Ten messages by every way of putting them, into one slot. */
static void put_all(struct streamx_producer *producer, uint32_t generation)
{
    uint64_t numbers[2][3] = {{generation, 4}, {generation, 5}};
    struct iovec batch[2] = {{numbers[0], 16}, {numbers[1], LONGER}}; /* not alike: with ends */
    uint64_t loaned[2] = {generation, 6}, parts[6] = {generation, 9, 0, generation, 10};
    void *data;
    size_t capacity;

    for (uint64_t seq = 1; seq <= 3; seq++)
        must(put_number(producer, generation, seq) == 0);
    must(streamx_putv(producer, batch, 2, PATIENCE) == 0);
    must(streamx_loan(producer, &data, &capacity, PATIENCE) == 0);
    memcpy(data, loaned, sizeof loaned);
    must(streamx_publish(producer, sizeof loaned) == 0);
    must(streamx_loan(producer, &data, &capacity, PATIENCE) == 0);
    streamx_discard(producer);
    must(streamx_drain(producer, PATIENCE) == 0);
    must(put_number(producer, generation, 7) == 0);
    must(put_number(producer, generation, 8) == 0);
    must(streamx_loan(producer, &data, &capacity, PATIENCE) == 0);
    memcpy(data, parts, sizeof parts);
    must(streamx_publish_parts(producer, (const uint32_t[]){16, 24 + LONGER}, 2, 8) == 0);
}

struct script {
    uint32_t generation;
    uint32_t consumers;
    int64_t evict_after_ns;
    bool abandons;
};

static void produce(void *arg)
{
    const struct script *script = arg;
    struct streamx_options options = {.min_consumers = script->consumers,
                                      .evict_after_ns = script->evict_after_ns,
                                      .spin_ns = -1};
    struct streamx_producer *producer = create_or_fail(&options);

    put_all(producer, script->generation);
    if (script->abandons) {
        must(streamx_drain(producer, PATIENCE) == 0);
        streamx_abandon(producer);
    } else {
        must(streamx_close(producer, PATIENCE) == 0);
    }
}

static void create_and_exit(void *arg)
{
    (void)arg;
    create_or_fail(NULL);
}

/* The victim replaces a dead stream, serves two consumers, and is followed by another producer. */
static void play_with_two(void (*role)(void *), bool abandons)
{
    uint64_t messages = MESSAGES;
    struct script first = {1, 2, 0, abandons}, second = {2, 2, 0, false};
    pid_t dead = start(create_and_exit, NULL), followers[2];

    must_end(dead);
    followers[0] = start(role, &messages);
    followers[1] = start(role, &messages);
    must_end(start_victim(produce, &first));
    produce(&second);
    must_end(followers[0]);
    must_end(followers[1]);
}

static void two_followers(void)
{
    play_with_two(follow, false);
}

/* The victim sleeps before each message but the first. */
static void two_slow_followers(void)
{
    play_with_two(follow_slowly, false);
}

static void two_followers_of_an_abandoned_stream(void)
{
    play_with_two(follow, true);
}

/* One of two consumers dies with the first message in hand: the victim is reaping it. */
static void reaping(void)
{
    uint64_t messages = MESSAGES;
    struct script first = {1, 2, 0, false}, second = {2, 1, 0, false};
    pid_t follower = start(follow, &messages), doomed = start(hold_first, NULL), victim;
    bool victim_ended;

    victim = start_victim(produce, &first);
    while (!(victim_ended = has_ended(victim)) && atomic_load(&board->words[READY]) == 0)
        usleep(100);
    kill_now(doomed);
    if (!victim_ended)
        must_end(victim);
    produce(&second);
    must_end(follower);
}

/* Holds the first message until it is evicted, or the producer dies. */
static void hold_until_evicted(void *arg)
{
    struct streamx_consumer *consumer = subscribe_or_fail(STREAMX_START_NEXT);
    struct streamx_message message;

    (void)arg;
    if (streamx_take(consumer, &message, PATIENCE) == 1) {
        int end;

        while ((end = streamx_take(consumer, &message, PATIENCE)) == 1)
            ;
        must(end == -ESTALE || end == -EOWNERDEAD || end == 0);
        must(end != -ESTALE || streamx_ack(consumer, 0) == -ESTALE);
    }
    streamx_unsubscribe(consumer);
}

static void evicting(void)
{
    uint64_t messages = MESSAGES;
    struct script first = {1, 2, 20 * 1000 * 1000, false};
    struct script second = {2, 1, 20 * 1000 * 1000, false};
    pid_t follower = start(follow, &messages), holder = start(hold_until_evicted, NULL), victim;

    victim = start_victim(produce, &first);
    must_end(victim);
    produce(&second);
    must_end(follower);
    kill(holder, SIGKILL); /* it may have come too late for both, and wait for a third */
    waitpid(holder, NULL, 0);
}

/* ---- by descriptor ------------------------------------------------------------------------- */

static void put_polling(struct streamx_producer *producer, uint32_t generation, uint64_t seq)
{
    uint64_t number[2] = {generation, seq};
    int result;

    while ((result = streamx_put(producer, number, sizeof number, STREAMX_NOWAIT)) == -EAGAIN)
        await_readable(streamx_producer_fd(producer, STREAMX_ROOM));
    must(result == 0);
}

static void produce_polling(void *arg)
{
    uint32_t generation = *(uint32_t *)arg;
    struct streamx_options options = {.min_consumers = 1, .flags = STREAMX_TIMESTAMPS};
    struct streamx_producer *producer = create_or_fail(&options);

    /* A wish that no acknowledgment meets, taken back by a wait for something else. */
    must(streamx_producer_fd(producer, STREAMX_ALONE) >= 0);
    must(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT) == -EAGAIN);
    must(streamx_wait(producer, STREAMX_DRAINED, STREAMX_NOWAIT) == STREAMX_DRAINED);
    for (uint64_t seq = 1; seq <= MESSAGES; seq++)
        put_polling(producer, generation, seq);
    while (streamx_wait(producer, STREAMX_DRAINED, STREAMX_NOWAIT) == -EAGAIN)
        await_readable(streamx_producer_fd(producer, STREAMX_DRAINED));
    must(streamx_close(producer, PATIENCE) == 0);
}

/* Which finds no room for any message but the first, until it has announced that it waits. */
static void polling_producer(void)
{
    uint64_t messages = MESSAGES;
    uint32_t generations[] = {1, 2};
    pid_t follower = start(follow_slowly, &messages);

    must_end(start_victim(produce_polling, &generations[0]));
    produce_polling(&generations[1]);
    must_end(follower);
}

/* ---- bursts: nobody is asleep for so long that the full barriers end again ----------------- */

#define SINGLES 5 /* messages that wait until somebody is asleep */

static void produce_burst(void *arg)
{
    uint32_t generation = *(uint32_t *)arg;
    struct streamx_options options = {.slots = 128, .min_consumers = 1, .spin_ns = -1};
    struct streamx_producer *producer = create_or_fail(&options);

    for (uint64_t seq = 1; seq <= SINGLES + BURST; seq++) {
        while (seq <= SINGLES && !consumer_sleeps())
            usleep(100);
        must(put_number(producer, generation, seq) == 0);
    }
    atomic_store(&board->words[GOT], generation);
    must(streamx_close(producer, PATIENCE) == 0);
}

/* Holds the first message of the burst until all of it is in the ring, or the victim has died. */
static void follow_bursts(void *arg)
{
    uint32_t generation = 0;
    int end = -1;

    (void)arg;
    while (generation != 2 || end != 0) {
        struct streamx_consumer *consumer = subscribe_or_fail(STREAMX_START_NEXT);
        struct streamx_message message;
        uint64_t seq = 0;

        generation = 0;
        while ((end = streamx_next(consumer, &message, PATIENCE)) == 1) {
            check_number(&message, &generation, ++seq);
            while (seq == SINGLES + 1 && atomic_load(&board->words[GOT]) < generation &&
                   (generation == 2 || atomic_load(&board->words[7]) == 0))
                usleep(100);
        }
        must(end == 0 || end == -EOWNERDEAD);
        must(end != 0 || seq == SINGLES + BURST);
        streamx_unsubscribe(consumer);
    }
}

static void bursts(void)
{
    uint32_t generations[] = {1, 2};
    pid_t follower = start(follow_bursts, NULL);

    must_end(start_victim(produce_burst, &generations[0]));
    produce_burst(&generations[1]);
    must_end(follower);
}

/* ---- memory: a batch that needs more than the reserve, and then short ones until it is given back
 */

#define LONG_BATCH 300  /* 16 bytes each, and 8: more than a page */
#define SHORT_BATCH 100 /* less */
#define SHORT_BATCHES 12

static void put_numbers(struct streamx_producer *producer, uint32_t generation, uint64_t *seq,
                        unsigned count)
{
    uint64_t numbers[LONG_BATCH][2];
    struct iovec batch[LONG_BATCH];

    for (unsigned i = 0; i < count; i++) {
        numbers[i][0] = generation;
        numbers[i][1] = (*seq)++;
        batch[i] = (struct iovec){numbers[i], sizeof numbers[i]};
    }
    must(streamx_putv(producer, batch, count, PATIENCE) == 0);
}

static void produce_long_and_short(void *arg)
{
    struct streamx_options options = {
        .min_consumers = 1, .reserve_size = 4096, .slot_size = 65536, .spin_ns = -1};
    struct streamx_producer *producer = create_or_fail(&options);
    uint64_t seq = 1;

    put_numbers(producer, *(uint32_t *)arg, &seq, LONG_BATCH);
    for (int i = 0; i < SHORT_BATCHES; i++)
        put_numbers(producer, *(uint32_t *)arg, &seq, SHORT_BATCH);
    put_numbers(producer, *(uint32_t *)arg, &seq, LONG_BATCH);
    must(streamx_close(producer, PATIENCE) == 0);
}

static void memory_comes_and_goes(void)
{
    uint64_t messages = 2 * LONG_BATCH + SHORT_BATCHES * SHORT_BATCH;
    uint32_t generations[] = {1, 2};
    pid_t follower = start(follow, &messages);

    must_end(start_victim(produce_long_and_short, &generations[0]));
    produce_long_and_short(&generations[1]);
    must_end(follower);
}

const struct scene producer_scenes[] = {
    {"two_followers", two_followers},
    {"two_slow_followers", two_slow_followers},
    {"two_followers_of_an_abandoned_stream", two_followers_of_an_abandoned_stream},
    {"reaping", reaping},
    {"evicting", evicting},
    {"polling_producer", polling_producer},
    {"bursts", bursts},
    {"memory_comes_and_goes", memory_comes_and_goes},
    {NULL, NULL},
};
