/* SPDX-License-Identifier: MIT */
/*
 * A producer that takes up where a dead one stopped, and consumers that wait for it or do not.
 */
#include "streams.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define RESUME (STREAMX_RESUME | STREAMX_STAMPS)

static const struct streamx_options ring = {.slots = 4, .slot_size = 64, .flags = RESUME};

/* Puts a, b and c, with the stamps 10, 20 and 30, and waits to be killed. */
static void put_three(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", arg ? arg : &ring);

    streamx_stamp(producer, 10);
    put_text(producer, "a");
    streamx_stamp(producer, 20);
    put_text(producer, "b");
    streamx_stamp(producer, 30);
    put_text(producer, "c");
    say(parent, 1);
    hear(parent);
}

static void die_after_three(const struct streamx_options *options)
{
    struct child producer = child_start(put_three, (void *)options);

    ck_assert_int_eq(hear(producer.link), 1);
    child_kill(&producer);
}

static struct streamx_consumer *join_patiently(uint32_t start)
{
    struct streamx_subscribe_options options = {.start = start, .flags = STREAMX_PATIENT};
    struct streamx_consumer *consumer;

    ck_assert_int_eq(streamx_subscribe(&consumer, "s", &options, STREAMX_NOWAIT), 0);
    return consumer;
}

static int try_create(const struct streamx_options *options)
{
    struct streamx_producer *producer;
    int result = streamx_create(&producer, "s", options);

    if (result == 0)
        streamx_abandon(producer);
    return result;
}

START_TEST(dead_stream_goes_on_where_it_stopped)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    struct streamx_info info;

    die_after_three(NULL);
    consumer = join_patiently(STREAMX_START_NEXT);
    next_text(consumer, 1, "a");
    ck_assert_int_eq(streamx_ack(consumer, 0), 0);
    producer = make_stream("s", &ring);
    info = look("s");
    ck_assert_uint_eq(info.state, STREAMX_STATE_LIVE);
    ck_assert_uint_eq(info.pid, (uint32_t)getpid());
    ck_assert_uint_eq(info.published, 3);
    ck_assert_uint_eq(info.bytes, 3);
    ck_assert_uint_eq(info.last_stamp, 30);
    ck_assert_uint_eq(info.acknowledged_by_all, 1);
    ck_assert_uint_eq(info.producers, 1);
    put_text(producer, "d");
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), -EAGAIN); /* b has yet to be acknowledged */
    next_text(consumer, 2, "b");
    next_text(consumer, 3, "c");
    next_text(consumer, 4, "d");
    ack_all(consumer);
    ck_assert_uint_eq(look("s").bytes, 5);
    streamx_abandon(producer);
    streamx_unsubscribe(consumer);
    ck_assert(name_exists("s"));
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

START_TEST(messages_carry_the_stamp_and_a_batch_carries_one)
{
    struct streamx_producer *producer = make_stream("s", &ring);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    put_text(producer, "a");
    streamx_stamp(producer, 7);
    PUT_BATCH(producer, "b", "c");
    for (uint64_t seq = 1; seq <= 3; seq++) {
        ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), 1);
        ck_assert_uint_eq(message.time_ns, seq == 1 ? 0 : 7);
    }
    ck_assert_uint_eq(look("s").last_stamp, 7);
    ack_all(consumer);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

