/* SPDX-License-Identifier: MIT */
/*
 * The producer of one generation: puts values in every way there is until it is told to end, or is
 * killed. Before each put the board says what is about to be published, afterwards what was.
 */
#include "torture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_MAX 8u

static struct streamx_producer *producer;
static struct generation *self;
static uint32_t number;
static uint64_t last; /* the last seq that was put */

void type_of(char type[32], uint32_t generation)
{
    snprintf(type, 32, "generation %u", generation);
}

static void create(void)
{
    char type[32];
    struct streamx_options options = {
        .slots = board->options.slots,
        .slot_size = SLOT_SIZE,
        .max_consumers = 16,
        .evict_after_ns = board->options.evict_ns,
        .spin_ns = one_in(2) ? 0 : -1,
        .type = type,
    };
    int result;

    type_of(type, number);
    /* Somebody who was stopped while removing the last name may hold us up. */
    do
        result = streamx_create(&producer, STREAM, &options);
    while (result == -EBUSY);
    if (result != 0)
        fail("create: %s", strerror(-result));
}

/* Carries out one call until it succeeds, without and with a little patience first. */
static void retry(int (*call)(int64_t timeout_ns), const char *what)
{
    int64_t begin_ns = now_ns();
    int result;

    if (one_in(8) && (result = call(STREAMX_NOWAIT)) != -EAGAIN)
        goto done;
    if (one_in(8) && (result = call((int64_t)random_below(200000))) != -ETIMEDOUT &&
        result != -EAGAIN)
        goto done;
    result = call(PATIENCE_NS);
done:
    raise_time(&board->longest_put_ns, begin_ns);
    if (result != 0)
        fail("%s of %llu: %s", what, (unsigned long long)last + 1, strerror(-result));
}

static unsigned char bytes[SLOT_SIZE];

static int put(int64_t timeout_ns)
{
    return streamx_put(producer, bytes, payload_length(number, last + 1), timeout_ns);
}

static void put_one(void)
{
    payload_fill(bytes, number, last + 1);
    atomic_store(&self->putting, last + 1);
    retry(put, "put");
    atomic_store(&self->put, ++last);
}

static struct iovec batch[BATCH_MAX];
static unsigned batch_count;

static int putv(int64_t timeout_ns)
{
    return streamx_putv(producer, batch, batch_count, timeout_ns);
}

/* As many of the next values as were drawn, and as fit. */
static void fill_batch(void)
{
    unsigned most = 1 + (unsigned)random_below(BATCH_MAX);
    size_t used = 0;

    for (batch_count = 0; batch_count < most; batch_count++) {
        uint64_t seq = last + 1 + batch_count;
        size_t length = payload_length(number, seq);

        if (batch_count > 0 && used + length + 8 * (batch_count + 1) > SLOT_SIZE)
            return;
        payload_fill(bytes + used, number, seq);
        batch[batch_count] = (struct iovec){bytes + used, length};
        used += length;
    }
}

static void put_batch(void)
{
    fill_batch();
    atomic_store(&self->putting, last + batch_count);
    retry(putv, "putv");
    last += batch_count;
    atomic_store(&self->put, last);
}

static void *loan;

static int borrow(int64_t timeout_ns)
{
    size_t capacity;

    return streamx_loan(producer, &loan, &capacity, timeout_ns);
}

static void lend_one(void)
{
    int result;

    atomic_store(&self->putting, last + 1);
    retry(borrow, "loan");
    payload_fill(loan, number, last + 1);
    if (one_in(8)) {
        streamx_discard(producer);
        return;
    }
    result = streamx_publish(producer, payload_length(number, last + 1));
    if (result != 0)
        fail("publish: %s", strerror(-result));
    atomic_store(&self->put, ++last);
}

static void await_steady(void)
{
    while (!board->options.relay && !atomic_load(&self->steady_attached) &&
           atomic_load(&self->order) == GO_ON)
        sleep_ns(100000);
}

static _Noreturn void end(void)
{
    int64_t begin_ns = now_ns();
    int result = 0;

    if (atomic_load(&self->order) == CLOSE) {
        result = streamx_close(producer, PATIENCE_NS);
        raise_time(&board->longest_put_ns, begin_ns);
        if (result != 0)
            fail("close after %llu values: %s", (unsigned long long)last, strerror(-result));
        if (atomic_load(&self->acking) < last)
            fail("closed after %llu values, of which %llu were acknowledged",
                 (unsigned long long)last, (unsigned long long)atomic_load(&self->acking));
        atomic_store(&self->closed, true);
    } else {
        streamx_abandon(producer);
    }
    _exit(EXIT_SUCCESS);
}

void produce(uint32_t generation)
{
    static void (*const ways[])(void) = {put_one, put_one, put_batch, lend_one};

    number = generation;
    self = generation_at(generation);
    create();
    await_steady();
    while (atomic_load(&self->order) == GO_ON) {
        ways[random_below(sizeof ways / sizeof ways[0])]();
        if (one_in(500))
            sleep_ns((int64_t)random_below(2000000));
    }
    end();
}
