/* SPDX-License-Identifier: MIT */
/*
 * next in the middle of a batch: handed out by the instructions that the header carries, or, with
 * STREAMX_NO_INLINE, by the call; neither may be told from the other. (What an optimised build
 * inlines; a build without optimisation calls both times.)
 */
#include "streams.h"

#include <poll.h>
#include <string.h>

/* The next message, with each of its fields, in memory that was not empty before. */
static void next_is(struct streamx_consumer *consumer, uint64_t seq, const char *text,
                    uint64_t stamp)
{
    struct streamx_message message;

    memset(&message, 0xff, sizeof message);
    ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
    ck_assert_uint_eq(message.len, strlen(text));
    ck_assert_mem_eq(message.data, text, message.len);
    ck_assert_uint_eq(message.seq, seq);
    ck_assert_uint_eq(message.time_ns, stamp);
    ck_assert_uint_eq(message.gap, 0);
    for (size_t i = 0; i < sizeof message.reserved / sizeof *message.reserved; i++)
        ck_assert_uint_eq(message.reserved[i], 0);
}

static int next_within(struct streamx_consumer *consumer, int64_t timeout_ns)
{
    struct streamx_message message;

    return streamx_next(consumer, &message, timeout_ns);
}

static void leave(struct streamx_producer *producer, struct streamx_consumer *consumer)
{
    ack_all(consumer);
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

START_TEST(each_message_is_whole_and_acknowledges_the_one_before)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.slots = 4, .flags = STREAMX_STAMPS});
    struct streamx_consumer *consumer = join("s");
    static const char *const texts[] = {"one", "two", "six", "ten"};

    for (uint64_t batch = 0; batch < 9; batch++) {
        streamx_stamp(producer, 100 + batch);
        PUT_BATCH(producer, texts[0], texts[1], texts[2], texts[3]);
        for (uint64_t i = 0; i < 4; i++) {
            next_is(consumer, 4 * batch + i + 1, texts[i], 100 + batch);
            ck_assert_uint_eq(look("s").acknowledged, 4 * batch + i);
        }
    }
    leave(producer, consumer);
}
END_TEST

/* By turns, so that what was said of the one batch does not hold of the next. */
START_TEST(batches_of_other_lengths_and_single_messages_come_between)
{
    struct streamx_producer *producer = make_ring("s", 4);
    struct streamx_consumer *consumer = join("s");
    uint64_t seq = 0;

    for (unsigned lap = 0; lap < 9; lap++) {
        PUT_BATCH(producer, "a", "b", "c");
        put_text(producer, "single");
        PUT_BATCH(producer, "of", "three", "lengths");
        PUT_BATCH(producer, "", "", "");
        next_is(consumer, ++seq, "a", 0);
        next_is(consumer, ++seq, "b", 0);
        next_is(consumer, ++seq, "c", 0);
        next_is(consumer, ++seq, "single", 0);
        next_is(consumer, ++seq, "of", 0);
        next_is(consumer, ++seq, "three", 0);
        next_is(consumer, ++seq, "lengths", 0);
        for (unsigned i = 0; i < 3; i++)
            next_is(consumer, ++seq, "", 0);
        ck_assert_int_eq(next_within(consumer, STREAMX_NOWAIT), -EAGAIN);
        ck_assert_uint_eq(look("s").acknowledged, seq);
    }
    leave(producer, consumer);
}
END_TEST

START_TEST(what_is_refused_acknowledges_nothing)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    PUT_BATCH(producer, "a", "b", "c");
    next_is(consumer, 1, "a", 0);
    next_is(consumer, 2, "b", 0);
    ck_assert_int_eq(next_within(consumer, -2), -EINVAL);
    ck_assert_uint_eq(look("s").acknowledged, 1);
    next_is(consumer, 3, "c", 0);
    leave(producer, consumer);
}
END_TEST

static void next_in_a_child(struct link parent, void *arg)
{
    say(parent, next_within(arg, PATIENCE));
}