START_TEST(patient_consumer_waits_through_death_and_gap)
{
    struct streamx_consumer *consumer;
    struct streamx_message message;

    die_after_three(NULL);
    consumer = join_patiently(STREAMX_START_NEXT);
    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    next_text(consumer, 3, "c");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(streamx_next(consumer, &message, BRIEFLY), -ETIMEDOUT);
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    die_after_three(NULL);
    next_text(consumer, 4, "a");
    ck_assert_int_eq(try_create(&ring), 0); /* and abandoned */
    next_text(consumer, 5, "b");
    next_text(consumer, 6, "c");
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_int_eq(streamx_close(make_stream("s", &ring), PATIENCE), 0);
    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

/* Takes one, then the next one, which comes after a death. */
static void take_two(struct link parent, void *arg)
{
    struct streamx_consumer *consumer = join_patiently(STREAMX_START_NEXT);
    struct streamx_message message;

    (void)arg;
    say(parent, streamx_next(consumer, &message, PATIENCE));
    say(parent, streamx_next(consumer, &message, PATIENCE));
    ack_all(consumer);
    streamx_unsubscribe(consumer);
}

START_TEST(sleeping_patient_consumer_is_woken_by_the_successor)
{
    const struct streamx_options one = {.flags = STREAMX_RESUME};
    struct streamx_producer *producer = make_stream("s", &one);
    struct child consumer = child_start(take_two, NULL);

    put_text(producer, "a");
    ck_assert_int_eq(hear(consumer.link), 1);
    streamx_abandon(producer);
    WAIT_UNTIL(child_asleep(&consumer));
    producer = make_stream("s", &one);
    put_text(producer, "b");
    ck_assert_int_eq(hear(consumer.link), 1);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
    child_join(&consumer);
}
END_TEST

START_TEST(patient_consumer_ends_when_the_name_is_taken_by_another_stream)
{
    const struct streamx_options plain = {.slots = 2};
    struct streamx_consumer *consumer;
    struct streamx_producer *producer;
    struct streamx_message message;

    die_after_three(NULL);
    consumer = join_patiently(STREAMX_START_NEW);
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    producer = make_stream("s", &plain);
    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(patient_descriptor_tells_of_the_successor_and_not_of_the_death)
{
    struct streamx_producer *producer = make_stream("s", &ring);
    struct streamx_consumer *consumer = join_patiently(STREAMX_START_NEXT);
    struct streamx_message message;
    struct pollfd fd = {.fd = streamx_consumer_fd(consumer), .events = POLLIN};
    int got;

    ck_assert_int_ge(fd.fd, 0);
    streamx_abandon(producer);
    producer = make_stream("s", &ring);
    put_text(producer, "x");
    while ((got = streamx_next(consumer, &message, STREAMX_NOWAIT)) == -EAGAIN)
        ck_assert_int_eq(poll(&fd, 1, (int)(PATIENCE / 1000000)), 1);
    ck_assert_int_eq(got, 1);
    ck_assert_int_eq(streamx_remove("s", STREAMX_FORCE), 0);
    streamx_abandon(producer);
    while ((got = streamx_next(consumer, &message, STREAMX_NOWAIT)) == -EAGAIN)
        ck_assert_int_eq(poll(&fd, 1, (int)(PATIENCE / 1000000)), 1);
    ck_assert_int_eq(got, -EOWNERDEAD);
    streamx_unsubscribe(consumer);
}
END_TEST

START_TEST(impatient_consumer_has_its_end_and_holds_nobody_up)
{
    struct streamx_consumer *consumer;
    struct streamx_producer *producer;

    die_after_three(NULL);
    consumer = join("s");
    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    next_text(consumer, 3, "c");
    ck_assert_int_eq(try_next(consumer), -EOWNERDEAD);
    producer = make_stream("s", &ring);
    ck_assert_uint_eq(look("s").consumers, 0);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), -EAGAIN); /* nobody has seen them */
    ck_assert_int_eq(try_next(consumer), -EOWNERDEAD);
    ck_assert_int_eq(streamx_ack(consumer, 0), 0);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(what_an_impatient_consumer_has_in_hand_is_not_overwritten)
{
    struct streamx_consumer *consumer;
    struct streamx_producer *producer;
    struct streamx_message message;

    die_after_three(NULL);
    consumer = join("s");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(streamx_take(consumer, &message, PATIENCE), 1);
    ck_assert_int_eq(try_take(consumer), -EOWNERDEAD);
    producer = make_stream("s", &ring);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ck_assert_int_eq(streamx_ack(consumer, 2), 0);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_uint_eq(look("s").consumers, 1);
    ck_assert_int_eq(memcmp(message.data, "c", 1), 0);
    ck_assert_int_eq(streamx_ack(consumer, 3), 0);
    ck_assert_uint_eq(look("s").consumers, 0);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(successor_drains_what_its_predecessor_put)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;

    die_after_three(NULL);
    producer = make_stream("s", &ring);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), -EAGAIN);
    consumer = join("s");
    next_text(consumer, 1, "a");
    next_text(consumer, 2, "b");
    next_text(consumer, 3, "c");
    ack_all(consumer);
    ck_assert_int_eq(streamx_drain(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_next(consumer), 0);
    streamx_unsubscribe(consumer);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(only_a_dead_stream_of_the_same_kind_is_taken_up)
{
    const struct streamx_options refused[] = {
        {.flags = RESUME | STREAMX_SHARED},
        {.flags = RESUME, .slot_size = 65},
        {.flags = RESUME, .type = "other"},
    };
    const int results[] = {-EEXIST, -EMSGSIZE, -EPROTOTYPE};
    const struct streamx_options unstamped = {.flags = STREAMX_RESUME},
                                 large = {.slot_size = 64, .slots = 9, .flags = STREAMX_RESUME};
    struct streamx_producer *producer = make_stream("s", &ring);

    ck_assert_int_eq(try_create(&ring), -EEXIST);
    ck_assert_int_eq(try_create(NULL), -EEXIST);
    streamx_abandon(producer);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(try_create(&refused[i]), results[i]);
    producer = make_stream("s", &large); /* the geometry is the stream's */
    ck_assert_uint_eq(look("s").slots, 4);
    ck_assert_uint_eq(look("s").flags, RESUME);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_create(&unstamped), 0);
    ck_assert_int_eq(try_create(&ring), -EPROTOTYPE);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

START_TEST(flags_that_contradict_each_other_are_refused)
{
    const struct streamx_options bad[] = {{.flags = STREAMX_STAMPS | STREAMX_TIMESTAMPS},
                                          {.flags = STREAMX_ANY_USER},
                                          {.max_producers = 1},
                                          {.flags = STREAMX_RESUME, .max_producers = 1},
                                          {.flags = STREAMX_SHARED, .max_producers = 257}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(try_create(&bad[i]), -EINVAL);
}
END_TEST

START_TEST(plain_dead_stream_is_taken_up_too_and_replaced_by_a_plain_one)
{
    const struct streamx_options plain = {.slots = 4};
    struct streamx_producer *producer;

    die_after_three(&plain);
    producer = make_stream("s", &(struct streamx_options){.flags = STREAMX_RESUME});
    ck_assert_uint_eq(look("s").published, 3);
    streamx_abandon(producer);
    producer = make_stream("s", &plain);
    ck_assert_uint_eq(look("s").published, 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(min_consumers_is_not_asked_for_again)
{
    struct streamx_options options = ring;
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;

    options.min_consumers = 1;
    producer = make_stream("s", &options);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    streamx_abandon(producer);
    producer = make_stream("s", &options);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    consumer = join("s");
    ck_assert_int_eq(try_put(producer), 0);
    streamx_unsubscribe(consumer);
    streamx_abandon(producer);
    producer = make_stream("s", &options);
    ck_assert_int_eq(try_put(producer), 0);
    streamx_abandon(producer);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

START_TEST(patient_consumer_attaches_to_a_dead_stream_without_anything_new)
{
    struct streamx_consumer *consumer;

    streamx_abandon(make_stream("s", &ring));
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT), -ENOENT);
    consumer = join_patiently(STREAMX_START_NEXT);
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    streamx_unsubscribe(consumer);
    ck_assert(name_exists("s"));
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS("resume", dead_stream_goes_on_where_it_stopped,
                     messages_carry_the_stamp_and_a_batch_carries_one,
                     patient_consumer_waits_through_death_and_gap,
                     sleeping_patient_consumer_is_woken_by_the_successor,
                     patient_consumer_ends_when_the_name_is_taken_by_another_stream,
                     patient_descriptor_tells_of_the_successor_and_not_of_the_death,
                     impatient_consumer_has_its_end_and_holds_nobody_up,
                     what_an_impatient_consumer_has_in_hand_is_not_overwritten,
                     successor_drains_what_its_predecessor_put,
                     only_a_dead_stream_of_the_same_kind_is_taken_up,
                     flags_that_contradict_each_other_are_refused,
                     plain_dead_stream_is_taken_up_too_and_replaced_by_a_plain_one,
                     min_consumers_is_not_asked_for_again,
                     patient_consumer_attaches_to_a_dead_stream_without_anything_new);
}
