/* SPDX-License-Identifier: MIT */
/*
 * Publications of all kinds, mixed: the stream's counts, where it is full, and what a consumer gets
 * are what a model of it says, whatever came before; also for a successor.
 */
#include "streams.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_SIZE 512
#define SLOTS_MOST 8
#define BATCH_MOST 6
#define LENGTH_MOST 40
#define MESSAGES_MOST 4096
#define STEPS 500

/* What the stream must be. */
struct model {
    uint32_t slots;
    uint64_t publications, messages, bytes;
    uint64_t last_of[STEPS + 1];             /* by publication */
    unsigned char length[MESSAGES_MOST + 1]; /* by seq; its content follows from the seq */
    uint64_t acknowledged, taken;
    unsigned alike; /* so many publications more will be like the last one */
};

/* One publication that is about to be made. */
struct batch {
    unsigned count, gap;
    unsigned length[BATCH_MOST];
};

static void fill(unsigned char *message, uint64_t seq, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        message[i] = (unsigned char)(seq * 7 + i);
}

static struct batch choose(struct model *model)
{
    static struct batch batch;
    bool alike = lrand48() % 2, single = lrand48() % 2;
    unsigned length = (unsigned)(lrand48() % 3) * 8;

    if (model->alike > 0) {
        model->alike--;
        return batch;
    }
    if (alike && lrand48() % 4 == 0) /* now and then for more than a lap */
        model->alike = 2 * model->slots;
    batch = (struct batch){.count = 1 + (unsigned)(lrand48() % BATCH_MOST)};
    if (single)
        batch.count = 1;
    for (unsigned i = 0; i < batch.count; i++)
        batch.length[i] = alike ? length : (unsigned)(lrand48() % LENGTH_MOST);
    return batch;
}

static bool is_full(const struct model *model)
{
    return model->publications >= model->slots &&
           model->last_of[model->publications + 1 - model->slots] > model->acknowledged;
}

static void note(struct model *model, const struct batch *batch)
{
    for (unsigned i = 0; i < batch->count; i++) {
        model->length[++model->messages] = (unsigned char)batch->length[i];
        model->bytes += batch->length[i];
    }
    model->last_of[++model->publications] = model->messages;
}

static int put_it(struct streamx_producer *producer, const struct batch *batch, uint64_t seq)
{
    unsigned char content[BATCH_MOST * LENGTH_MOST], *place = content;
    struct iovec messages[BATCH_MOST];
    bool together = lrand48() % 2;

    for (unsigned i = 0; i < batch->count; i++) {
        fill(place, seq + i, batch->length[i]);
        messages[i] = (struct iovec){place, batch->length[i]};
        place += together ? batch->length[i] : LENGTH_MOST;
    }
    if (batch->count == 1 && lrand48() % 2)
        return streamx_put(producer, content, batch->length[0], STREAMX_NOWAIT);
    return streamx_putv(producer, messages, batch->count, STREAMX_NOWAIT);
}

static int loan_it(struct streamx_producer *producer, struct batch *batch, uint64_t seq)
{
    uint32_t ends[BATCH_MOST], at = 0;
    size_t capacity;
    void *data;
    int failed = streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT);

    if (failed)
        return failed;
    if (batch->count == 1 && lrand48() % 2) {
        fill(data, seq, batch->length[0]);
        return streamx_publish(producer, batch->length[0]);
    }
    batch->gap = (unsigned)(lrand48() % 3);
    for (unsigned i = 0; i < batch->count; i++) {
        fill((unsigned char *)data + at, seq + i, batch->length[i]);
        ends[i] = at + batch->length[i];
        at = ends[i] + batch->gap;
    }
    return streamx_publish_parts(producer, ends, batch->count, batch->gap);
}

/* Whatever a loan leaves in its slot, nobody sees it. */
static void scribble(struct streamx_producer *producer)
{
    size_t capacity;
    void *data;

    if (streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT) != 0)
        return;
    memset(data, (int)lrand48(), capacity);
    streamx_discard(producer);
}

static void publish(struct streamx_producer *producer, struct model *model)
{
    struct batch batch = choose(model);
    uint64_t seq = model->messages + 1;
    int result;

    if (lrand48() % 16 == 0)
        scribble(producer);
    result = model->alike > 0 || lrand48() % 2 ? put_it(producer, &batch, seq)
                                               : loan_it(producer, &batch, seq);

    ck_assert_int_eq(result, is_full(model) ? -EAGAIN : 0);
    if (result == 0)
        note(model, &batch);
}

static void expect(struct model *model, const void *data, size_t length)
{
    unsigned char content[LENGTH_MOST];
    uint64_t seq = ++model->taken;

    ck_assert_uint_eq(length, model->length[seq]);
    fill(content, seq, (unsigned)length);
    ck_assert(memcmp(data, content, length) == 0);
}

static void take_one(struct streamx_consumer *consumer, struct model *model)
{
    struct streamx_message message;
    bool next = lrand48() % 2;
    int found = next ? streamx_next(consumer, &message, STREAMX_NOWAIT)
                     : streamx_take(consumer, &message, STREAMX_NOWAIT);

    if (next)
        model->acknowledged = model->taken;
    ck_assert_int_eq(found, model->taken < model->messages ? 1 : -EAGAIN);
    if (found == 1)
        expect(model, message.data, message.len);
}

