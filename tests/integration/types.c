/* SPDX-License-Identifier: MIT */
/*
 * Type tags, and STREAMX_DEFINE_TYPED on top of them.
 */
#include "streams.h"

#include <string.h>

struct point {
    int32_t x, y;
};

STREAMX_DEFINE_TYPED(points, struct point)
STREAMX_DEFINE_TYPED(numbers, uint64_t)
STREAMX_DEFINE_TYPED(letters, char)

static int subscribe_as(const char *type)
{
    const struct streamx_subscribe_options options = {.type = type};
    struct streamx_consumer *consumer;
    int joined = streamx_subscribe(&consumer, "s", &options, STREAMX_NOWAIT);

    if (joined == 0)
        streamx_unsubscribe(consumer);
    return joined;
}

START_TEST(tag_must_match)
{
    const struct streamx_options options = {.type = "celsius"};
    struct streamx_producer *producer = make_stream("s", &options);

    ck_assert_str_eq(look("s").type, "celsius");
    ck_assert_int_eq(subscribe_as("celsius"), 0);
    ck_assert_int_eq(subscribe_as(NULL), 0);
    ck_assert_int_eq(subscribe_as("kelvin"), -EPROTOTYPE);
    ck_assert_int_eq(subscribe_as("celsiu"), -EPROTOTYPE);
    ck_assert_int_eq(subscribe_as("celsiuss"), -EPROTOTYPE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(tag_asked_of_an_untyped_stream_does_not_match)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    ck_assert_str_eq(look("s").type, "");
    ck_assert_int_eq(subscribe_as("celsius"), -EPROTOTYPE);
    ck_assert_int_eq(subscribe_as(NULL), 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(refused_subscriber_disturbs_nothing)
{
    const struct streamx_options options = {.type = "celsius", .max_consumers = 1};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *consumer;

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(subscribe_as("kelvin"), -EPROTOTYPE);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT), -EAGAIN);
    consumer = join("s");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(tag_may_have_63_bytes_and_not_more)
{
    struct streamx_producer *producer;
    struct streamx_options options = {0};
    char tag[STREAMX_TAG_MAX + 2];

    memset(tag, 't', sizeof tag);
    tag[STREAMX_TAG_MAX + 1] = '\0';
    options.type = tag;
    ck_assert_int_eq(streamx_create(&producer, "s", &options), -EINVAL);
    tag[STREAMX_TAG_MAX] = '\0';
    producer = make_stream("s", &options);
    ck_assert_str_eq(look("s").type, tag);
    ck_assert_int_eq(subscribe_as(tag), 0);
    tag[STREAMX_TAG_MAX] = 't';
    ck_assert_int_eq(subscribe_as(tag), -EINVAL);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(typed_stream_carries_values)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    struct point point = {3, -4}, got = {0, 0};

    ck_assert_int_eq(points_create(&producer, "s", NULL), 0);
    ck_assert_uint_eq(look("s").slot_size, sizeof(struct point));
    ck_assert_int_eq(points_subscribe(&consumer, "s", NULL, PATIENCE), 0);
    ck_assert_int_eq(points_next(consumer, &got, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(points_put(producer, &point, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(points_put(producer, &point, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(points_next(consumer, &got, STREAMX_NOWAIT), 1);
    ck_assert_int_eq(got.x, 3);
    ck_assert_int_eq(got.y, -4);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
    ck_assert_int_eq(points_next(consumer, &got, STREAMX_NOWAIT), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

START_TEST(typed_create_keeps_the_other_options)
{
    const struct streamx_options options = {.slots = 3, .min_consumers = 1, .mode = 0660};
    struct streamx_producer *producer;

    ck_assert_int_eq(numbers_create(&producer, "s", &options), 0);
    ck_assert_uint_eq(look("s").slots, 3);
    ck_assert_uint_eq(look("s").min_consumers, 1);
    ck_assert_uint_eq(look("s").mode, 0660);
    ck_assert_str_eq(look("s").type, "uint64_t/8");
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(another_type_is_refused)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;

    ck_assert_int_eq(points_create(&producer, "s", NULL), 0);
    ck_assert_int_eq(numbers_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT), -EPROTOTYPE);
    ck_assert_int_eq(letters_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT), -EPROTOTYPE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    producer = make_stream("s", NULL);
    ck_assert_int_eq(points_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT), -EPROTOTYPE);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(message_of_another_size_is_refused)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    uint64_t value = 7, got = 0;

    ck_assert_int_eq(numbers_create(&producer, "s", NULL), 0);
    ck_assert_int_eq(numbers_subscribe(&consumer, "s", NULL, PATIENCE), 0);
    ck_assert_int_eq(streamx_put(producer, &value, 4, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(numbers_next(consumer, &got, STREAMX_NOWAIT), -EPROTOTYPE);
    ck_assert_int_eq(numbers_next(consumer, &got, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(numbers_put(producer, &value, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(numbers_next(consumer, &got, STREAMX_NOWAIT), 1);
    ck_assert_uint_eq(got, 7);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("types", tag_must_match, tag_asked_of_an_untyped_stream_does_not_match,
                     refused_subscriber_disturbs_nothing, tag_may_have_63_bytes_and_not_more,
                     typed_stream_carries_values, typed_create_keeps_the_other_options,
                     another_type_is_refused, message_of_another_size_is_refused);
}
