/* SPDX-License-Identifier: MIT */
/*
 * guard_fast_path WORK: the fast path and nothing else, for instructions.sh to count. Producer and
 * consumer are in this one process, and nothing ever waits: half the ring is filled, then emptied.
 *
 *   next    put, next                 batch   putv of 8, next
 *   take    put, take, ack            loan    loan, publish, next
 *
 * Values have 32 bytes, the ring 64 slots. Ends with 0 if every value came through; 77 if this
 * build is not the one whose instructions are counted.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <streamx.h>

#define SLOTS 64
#define AT_ONCE (SLOTS / 2)
#define LAPS 100
#define BATCH 8

static struct streamx_producer *producer;
static struct streamx_consumer *consumer;
static uint64_t sent, received;

static void check(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "guard_fast_path: %s\n", what);
    exit(EXIT_FAILURE);
}

static void put(void)
{
    uint64_t value[4] = {++sent};

    check(streamx_put(producer, value, sizeof value, STREAMX_NOWAIT) == 0, "put");
}

static void put_batch(void)
{
    uint64_t values[BATCH][4];
    struct iovec messages[BATCH];

    for (unsigned i = 0; i < BATCH; i++) {
        values[i][0] = ++sent;
        messages[i] = (struct iovec){values[i], sizeof values[i]};
    }
    check(streamx_putv(producer, messages, BATCH, STREAMX_NOWAIT) == 0, "putv");
}

static void put_loan(void)
{
    size_t capacity;
    void *data;

    check(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT) == 0, "loan");
    memset(data, 0, 4 * sizeof sent);
    memcpy(data, &(uint64_t){++sent}, sizeof sent);
    check(streamx_publish(producer, 4 * sizeof sent) == 0, "publish");
}

static void check_value(const struct streamx_message *message)
{
    check(message->len == 4 * sizeof sent && message->seq == ++received, "the next value");
    check(memcmp(message->data, &received, sizeof received) == 0, "its content");
}

static void next(void)
{
    struct streamx_message message;

    check(streamx_next(consumer, &message, STREAMX_NOWAIT) == 1, "next");
    check_value(&message);
}

static void take(void)
{
    struct streamx_message message;

    check(streamx_take(consumer, &message, STREAMX_NOWAIT) == 1, "take");
    check_value(&message);
    check(streamx_ack(consumer, 0) == 0, "ack");
}

static const struct work {
    const char *name;
    void (*send)(void);
    void (*receive)(void);
    unsigned batch;
} works[] = {
    {"next", put, next, 1},
    {"take", put, take, 1},
    {"batch", put_batch, next, BATCH},
    {"loan", put_loan, next, 1},
};

static const struct work *find(const char *name)
{
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        if (name && strcmp(works[i].name, name) == 0)
            return &works[i];
    return NULL;
}

static bool counted(void)
{
#if defined(GUARD_COUNTED) && defined(__x86_64__)
    return true;
#else
    return false;
#endif
}

int main(int argc, char **argv)
{
    const struct streamx_options options = {.slots = SLOTS, .slot_size = BATCH * 40};
    const struct work *work = find(argc > 1 ? argv[1] : NULL);

    if (!counted())
        return 77;
    check(work, "usage: guard_fast_path next|take|batch|loan");
    check(streamx_create(&producer, "guard", &options) == 0, "create");
    check(streamx_subscribe(&consumer, "guard", NULL, STREAMX_NOWAIT) == 0, "subscribe");
    for (int half = 0; half < 2 * LAPS; half++) {
        for (int i = 0; i < AT_ONCE; i++)
            work->send();
        for (unsigned i = 0; i < AT_ONCE * work->batch; i++)
            work->receive();
    }
    check(sent == received, "all values");
    check(streamx_ack(consumer, 0) == 0, "the last ack");
    check(streamx_close(producer, STREAMX_NOWAIT) == 0, "close");
    streamx_unsubscribe(consumer);
    return EXIT_SUCCESS;
}