static void take_run(struct streamx_consumer *consumer, struct model *model)
{
    unsigned most = 1 + (unsigned)(lrand48() % BATCH_MOST);
    struct streamx_parts parts;
    int found = streamx_take_parts(consumer, &parts, most, STREAMX_NOWAIT);
    uint32_t start;

    ck_assert_int_eq(found, model->taken < model->messages ? 1 : -EAGAIN);
    if (found != 1)
        return;
    ck_assert_uint_le(parts.count, most);
    expect(model, parts.first.data, parts.first.len);
    if (parts.count == 1)
        return;
    start = (uint32_t)((const char *)parts.first.data - (const char *)parts.base +
                       (ptrdiff_t)parts.first.len) +
            parts.gap;
    for (unsigned i = 0; i + 1 < parts.count; i++) {
        expect(model, (const char *)parts.base + start, parts.ends[i] - start);
        start = parts.ends[i] + parts.gap;
    }
    ck_assert_uint_eq(parts.bytes, parts.ends[parts.count - 2]);
}

static void acknowledge(struct streamx_consumer *consumer, struct model *model)
{
    uint64_t seq = model->acknowledged;

    if (seq < model->taken)
        seq += 1 + (uint64_t)lrand48() % (model->taken - seq);
    if (seq == 0)
        return;
    ck_assert_int_eq(streamx_ack(consumer, seq), 0);
    model->acknowledged = seq;
}

static void compare(const struct model *model)
{
    struct streamx_info info = look("s");

    ck_assert_uint_eq(info.publications, model->publications);
    ck_assert_uint_eq(info.published, model->messages);
    ck_assert_uint_eq(info.bytes, model->bytes);
    ck_assert_uint_eq(info.acknowledged, model->acknowledged);
}

static void play(uint32_t slots, long seed, uint32_t flags)
{
    const struct streamx_options options = {
        .slots = slots, .slot_size = SLOT_SIZE, .flags = STREAMX_RESUME | flags};
    const struct streamx_subscribe_options patient = {.flags = STREAMX_PATIENT};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *consumer;
    struct model model = {.slots = slots};

    srand48(seed);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", &patient, PATIENCE), 0);
    for (int step = 0; step < STEPS && model.messages + BATCH_MOST <= MESSAGES_MOST; step++) {
        long what = lrand48() % 64;

        if (what == 0) {
            streamx_abandon(producer);
            producer = make_stream("s", &options);
        } else if (what < 28) {
            publish(producer, &model);
        } else if (what < 48) {
            take_one(consumer, &model);
        } else if (what < 56) {
            take_run(consumer, &model);
        } else {
            acknowledge(consumer, &model);
        }
        compare(&model);
    }
    streamx_unsubscribe(consumer);
    streamx_close(producer, STREAMX_NOWAIT);
}

START_TEST(a_mix_is_what_the_model_says)
{
    for (uint32_t slots = 1; slots <= SLOTS_MOST; slots++)
        for (long seed = 1; seed <= 4; seed++)
            play(slots, 100 * slots + seed, seed % 4 == 0 ? STREAMX_SHARED : 0);
}
END_TEST

/* Long series, and a change at each place of the ring. */
START_TEST(a_change_after_a_long_series_is_told)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumer = join("s");
    uint64_t seq = 0, bytes = 0;

    for (unsigned run = 1; run < 20; run++) {
        for (unsigned i = 0; i < run; i++) {
            put_text(producer, "alike");
            next_text(consumer, ++seq, "alike");
            bytes += 5;
            ck_assert_uint_eq(look("s").bytes, bytes);
            ck_assert_uint_eq(look("s").published, seq);
        }
        PUT_BATCH(producer, "a", "b");
        next_text(consumer, ++seq, "a");
        next_text(consumer, ++seq, "b");
        put_text(producer, "other one");
        next_text(consumer, ++seq, "other one");
        bytes += 11;
        ck_assert_uint_eq(look("s").bytes, bytes);
        ck_assert_uint_eq(look("s").published, seq);
    }
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}
END_TEST

/* By a consumer that comes for it. */
static void drain_all(struct streamx_producer *producer)
{
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    while (streamx_next(consumer, &message, STREAMX_NOWAIT) == 1)
        ;
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_drain(producer, PATIENCE), 0);
}

static void put_two(struct streamx_producer *producer, unsigned a, unsigned b)
{
    const struct iovec two[2] = {{(void *)"12345678", a}, {(void *)"12345678", b}};

    ck_assert_int_eq(streamx_putv(producer, two, 2, STREAMX_NOWAIT), 0);
}

/* A gap takes as much of the slot as a longer message would. */
START_TEST(gaps_do_not_count_in_whatever_they_are_mixed_with)
{
    struct streamx_producer *producer = make_ring("s", 8);
    size_t capacity;
    void *data;

    for (uint64_t bytes = 0; bytes < 4 * 44;) {
        put_two(producer, 4, 5);
        ck_assert_uint_eq(look("s").bytes, bytes += 9);
        put_two(producer, 4, 5);
        ck_assert_uint_eq(look("s").bytes, bytes += 9);
        ck_assert_int_eq(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT), 0);
        memset(data, 'x', 9);
        ck_assert_int_eq(streamx_publish_parts(producer, (const uint32_t[]){4, 9}, 2, 1), 0);
        ck_assert_uint_eq(look("s").bytes, bytes += 8);
        put_two(producer, 4, 5);
        ck_assert_uint_eq(look("s").bytes, bytes += 9);
        put_two(producer, 4, 5);
        ck_assert_uint_eq(look("s").bytes, bytes += 9);
        drain_all(producer);
    }
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS("series", a_mix_is_what_the_model_says, a_change_after_a_long_series_is_told,
                     gaps_do_not_count_in_whatever_they_are_mixed_with);
}