START_TEST(forked_child_is_refused_and_acknowledges_nothing)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");
    struct child child;

    PUT_BATCH(producer, "a", "b", "c");
    next_is(consumer, 1, "a", 0);
    next_is(consumer, 2, "b", 0);
    child = child_start(next_in_a_child, consumer);
    ck_assert_int_eq(hear(child.link), -EPERM);
    child_join(&child);
    ck_assert_uint_eq(look("s").acknowledged, 1);
    next_is(consumer, 3, "c", 0);
    leave(producer, consumer);
}
END_TEST

START_TEST(all_that_is_in_hand_is_acknowledged)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    PUT_BATCH(producer, "a", "b", "c", "d", "e", "f");
    next_is(consumer, 1, "a", 0);
    take_text(consumer, 2, "b");
    take_text(consumer, 3, "c");
    ck_assert_uint_eq(look("s").acknowledged, 0);
    next_is(consumer, 4, "d", 0);
    ck_assert_uint_eq(look("s").acknowledged, 3);
    ack_all(consumer);
    next_is(consumer, 5, "e", 0);
    ck_assert_uint_eq(look("s").acknowledged, 4);
    next_is(consumer, 6, "f", 0);
    ck_assert_uint_eq(look("s").acknowledged, 5);
    leave(producer, consumer);
}
END_TEST

/* Puts a batch, and when it is told to sleeps until that has been acknowledged. */
static void put_and_drain(struct link parent, void *arg)
{
    const uint32_t *flags = arg;
    const struct streamx_options options = {
        .spin_ns = -1, .slots = 2, .min_consumers = 1, .flags = *flags};
    struct streamx_producer *producer = make_stream("s", &options);

    ck_assert_int_eq(streamx_wait(producer, STREAMX_ATTACHED, PATIENCE), STREAMX_ATTACHED);
    PUT_BATCH(producer, "a", "b", "c", "d", "e");
    ck_assert_int_eq(hear(parent), 1);
    say(parent, streamx_drain(producer, PATIENCE));
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

/* Some of the batch is taken before it falls asleep, and the rest behind that. */
static void take_beside_a_sleeper(uint32_t flags)
{
    struct child child = child_start(put_and_drain, &flags);
    struct streamx_consumer *consumer;

    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, PATIENCE), 0);
    WAIT_UNTIL(look("s").published == 5);
    next_is(consumer, 1, "a", 0);
    next_is(consumer, 2, "b", 0);
    next_is(consumer, 3, "c", 0);
    say(child.link, 1);
    WAIT_UNTIL(waits_for("s", 5));
    next_is(consumer, 4, "d", 0);
    next_is(consumer, 5, "e", 0);
    ck_assert(!heard(child.link));
    ack_all(consumer);
    ck_assert_int_eq(hear(child.link), 0);
    child_join(&child);
    streamx_unsubscribe(consumer);
}

START_TEST(producer_that_sleeps_is_woken)
{
    take_beside_a_sleeper(0);
    take_beside_a_sleeper(STREAMX_SHARED);
}
END_TEST

static bool readable(int fd)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) == 1;
}

/* It begins to wait while the batch is half taken, and is told of the end of it. */
START_TEST(producer_that_waits_by_its_descriptor_is_told)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s"), *later = join("s");
    int fd;

    PUT_BATCH(producer, "a", "b", "c");
    next_is(consumer, 1, "a", 0);
    next_is(consumer, 2, "b", 0);
    next_is(later, 1, "a", 0);
    fd = streamx_producer_fd(producer, STREAMX_DRAINED);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_DRAINED, STREAMX_NOWAIT), -EAGAIN);
    ck_assert(waits_for("s", 3));
    next_is(consumer, 3, "c", 0);
    next_is(later, 2, "b", 0);
    next_is(later, 3, "c", 0);
    ack_all(later);
    ck_assert(!readable(fd));
    ack_all(consumer);
    WAIT_UNTIL(readable(fd));
    ck_assert_int_eq(streamx_wait(producer, STREAMX_DRAINED, STREAMX_NOWAIT), STREAMX_DRAINED);
    streamx_unsubscribe(later);
    leave(producer, consumer);
}
END_TEST

