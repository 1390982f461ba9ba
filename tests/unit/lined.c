/* SPDX-License-Identifier: MIT */
/* Payloads that begin with a line: which ones do, that all who read find them, and that they stay
 * within their slot. */
#include "consumer/handle.h"
#include "producer/handle.h"
#include "streams.h"
#include "support.h"

#include <errno.h>
#include <string.h>

#define SLOTS 3u
#define SLOT_SIZE 8192u

static unsigned char bytes[2 * SLOT_SIZE];

static void fill(unsigned char *to, size_t len, uint64_t seq)
{
    for (size_t i = 0; i < len; i++)
        to[i] = (unsigned char)(seq * 31 + i % 251);
}

static void put_long(struct streamx_producer *producer, size_t len, uint64_t seq)
{
    fill(bytes, len, seq);
    ck_assert_int_eq(streamx_put(producer, bytes, len, STREAMX_NOWAIT), 0);
}

static void lend_long(struct streamx_producer *producer, size_t len, uint64_t seq)
{
    size_t capacity;
    void *data;

    ck_assert_int_eq(streamx_loan_at_least(producer, len, &data, &capacity, STREAMX_NOWAIT), 0);
    fill(data, len, seq);
    ck_assert_int_eq(streamx_publish(producer, len), 0);
}

static void check(const struct streamx_message *message, size_t len, uint64_t seq)
{
    ck_assert_uint_eq(message->len, len);
    ck_assert_uint_eq(message->seq, seq);
    fill(bytes, len, seq);
    ck_assert_mem_eq(message->data, bytes, len);
}

static bool begins_a_line(const struct streamx_message *message)
{
    uintptr_t at = (uintptr_t)message->data % 64;

    ck_assert(at == 0 || at == sizeof(struct sx_frame));
    return at == 0;
}

static struct streamx_producer *make(uint32_t slot_size, uint32_t reserve_size)
{
    const struct streamx_options options = {
        .slots = SLOTS, .slot_size = slot_size, .reserve_size = reserve_size};

    return make_stream("s", &options);
}

static struct streamx_consumer *tap_on(const char *name)
{
    const struct streamx_subscribe_options options = {.flags = STREAMX_TAP};
    struct streamx_consumer *tap = NULL;

    ck_assert_int_eq(streamx_subscribe(&tap, name, &options, PATIENCE), 0);
    return tap;
}

static void leave(struct streamx_producer *producer, struct streamx_consumer *consumer)
{
    streamx_unsubscribe(consumer);
    streamx_close(producer, STREAMX_NOWAIT);
}

static struct streamx_message take_by_next(struct streamx_consumer *consumer)
{
    struct streamx_message message;

    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), 1);
    return message;
}

static struct streamx_message take_by_parts(struct streamx_consumer *consumer)
{
    struct streamx_parts parts;

    ack_all(consumer);
    ck_assert_int_eq(streamx_take_parts(consumer, &parts, 9, PATIENCE), 1);
    ck_assert_uint_eq(parts.count, 1);
    return parts.first;
}

/* Of one length in a row as well as after another: what was found once is remembered. */
START_TEST(long_messages_begin_a_line)
{
    static const size_t lengths[] = {0, 33, 4095, 4096, 4096, 4096, 33, SLOT_SIZE, SLOT_SIZE, 5003};
    struct streamx_message (*const ways[])(struct streamx_consumer *) = {take_by_next,
                                                                         take_by_parts};

    for (int way = 0; way < 2; way++) {
        struct streamx_producer *producer = make(SLOT_SIZE, 0);
        struct streamx_consumer *consumer = join("s"), *tap = tap_on("s");

        for (uint64_t seq = 1; seq <= sizeof lengths / sizeof lengths[0]; seq++) {
            size_t len = lengths[seq - 1];
            struct streamx_message message;

            put_long(producer, len, seq);
            message = ways[way](consumer);
            check(&message, len, seq);
            ck_assert_int_eq(begins_a_line(&message), len >= SX_LINED_FROM);
            ck_assert_int_eq(streamx_next(tap, &message, PATIENCE), 1);
            check(&message, len, seq);
        }
        streamx_unsubscribe(tap);
        leave(producer, consumer);
    }
}
END_TEST

START_TEST(slots_that_are_full_do_not_touch)
{
    for (uint32_t slot_size = SX_LINED_FROM; slot_size < SX_LINED_FROM + 65; slot_size++) {
        struct streamx_producer *producer = make(slot_size, 0);
        struct streamx_consumer *consumer = join("s");
        struct streamx_message messages[SLOTS];

        for (uint64_t seq = 1; seq <= SLOTS; seq++)
            put_long(producer, slot_size, seq);
        for (int i = 0; i < (int)SLOTS; i++)
            ck_assert_int_eq(streamx_take(consumer, &messages[i], STREAMX_NOWAIT), 1);
        for (int i = 0; i < (int)SLOTS; i++) {
            ck_assert(begins_a_line(&messages[i]));
            check(&messages[i], slot_size, (uint64_t)i + 1);
        }
        leave(producer, consumer);
    }
}
END_TEST

