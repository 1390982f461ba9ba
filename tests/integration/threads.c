/* SPDX-License-Identifier: MIT */
/*
 * Both sides in one process, each handle on a thread of its own: the same contract, and a program
 * that the thread sanitizer can judge.
 */
#include "streams.h"

#include <pthread.h>
#include <string.h>

enum { VALUES = 4000, CONSUMERS = 3, WORDS = 8 };

/* What a consumer thread found; checked by the main thread afterwards. */
struct reader {
    struct streamx_consumer *consumer;
    pthread_t thread;
    uint64_t count, wrong;
    int end;
};

static uint64_t word(uint64_t seq, unsigned i)
{
    return seq * 0x9e3779b97f4a7c15u + i;
}

static void *read_all(void *arg)
{
    struct reader *reader = arg;
    struct streamx_message message;

    while ((reader->end = streamx_next(reader->consumer, &message, PATIENCE)) == 1) {
        uint64_t value[WORDS];

        reader->count++;
        reader->wrong += message.seq != reader->count || message.len != sizeof value;
        if (message.len != sizeof value)
            continue;
        memcpy(value, message.data, sizeof value);
        for (unsigned i = 0; i < WORDS; i++)
            reader->wrong += value[i] != word(reader->count, i);
    }
    return NULL;
}

static void start_readers(struct reader readers[CONSUMERS])
{
    for (int i = 0; i < CONSUMERS; i++) {
        readers[i] = (struct reader){.consumer = join("s")};
        ck_assert_int_eq(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]), 0);
    }
}

static void check_readers(struct reader readers[CONSUMERS])
{
    for (int i = 0; i < CONSUMERS; i++) {
        ck_assert_int_eq(pthread_join(readers[i].thread, NULL), 0);
        ck_assert_int_eq(readers[i].end, 0);
        ck_assert_uint_eq(readers[i].count, VALUES);
        ck_assert_uint_eq(readers[i].wrong, 0);
        streamx_unsubscribe(readers[i].consumer);
    }
}

static void fill(uint64_t value[WORDS], uint64_t seq)
{
    for (unsigned i = 0; i < WORDS; i++)
        value[i] = word(seq, i);
}

static void put_one(struct streamx_producer *producer, uint64_t seq)
{
    uint64_t value[WORDS];

    fill(value, seq);
    ck_assert_int_eq(streamx_put(producer, value, sizeof value, PATIENCE), 0);
}

static void put_four(struct streamx_producer *producer, uint64_t seq)
{
    uint64_t values[4][WORDS];
    struct iovec messages[4];

    for (unsigned i = 0; i < 4; i++) {
        fill(values[i], seq + i);
        messages[i] = (struct iovec){values[i], sizeof values[i]};
    }
    ck_assert_int_eq(streamx_putv(producer, messages, 4, PATIENCE), 0);
}

static void lend_one(struct streamx_producer *producer, uint64_t seq)
{
    size_t capacity;
    void *data;

    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, PATIENCE), 0);
    fill(data, seq);
    ck_assert_int_eq(streamx_publish(producer, WORDS * sizeof(uint64_t)), 0);
}

static void stream_through(const struct streamx_options *options,
                           void (*put)(struct streamx_producer *, uint64_t seq), uint64_t step)
{
    struct streamx_producer *producer = make_stream("s", options);
    struct reader readers[CONSUMERS];

    start_readers(readers);
    for (uint64_t seq = 1; seq <= VALUES; seq += step)
        put(producer, seq);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    check_readers(readers);
}

START_TEST(one_slot_between_threads)
{
    stream_through(NULL, put_one, 1);
}
END_TEST

START_TEST(ring_between_threads)
{
    stream_through(&(struct streamx_options){.slots = 64, .slot_size = 64}, put_one, 1);
}
END_TEST

START_TEST(batches_between_threads)
{
    stream_through(&(struct streamx_options){.slots = 2}, put_four, 4);
}
END_TEST

START_TEST(loans_between_threads)
{
    stream_through(&(struct streamx_options){.slots = 3}, lend_one, 1);
}
END_TEST

START_TEST(threads_that_never_spin)
{
    stream_through(&(struct streamx_options){.spin_ns = -1}, put_one, 1);
}
END_TEST

/* Attaches and leaves again and again while values pass. */
static void *come_and_go(void *arg)
{
    const uint32_t *start = arg;
    const struct streamx_subscribe_options options = {.start = *start};
    struct streamx_consumer *consumer;
    struct streamx_message message;
    uintptr_t wrong = 0;

    while (streamx_subscribe(&consumer, "s", &options, STREAMX_NOWAIT) == 0) {
        uint64_t value[WORDS];

        if (streamx_next(consumer, &message, PATIENCE) == 1) {
            memcpy(value, message.data, sizeof value);
            for (unsigned i = 0; i < WORDS; i++)
                wrong += value[i] != word(message.seq, i);
        }
        streamx_unsubscribe(consumer);
    }
    return (void *)wrong;
}

START_TEST(joiners_see_whole_values_and_hold_nobody_up)
{
    struct streamx_producer *producer = make_ring("s", 4);
    uint32_t starts[2] = {STREAMX_START_OLDEST, STREAMX_START_LATEST};
    struct reader readers[CONSUMERS];
    pthread_t joiners[2];

    start_readers(readers);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&joiners[i], NULL, come_and_go, &starts[i]), 0);
    for (uint64_t seq = 1; seq <= VALUES; seq++)
        put_one(producer, seq);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    check_readers(readers);
    for (int i = 0; i < 2; i++) {
        void *wrong;

        ck_assert_int_eq(pthread_join(joiners[i], &wrong), 0);
        ck_assert_ptr_null(wrong);
    }
}
END_TEST

static void *put_and_return(void *arg)
{
    put_one(arg, 1);
    return NULL;
}

START_TEST(handle_may_be_handed_to_another_thread)
{
    struct streamx_producer *producer = make_ring("s", 2);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, put_and_return, producer), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    put_one(producer, 2);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
    ck_assert_uint_eq(message.seq, 2);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("threads", one_slot_between_threads, ring_between_threads,
                     batches_between_threads, loans_between_threads, threads_that_never_spin,
                     joiners_see_whole_values_and_hold_nobody_up,
                     handle_may_be_handed_to_another_thread);
}
