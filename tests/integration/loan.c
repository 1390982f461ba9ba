/* SPDX-License-Identifier: MIT */
/*
 * loan, publish, discard: writing straight into the slot.
 */
#include "streams.h"

#include <string.h>

static char *borrow(struct streamx_producer *producer, size_t expected_capacity)
{
    size_t capacity = 0;
    void *data = NULL;

    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT), 0);
    ck_assert_ptr_nonnull(data);
    ck_assert_uint_eq(capacity, expected_capacity);
    ck_assert_uint_eq((uintptr_t)data % 32, 0);
    return data;
}

static int try_loan(struct streamx_producer *producer, int64_t timeout_ns)
{
    size_t capacity;
    void *data;

    return streamx_loan(producer, &data, &capacity, timeout_ns);
}

START_TEST(published_loan_is_a_message)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    memcpy(borrow(producer, 65536), "lent", 4);
    ck_assert_int_eq(try_take(consumer), -EAGAIN);
    ck_assert_int_eq(streamx_publish(producer, 4), 0);
    next_text(consumer, 1, "lent");
    ck_assert_int_eq(try_loan(producer, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(try_loan(producer, BRIEFLY), -ETIMEDOUT);
    ack_all(consumer);
    borrow(producer, 65536);
    ck_assert_int_eq(streamx_publish(producer, 0), 0);
    next_text(consumer, 2, "");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(whole_capacity_may_be_written_in_every_slot)
{
    const struct streamx_options options = {.slots = 3, .slot_size = 1001};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    char expected[1001];

    for (int i = 0; i < 3; i++) {
        memset(borrow(producer, 1001), 'a' + i, 1001);
        ck_assert_int_eq(streamx_publish(producer, 1001), 0);
    }
    for (int i = 0; i < 3; i++) {
        memset(expected, 'a' + i, sizeof expected);
        ck_assert_int_eq(streamx_take(consumer, &message, STREAMX_NOWAIT), 1);
        ck_assert_uint_eq(message.len, sizeof expected);
        ck_assert_mem_eq(message.data, expected, sizeof expected);
    }
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(discarded_loan_was_never_there)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    memcpy(borrow(producer, 65536), "void", 4);
    streamx_discard(producer);
    ck_assert_int_eq(streamx_publish(producer, 4), -EINVAL);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_take(consumer), -EAGAIN);
    put_text(producer, "real");
    next_text(consumer, 1, "real");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(discard_without_a_loan_does_nothing)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    streamx_discard(producer);
    put_text(producer, "a");
    streamx_discard(producer);
    ck_assert_uint_eq(look("s").published, 1);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(one_loan_at_a_time_and_no_put_beside_it)
{
    struct streamx_producer *producer = make_ring("s", 4);
    const struct iovec one = {(void *)"a", 1};

    borrow(producer, 65536);
    ck_assert_int_eq(try_put(producer), -EBUSY);
    ck_assert_int_eq(streamx_put(producer, "a", 1, PATIENCE), -EBUSY);
    ck_assert_int_eq(streamx_putv(producer, &one, 1, STREAMX_NOWAIT), -EBUSY);
    ck_assert_int_eq(try_loan(producer, STREAMX_NOWAIT), -EBUSY);
    ck_assert_int_eq(streamx_publish(producer, 1), 0);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_uint_eq(look("s").published, 2);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(publish_without_a_loan_is_invalid)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    ck_assert_int_eq(streamx_publish(producer, 0), -EINVAL);
    borrow(producer, 65536);
    ck_assert_int_eq(streamx_publish(producer, 1), 0);
    ck_assert_int_eq(streamx_publish(producer, 1), -EINVAL);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(publishing_too_much_leaves_the_loan_open)
{
    struct streamx_producer *producer = make_stream("s", &(struct streamx_options){.slot_size = 8});
    struct streamx_consumer *consumer = join("s");

    memcpy(borrow(producer, 8), "12345678", 8);
    ck_assert_int_eq(streamx_publish(producer, 9), -EMSGSIZE);
    ck_assert_int_eq(streamx_publish(producer, SIZE_MAX), -EMSGSIZE);
    ck_assert_int_eq(try_put(producer), -EBUSY);
    ck_assert_int_eq(streamx_publish(producer, 8), 0);
    next_text(consumer, 1, "12345678");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(close_and_abandon_discard_the_loan)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    borrow(producer, 65536);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_take(consumer), 0);
    streamx_unsubscribe(consumer);

    producer = make_stream("s", NULL);
    consumer = join("s");
    borrow(producer, 65536);
    streamx_abandon(producer);
    ck_assert_int_eq(try_take(consumer), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
}
END_TEST

START_TEST(loan_waits_for_min_consumers)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.min_consumers = 1});
    struct streamx_consumer *consumer;

    ck_assert_int_eq(try_loan(producer, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_publish(producer, 0), -EINVAL);
    consumer = join("s");
    ck_assert_int_eq(try_loan(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

int main(void)
{
    return RUN_TESTS("loan", published_loan_is_a_message,
                     whole_capacity_may_be_written_in_every_slot, discarded_loan_was_never_there,
                     discard_without_a_loan_does_nothing, one_loan_at_a_time_and_no_put_beside_it,
                     publish_without_a_loan_is_invalid, publishing_too_much_leaves_the_loan_open,
                     close_and_abandon_discard_the_loan, loan_waits_for_min_consumers);
}
