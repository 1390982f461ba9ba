/* SPDX-License-Identifier: MIT */
/*
 * Shorthand over the public interface; see streams.h.
 */
#include "streams.h"

#include <string.h>
#include <unistd.h>

struct streamx_producer *make_stream(const char *name, const struct streamx_options *options)
{
    struct streamx_producer *producer = NULL;

    ck_assert_int_eq(streamx_create(&producer, name, options), 0);
    ck_assert_ptr_nonnull(producer);
    return producer;
}

struct streamx_producer *make_ring(const char *name, uint32_t slots)
{
    return make_stream(name, &(struct streamx_options){.slots = slots});
}

struct streamx_consumer *join_at(const char *name, uint32_t start)
{
    const struct streamx_subscribe_options options = {.start = start};
    struct streamx_consumer *consumer = NULL;

    ck_assert_int_eq(streamx_subscribe(&consumer, name, &options, PATIENCE), 0);
    ck_assert_ptr_nonnull(consumer);
    return consumer;
}

struct streamx_consumer *join(const char *name)
{
    return join_at(name, STREAMX_START_NEXT);
}

void put_text(struct streamx_producer *producer, const char *text)
{
    ck_assert_int_eq(streamx_put(producer, text, strlen(text), PATIENCE), 0);
}

void put_batch(struct streamx_producer *producer, const char *const *texts)
{
    struct iovec messages[32];
    unsigned n = 0;

    for (; texts[n]; n++) {
        ck_assert_uint_lt(n, 32);
        messages[n] = (struct iovec){(void *)(uintptr_t)texts[n], strlen(texts[n])};
    }
    ck_assert_int_eq(streamx_putv(producer, messages, n, PATIENCE), 0);
}

int try_put(struct streamx_producer *producer)
{
    return streamx_put(producer, "x", 1, STREAMX_NOWAIT);
}

static void expect(const struct streamx_message *message, uint64_t seq, const char *text)
{
    ck_assert_uint_eq(message->seq, seq);
    ck_assert_uint_eq(message->len, strlen(text));
    ck_assert_mem_eq(message->data, text, strlen(text));
}

void take_text(struct streamx_consumer *consumer, uint64_t seq, const char *text)
{
    struct streamx_message message;

    ck_assert_int_eq(streamx_take(consumer, &message, PATIENCE), 1);
    expect(&message, seq, text);
}

void next_text(struct streamx_consumer *consumer, uint64_t seq, const char *text)
{
    struct streamx_message message;

    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), 1);
    expect(&message, seq, text);
}

void ack_all(struct streamx_consumer *consumer)
{
    ck_assert_int_eq(streamx_ack(consumer, 0), 0);
}

int try_take(struct streamx_consumer *consumer)
{
    struct streamx_message message;

    return streamx_take(consumer, &message, STREAMX_NOWAIT);
}

int try_next(struct streamx_consumer *consumer)
{
    struct streamx_message message;

    return streamx_next(consumer, &message, STREAMX_NOWAIT);
}

struct streamx_info look(const char *name)
{
    struct streamx_info info;

    ck_assert_int_eq(streamx_inspect(name, &info, sizeof info), 0);
    return info;
}

bool waits_for(const char *name, uint64_t seq)
{
    return look(name).waiting_for == seq;
}

bool name_exists(const char *name)
{
    return access(stream_path(name), F_OK) == 0;
}