/* Who leaves in the middle of one leaves the rest of it, and what was in hand, to a successor. */
START_TEST(successor_begins_behind_what_was_acknowledged)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    PUT_BATCH(producer, "a", "b", "c", "d");
    next_is(consumer, 1, "a", 0);
    next_is(consumer, 2, "b", 0);
    next_is(consumer, 3, "c", 0);
    streamx_unsubscribe(consumer);
    consumer = join("s");
    next_is(consumer, 3, "c", 0);
    next_is(consumer, 4, "d", 0);
    leave(producer, consumer);
}
END_TEST

/* A batch that is offered in parts in a shared stream, each message of which is its seq. */
#define LONG 100u
#define WAYS 6u

static void put_long(struct streamx_producer *producer, uint64_t first)
{
    uint64_t seqs[LONG];
    struct iovec messages[LONG];

    for (unsigned i = 0; i < LONG; i++) {
        seqs[i] = first + i;
        messages[i] = (struct iovec){&seqs[i], sizeof seqs[i]};
    }
    ck_assert_int_eq(streamx_putv(producer, messages, LONG, STREAMX_NOWAIT), 0);
}

static void is_seq(const struct streamx_message *message, uint64_t seq)
{
    ck_assert_uint_eq(message->seq, seq);
    ck_assert_uint_eq(message->len, sizeof seq);
    ck_assert_mem_eq(message->data, &seq, sizeof seq);
}

/* Takes a batch that begins with `seq` in all ways, by chance; by next for up to 63 at a time, so
 * that parts are had to their ends. Who leaves has another one go on behind what it has
 * acknowledged. */
static void take_long(struct streamx_consumer **consumer, uint64_t seq, uint32_t chance)
{
    uint64_t taken = seq - 1, acknowledged = seq - 1, end = taken + LONG;
    unsigned way, nexts = 0;
    struct streamx_message message;
    struct streamx_parts parts;

    while (acknowledged < end) {
        chance = chance * 1664525u + 1013904223u;
        way = nexts > 0 ? WAYS : (chance >> 16) % WAYS;
        nexts = nexts > 0 ? nexts - 1 : chance >> 26;
        if (way == 0) {
            streamx_unsubscribe(*consumer);
            *consumer = join("s");
            taken = acknowledged;
        } else if (way == 1 || taken == end) {
            ack_all(*consumer);
            acknowledged = taken;
        } else if (way == 2) {
            ck_assert_int_eq(streamx_take(*consumer, &message, STREAMX_NOWAIT), 1);
            is_seq(&message, ++taken);
        } else if (way < WAYS) {
            ck_assert_int_eq(streamx_take_parts(*consumer, &parts, way, STREAMX_NOWAIT), 1);
            is_seq(&parts.first, taken + 1);
            ck_assert_uint_eq(parts.count, end - taken < way ? end - taken : way);
            taken += parts.count;
        } else {
            ck_assert_int_eq(streamx_next(*consumer, &message, STREAMX_NOWAIT), 1);
            acknowledged = taken;
            is_seq(&message, ++taken);
        }
        ck_assert_uint_eq(look("s").acknowledged, acknowledged);
    }
}

static void take_long_ones(uint32_t flags)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.slots = 2, .slot_size = 4096, .flags = flags});
    struct streamx_consumer *consumer = join("s");

    for (uint32_t batch = 0; batch < 50; batch++) {
        put_long(producer, 1 + batch * LONG);
        take_long(&consumer, 1 + batch * LONG, batch);
    }
    leave(producer, consumer);
}

START_TEST(all_ways_mix_within_a_batch)
{
    take_long_ones(0);
}
END_TEST

START_TEST(all_ways_mix_within_a_batch_of_a_shared_stream)
{
    take_long_ones(STREAMX_SHARED);
}
END_TEST

int main(void)
{
    return RUN_TESTS("next", each_message_is_whole_and_acknowledges_the_one_before,
                     batches_of_other_lengths_and_single_messages_come_between,
                     what_is_refused_acknowledges_nothing,
                     forked_child_is_refused_and_acknowledges_nothing,
                     all_that_is_in_hand_is_acknowledged, producer_that_sleeps_is_woken,
                     producer_that_waits_by_its_descriptor_is_told,
                     successor_begins_behind_what_was_acknowledged, all_ways_mix_within_a_batch,
                     all_ways_mix_within_a_batch_of_a_shared_stream);
}
