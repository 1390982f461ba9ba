/* SPDX-License-Identifier: MIT */
/*
 * guard_fast_path WORK: the fast path and nothing else, for instructions.sh to count. Producer and
 * consumer are in this one process, and nothing ever waits: half the ring is filled, then emptied.
 *
 *   next    put, next                 batch   putv of 8, next by call
 *   take    put, take, ack            whole   putv of 16, take_parts, ack
 *   loan    loan, publish, next       uneven  putv of 8 of 8 to 32 bytes, next
 *   inline  putv of 8, next as a program has it
 *   lengths put of 8 to 32 bytes by turns, next
 *   fill    put that may wait, into a deep ring of which nothing has been acknowledged; then next
 *   spin    the same, into one of 16 slots, of which half are found free at a time
 *   shared  put into a stream to which others may come, next
 *
 * Other values have 32 bytes, other rings 64 slots. Ends with 0 if every value came through; 77 if
 * this build is not the one whose instructions are counted.
 */
#define STREAMX_NO_INLINE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fast_path.h"

#define SLOTS 64
#define SLOTS_DEEP 8192
#define SLOTS_SHALLOW 16
#define CALLS 6400
#define BATCH 8
#define WHOLE 16

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

static void put_patiently(void)
{
    uint64_t value[4] = {++sent};

    check(streamx_put(producer, value, sizeof value, STREAMX_FOREVER) == 0, "put");
}

static size_t length_of(uint64_t number)
{
    return 8 + number % 4 * 8;
}

static void put_length(void)
{
    uint64_t value[4] = {++sent};

    check(streamx_put(producer, value, length_of(sent), STREAMX_NOWAIT) == 0, "put");
}

static void put_values(unsigned n)
{
    uint64_t values[WHOLE][4];
    struct iovec messages[WHOLE];

    for (unsigned i = 0; i < n; i++) {
        values[i][0] = ++sent;
        messages[i] = (struct iovec){values[i], sizeof values[i]};
    }
    check(streamx_putv(producer, messages, n, STREAMX_NOWAIT) == 0, "putv");
}

static void put_batch(void)
{
    put_values(BATCH);
}

static void put_whole(void)
{
    put_values(WHOLE);
}

static void put_uneven(void)
{
    uint64_t values[BATCH][4];
    struct iovec messages[BATCH];

    for (unsigned i = 0; i < BATCH; i++) {
        values[i][0] = ++sent;
        messages[i] = (struct iovec){values[i], length_of(sent)};
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

static void next_inlined(void)
{
    struct streamx_message message;

    check(next_in_line(consumer, &message) == 1, "next");
    check_value(&message);
}

static void next_length(void)
{
    struct streamx_message message;

    check(streamx_next(consumer, &message, STREAMX_NOWAIT) == 1, "next");
    check(message.seq == ++received && message.len == length_of(received), "the next value");
}

static void take(void)
{
    struct streamx_message message;

    check(streamx_take(consumer, &message, STREAMX_NOWAIT) == 1, "take");
    check_value(&message);
    check(streamx_ack(consumer, 0) == 0, "ack");
}

static void take_whole(void)
{
    struct streamx_parts parts;

    check(streamx_take_parts(consumer, &parts, WHOLE, STREAMX_NOWAIT) == 1, "take_parts");
    check(parts.count == WHOLE && parts.first.seq == received + 1, "the next batch");
    received += WHOLE;
    check(streamx_ack(consumer, 0) == 0, "ack");
}

static const struct work {
    const char *name;
    void (*send)(void);
    void (*receive)(void);
    unsigned receipts; /* for each that is sent */
    uint32_t slots, at_once;
    uint32_t flags;
} works[] = {
    {"next", put, next, 1, SLOTS, SLOTS / 2, 0},
    {"take", put, take, 1, SLOTS, SLOTS / 2, 0},
    {"batch", put_batch, next, BATCH, SLOTS, SLOTS / 2, 0},
    {"inline", put_batch, next_inlined, BATCH, SLOTS, SLOTS / 2, 0},
    {"single", put, next_inlined, 1, SLOTS, SLOTS / 2, 0},
    {"uneven", put_uneven, next_length, BATCH, SLOTS, SLOTS / 2, 0},
    {"whole", put_whole, take_whole, 1, SLOTS, SLOTS / 2, 0},
    {"loan", put_loan, next, 1, SLOTS, SLOTS / 2, 0},
    {"lengths", put_length, next_length, 1, SLOTS, SLOTS / 2, 0},
    {"fill", put_patiently, next, 1, SLOTS_DEEP, CALLS, 0},
    {"spin", put_patiently, next, 1, SLOTS_SHALLOW, SLOTS_SHALLOW / 2, 0},
    {"shared", put, next, 1, SLOTS, SLOTS / 2, STREAMX_SHARED},
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
    struct streamx_options options = {.slot_size = WHOLE * 40};
    const struct work *work = find(argc > 1 ? argv[1] : NULL);

    if (!counted())
        return 77;
    check(work, "usage: guard_fast_path next|take|batch|inline|uneven|whole|loan|lengths|fill|spin|"
                "shared");
    options.slots = work->slots;
    options.flags = work->flags;
    check(streamx_create(&producer, "guard", &options) == 0, "create");
    check(streamx_subscribe(&consumer, "guard", NULL, STREAMX_NOWAIT) == 0, "subscribe");
    for (uint32_t calls = 0; calls < CALLS; calls += work->at_once) {
        for (uint32_t i = 0; i < work->at_once; i++)
            work->send();
        for (uint32_t i = 0; i < work->at_once * work->receipts; i++)
            work->receive();
    }
    check(sent == received, "all values");
    check(streamx_ack(consumer, 0) == 0, "the last ack");
    check(streamx_close(producer, STREAMX_NOWAIT) == 0, "close");
    streamx_unsubscribe(consumer);
    return EXIT_SUCCESS;
}
