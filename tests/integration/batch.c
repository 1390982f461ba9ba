/* SPDX-License-Identifier: MIT */
/*
 * putv: several messages as one publication, all or nothing, and how much fits.
 */
#include "streams.h"

#include <string.h>

static int try_putv(struct streamx_producer *producer, const struct iovec *messages, unsigned n)
{
    return streamx_putv(producer, messages, n, STREAMX_NOWAIT);
}

START_TEST(batch_is_one_publication_of_several_messages)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    PUT_BATCH(producer, "one", "", "three");
    ck_assert_uint_eq(look("s").published, 3);
    ck_assert_uint_eq(look("s").publications, 1);
    ck_assert_uint_eq(look("s").bytes, 8);
    next_text(consumer, 1, "one");
    next_text(consumer, 2, "");
    next_text(consumer, 3, "three");
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ack_all(consumer);
    ck_assert_int_eq(try_put(producer), 0);
    next_text(consumer, 4, "x");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(batch_waits_for_its_slot_like_any_put)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    const struct iovec two[2] = {{(void *)"a", 1}, {(void *)"b", 1}};
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_eq(try_putv(producer, two, 2), 0);
    ck_assert_int_eq(try_putv(producer, two, 2), -EAGAIN);
    ck_assert_int_eq(streamx_putv(producer, two, 2, BRIEFLY), -ETIMEDOUT);
    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_int_eq(try_putv(producer, two, 2), 0);
    ck_assert_uint_eq(look("s").published, 4);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(messages_and_eight_bytes_for_each_must_fit)
{
    const struct streamx_options options = {.slots = 8, .slot_size = 64};
    struct streamx_producer *producer = make_stream("s", &options);
    static char bytes[64];
    const struct iovec fits[2] = {{bytes, 40}, {bytes, 8}}, over[2] = {{bytes, 40}, {bytes, 9}};

    ck_assert_int_eq(try_putv(producer, fits, 2), 0);
    ck_assert_int_eq(try_putv(producer, over, 2), -EMSGSIZE);
    ck_assert_uint_eq(look("s").published, 2);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(batch_of_one_may_fill_the_slot)
{
    const struct streamx_options options = {.slots = 8, .slot_size = 64};
    struct streamx_producer *producer = make_stream("s", &options);
    static char bytes[65];
    const struct iovec fits = {bytes, 64}, over = {bytes, 65};

    ck_assert_int_eq(try_putv(producer, &fits, 1), 0);
    ck_assert_int_eq(try_putv(producer, &over, 1), -EMSGSIZE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(empty_messages_of_a_batch_count_too)
{
    const struct streamx_options options = {.slots = 8, .slot_size = 64};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *consumer = join("s");
    const struct iovec empty[9] = {{NULL, 0}};

    ck_assert_int_eq(try_putv(producer, empty, 9), -EMSGSIZE);
    ck_assert_int_eq(try_putv(producer, empty, 8), 0);
    for (uint64_t seq = 1; seq <= 8; seq++)
        next_text(consumer, seq, "");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(lengths_that_overflow_do_not_fit)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    static char byte;
    const struct iovec huge[3] = {{&byte, SIZE_MAX - 8}, {&byte, 8}, {&byte, 1}};

    ck_assert_int_eq(try_putv(producer, huge, 3), -EMSGSIZE);
    ck_assert_int_eq(try_putv(producer, huge, 1), -EMSGSIZE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(too_large_a_batch_is_found_before_anything_is_waited_for)
{
    const struct streamx_options options = {.slot_size = 16, .min_consumers = 1};
    struct streamx_producer *producer = make_stream("s", &options);
    const struct iovec two[2] = {{(void *)"a", 1}, {(void *)"b", 1}};

    ck_assert_int_eq(streamx_putv(producer, two, 2, PATIENCE), -EMSGSIZE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(batch_of_none_is_invalid)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    const struct iovec one = {(void *)"a", 1};

    ck_assert_int_eq(try_putv(producer, &one, 0), -EINVAL);
    ck_assert_int_eq(streamx_putv(producer, &one, 1, -2), -EINVAL);
    ck_assert_uint_eq(look("s").published, 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(batch_keeps_content_of_all_sizes_apart)
{
    const struct streamx_options options = {.slot_size = 70000};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;
    static unsigned char bytes[256];
    struct iovec messages[256];

    for (unsigned i = 0; i < 256; i++) {
        bytes[i] = (unsigned char)i;
        messages[i] = (struct iovec){bytes, i};
    }
    ck_assert_int_eq(try_putv(producer, messages, 256), 0);
    for (unsigned i = 0; i < 256; i++) {
        ck_assert_int_eq(streamx_take(consumer, &message, STREAMX_NOWAIT), 1);
        ck_assert_uint_eq(message.seq, i + 1);
        ck_assert_uint_eq(message.len, i);
        ck_assert_mem_eq(message.data, bytes, i);
    }
    ck_assert_int_eq(try_take(consumer), -EAGAIN);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("batch", batch_is_one_publication_of_several_messages,
                     batch_waits_for_its_slot_like_any_put,
                     messages_and_eight_bytes_for_each_must_fit, batch_of_one_may_fill_the_slot,
                     empty_messages_of_a_batch_count_too, lengths_that_overflow_do_not_fit,
                     too_large_a_batch_is_found_before_anything_is_waited_for,
                     batch_of_none_is_invalid, batch_keeps_content_of_all_sizes_apart);
}
