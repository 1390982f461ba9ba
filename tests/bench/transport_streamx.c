/* SPDX-License-Identifier: MIT */
/*
 * streamx itself. The sender's stream waits for all receivers before its first value; replies come
 * by a second stream, of the receiver's.
 *
 * With one slot, put returns when the value before has been acknowledged: lock-step.
 */
#include <limits.h>
#include <string.h>

#include <streamx.h>

#include "loops.h"

#define BATCH_MOST 1024u

/* One end of a stream, and what sends through it or receives from it. */
struct end {
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    struct iovec messages[BATCH_MOST];
    unsigned batch;
};

static int64_t spin_ns(const struct entry *entry)
{
    static const int64_t spin[] = {[SPINNING] = 1000000000, [PARKED] = -1, [TUNED] = 0};

    return spin[entry->waiting];
}

static void create(struct end *end, const struct entry *entry, const char *name, unsigned consumers)
{
    size_t bytes = entry->batch * entry->payload + (entry->batch > 1 ? 8 * entry->batch : 0);
    const struct streamx_options options = {
        .slots = entry->slots,
        .slot_size = (uint32_t)bytes,
        .max_consumers = consumers,
        .min_consumers = consumers,
        .flags = entry->transport == &transport_shared ? STREAMX_SHARED : 0,
        .spin_ns = spin_ns(entry)};

    must(streamx_create(&end->producer, name, &options), "streamx_create");
    end->batch = entry->batch;
}

static void subscribe(struct end *end, const struct entry *entry, const char *name)
{
    const struct streamx_subscribe_options options = {.spin_ns = spin_ns(entry)};

    must(streamx_subscribe(&end->consumer, name, &options, STREAMX_FOREVER), "streamx_subscribe");
}

INLINE void send_one(void *context, const void *data, size_t bytes)
{
    struct end *end = context;

    must(streamx_put(end->producer, data, bytes, STREAMX_FOREVER), "streamx_put");
}

INLINE void send_batch(void *context, const void *data, size_t bytes)
{
    struct end *end = context;

    if (end->messages[0].iov_len == 0)
        for (unsigned i = 0; i < end->batch; i++)
            end->messages[i] = (struct iovec){(unsigned char *)(uintptr_t)data + i * bytes, bytes};
    must(streamx_putv(end->producer, end->messages, end->batch, STREAMX_FOREVER), "streamx_putv");
}

INLINE void *loan(void *context)
{
    struct end *end = context;
    size_t capacity;
    void *data;

    must(streamx_loan(end->producer, &data, &capacity, STREAMX_FOREVER), "streamx_loan");
    return data;
}

INLINE void publish(void *context, const void *data, size_t bytes)
{
    struct end *end = context;

    (void)data;
    must(streamx_publish(end->producer, bytes), "streamx_publish");
}

INLINE size_t receive(void *context, const void **data)
{
    struct end *end = context;
    struct streamx_message message;
    int got = streamx_next(end->consumer, &message, STREAMX_FOREVER);

    if (__builtin_expect(got != 1, 0))
        must(got < 0 ? got : -1, "streamx_next");
    *data = message.data;
    return message.len;
}

/* The batch that is being read, and what is left of it. */
struct open_batch {
    struct streamx_consumer *consumer;
    const unsigned char *base;
    const uint32_t *ends; /* of the values behind the next one */
    uint32_t start, end;  /* of the next one */
    unsigned left;
};

INLINE void take_batch(struct open_batch *open)
{
    struct streamx_parts parts;
    int got = streamx_ack(open->consumer, 0);

    if (got == 0)
        got = streamx_take_parts(open->consumer, &parts, UINT_MAX, STREAMX_FOREVER);
    if (__builtin_expect(got != 1, 0))
        must(got < 0 ? got : -1, "streamx_take_parts");
    open->base = parts.base;
    open->ends = parts.ends;
    open->start = 0;
    open->end = (uint32_t)parts.first.len;
    open->left = parts.count;
}

INLINE size_t receive_from_batch(void *context, const void **data)
{
    struct open_batch *open = context;
    uint32_t start;

    if (open->left == 0)
        take_batch(open);
    start = open->start;
    *data = open->base + start;
    open->start = open->end;
    if (--open->left > 0)
        open->end = *open->ends++;
    return open->start - start;
}

/* Acknowledges the last value, after which there is nothing but the end. */
static void await_end(struct end *end)
{
    struct streamx_message message;

    if (streamx_next(end->consumer, &message, STREAMX_FOREVER) != 0)
        wrong("the stream does not end after its last value");
}

static void play_sender(struct role *role)
{
    const struct entry *entry = role->entry;
    static struct end there, back;

    create(&there, entry, "there", entry->consumers);
    if (entry->kind == ECHO)
        subscribe(&back, entry, "back");
    role_begin(role);
    if (entry->kind == ECHO)
        send_values(role, &there, send_one, NULL, receive, &back);
    else if (entry->way == LOANED)
        send_values(role, &there, publish, loan, NULL, NULL);
    else if (entry->batch > 1)
        send_values(role, &there, send_batch, NULL, NULL, NULL);
    else
        send_values(role, &there, send_one, NULL, NULL, NULL);
    if (entry->kind == ECHO)
        must(streamx_ack(back.consumer, 0), "streamx_ack");
    streamx_unsubscribe(back.consumer);
    must(streamx_close(there.producer, STREAMX_FOREVER), "streamx_close");
}

static void play_receiver(struct role *role)
{
    const struct entry *entry = role->entry;
    static struct end there, back;
    struct open_batch batch = {0};

    if (entry->kind == ECHO)
        create(&back, entry, "back", 1);
    subscribe(&there, entry, "there");
    batch.consumer = there.consumer;
    role_ready(role);
    if (entry->kind == ECHO)
        receive_values(role, &there, receive, send_one, &back);
    else if (entry->way == WHOLE)
        receive_values(role, &batch, receive_from_batch, NULL, NULL);
    else
        receive_values(role, &there, receive, NULL, NULL);
    await_end(&there);
    streamx_unsubscribe(there.consumer);
    if (entry->kind == ECHO)
        must(streamx_close(back.producer, STREAMX_FOREVER), "streamx_close");
}

static void clean(struct entry *entry)
{
    (void)entry;
    streamx_remove("there", STREAMX_FORCE);
    streamx_remove("back", STREAMX_FORCE);
}

#define PLAYED_BY_STREAMX                                                                          \
    .spins = true, .payload_most = 1u << 30, .consumers_most = CONSUMERS_MOST,                     \
    .send = play_sender, .receive = play_receiver, .clean = clean

const struct transport transport_streamx = {.name = "streamx", PLAYED_BY_STREAMX};

/* A stream that others may come in to, and nobody does. */
const struct transport transport_shared = {.name = "shared", PLAYED_BY_STREAMX};