/* One behind the other with the caller, or not; with as many bytes as fit beside the table. */
START_TEST(batches_begin_a_line_and_have_their_table_behind)
{
    static unsigned char messages[2][SLOT_SIZE];
    const uint32_t half = (SLOT_SIZE - 2 * 8) / 2;

    for (int even = 0; even < 2; even++) {
        struct streamx_producer *producer = make(SLOT_SIZE, 0);
        struct streamx_consumer *consumer = join("s");
        const struct iovec both[] = {{messages[0], half},
                                     {even ? messages[0] + half : messages[1], half}};
        struct streamx_parts parts[SLOTS];

        for (int lap = 0; lap < 3; lap++) {
            for (unsigned i = 0; i < SLOTS; i++) {
                uint64_t seq = (unsigned)lap * 2 * SLOTS + 2 * i + 1;

                fill(both[0].iov_base, half, seq);
                fill(both[1].iov_base, half, seq + 1);
                ck_assert_int_eq(streamx_putv(producer, both, 2, STREAMX_NOWAIT), 0);
            }
            for (unsigned i = 0; i < SLOTS; i++)
                ck_assert_int_eq(streamx_take_parts(consumer, &parts[i], 2, STREAMX_NOWAIT), 1);
            for (unsigned i = 0; i < SLOTS; i++) {
                struct streamx_message second = parts[i].first;

                ck_assert_uint_eq(parts[i].count, 2);
                ck_assert(begins_a_line(&second));
                check(&second, half, second.seq);
                second.data = (const char *)parts[i].base + half;
                ck_assert_uint_eq(parts[i].ends[0], 2 * half);
                check(&second, half, ++second.seq);
            }
            ack_all(consumer);
        }
        leave(producer, consumer);
    }
}
END_TEST

START_TEST(loans_begin_with_the_body_and_may_be_mixed_in)
{
    struct streamx_producer *producer = make(SLOT_SIZE, 0);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    for (uint64_t seq = 1; seq <= 12; seq++) {
        bool lent = seq / 2 % 2 == 1;

        (lent ? lend_long : put_long)(producer, 5000, seq);
        ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
        check(&message, 5000, seq);
        ck_assert_int_eq(begins_a_line(&message), !lent);
        ck_assert_uint_eq(look("s").bytes, 5000 * seq);
    }
    leave(producer, consumer);
}
END_TEST

/* What has no memory yet is not moved into. */
START_TEST(reserve_is_not_left_for_a_line)
{
    static const struct {
        uint32_t reserve_size;
        size_t len;
        bool lined;
    } cases[] = {{4096, 4064, false}, {4096, 4096, false}, {6000, 5968, true},
                 {6000, 5969, false}, {1, 5000, false},    {6000, SLOT_SIZE, false}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct streamx_producer *producer = make(SLOT_SIZE, cases[i].reserve_size);
        struct streamx_consumer *consumer = join("s"), *tap = tap_on("s");
        struct streamx_message message;

        put_long(producer, cases[i].len, 1);
        ck_assert_int_eq(streamx_next(consumer, &message, STREAMX_NOWAIT), 1);
        check(&message, cases[i].len, 1);
        ck_assert_int_eq(begins_a_line(&message), cases[i].lined);
        ck_assert_int_eq(streamx_next(tap, &message, PATIENCE), 1);
        check(&message, cases[i].len, 1);
        streamx_unsubscribe(tap);
        leave(producer, consumer);
    }
}
END_TEST

/* A slot that is too small has no room behind its body: the bit would lead out of the last one. */
START_TEST(line_that_is_not_there_is_damage)
{
    for (int tapped = 0; tapped < 2; tapped++) {
        struct streamx_producer *producer = make(SX_LINED_FROM - 1, 0);
        struct streamx_consumer *consumer = tapped ? tap_on("s") : join("s");
        struct sx_frame *frame = producer->frame;

        put_long(producer, 64, 1);
        atomic_fetch_or(&frame->extent, SX_EXTENT_LINED);
        ck_assert_int_eq(try_take(consumer), -EPROTO);
        leave(producer, consumer);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("lined", long_messages_begin_a_line, slots_that_are_full_do_not_touch,
                     batches_begin_a_line_and_have_their_table_behind,
                     loans_begin_with_the_body_and_may_be_mixed_in, reserve_is_not_left_for_a_line,
                     line_that_is_not_there_is_damage);
}
