/* SPDX-License-Identifier: MIT */
/* What a producer knows by counting: where there is room, and what has been told of the series. */
#include "consumer/handle.h"
#include "consumer/wait.h"
#include "producer/publish.h"
#include "producer/wait.h"
#include "streams.h"
#include "support.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS 4u

static int try(struct streamx_producer *producer, const char *text)
{
    return streamx_put(producer, text, strlen(text), STREAMX_NOWAIT);
}

static void leave(struct streamx_producer *producer, struct streamx_consumer *consumer)
{
    streamx_unsubscribe(consumer);
    streamx_close(producer, STREAMX_NOWAIT);
}

/* As a joiner's does for a moment, which has not found yet where it starts. */
START_TEST(cursor_that_falls_back_behind_a_loan_stops_the_producer)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *consumer = join("s");
    size_t capacity;
    void *data;

    for (uint64_t seq = 1; seq <= 2 * SLOTS; seq++) {
        put_text(producer, "x");
        next_text(consumer, seq, "x");
    }
    ck_assert_int_eq(streamx_loan(producer, &data, &capacity, STREAMX_NOWAIT), 0);
    atomic_store(&consumer->seat->cursor, sx_cursor_make(1));
    atomic_fetch_add(&producer->segment.control->epoch, 1);
    ck_assert_int_eq(streamx_wait(producer, STREAMX_DRAINED, STREAMX_NOWAIT), -EAGAIN);
    ck_assert_int_eq(streamx_publish(producer, 1), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(try(producer, "y"), -EAGAIN);
    atomic_store(&consumer->seat->cursor, sx_cursor_make(2 * SLOTS));
    ck_assert_int_eq(try(producer, "y"), 0);
    leave(producer, consumer);
}
END_TEST

/* Comes in, tells half of another series, and is gone with the pen in its hand. */
static void die_telling(uint64_t publication)
{
    struct streamx_producer *producer =
        make_stream("s", &(struct streamx_options){.slots = SLOTS, .flags = STREAMX_SHARED});
    struct sx_control *control = producer->segment.control;

    atomic_store(&control->pen, producer->turn.pen);
    atomic_store(&control->series[publication & 1].extent, sx_extent_make(5, 1000));
    atomic_store(&control->series[publication & 1].seqs, 77777);
    _exit(0);
}

/* (What is fetched cannot be seen. But where.) */
START_TEST(what_is_fetched_ahead_is_a_slot_of_the_ring)
{
    static const struct streamx_options shapes[] = {
        {.slots = 1, .slot_size = 32},    {.slots = 4, .slot_size = 32},
        {.slots = 64, .slot_size = 32},   {.slots = 100, .slot_size = 200},
        {.slots = 256, .slot_size = 200}, {.slots = 1024, .slot_size = 32}};

    for (size_t shape = 0; shape < sizeof shapes / sizeof shapes[0]; shape++) {
        struct streamx_producer *p = make_stream("s", &shapes[shape]);
        uint64_t stride = p->segment.shape.slot_stride, ahead = p->ahead.bytes / stride;
        uint32_t slots = shapes[shape].slots;

        for (uint32_t slot = 0; slot < slots; slot++)
            ck_assert_ptr_eq(sx_publish_slot_ahead(p, (char *)sx_frames_at(&p->segment, slot)),
                             sx_frames_at(&p->segment, (uint32_t)((slot + ahead) % slots)));
        if (p->ahead.slots != INT64_MAX)
            ck_assert_uint_eq((uint64_t)p->ahead.slots * stride, p->ahead.bytes);
        streamx_close(p, STREAMX_NOWAIT);
    }
}
END_TEST

START_TEST(lines_are_fetched_ahead_as_the_trial_says)
{
    struct sx_ahead ahead = {.slots = 8, .most = 8, .tries = true};

    sx_trial_init(&ahead.trial, 1);
    for (uint64_t next = 1; next < 2 + SX_TRIAL_RUNS; next++) {
        ck_assert(sx_ahead_is_due(&ahead, next));
        sx_ahead_go_on(&ahead, next);
        ck_assert_int_eq(ahead.slots, ahead.trial.second ? 8 : INT64_MAX);
    }
    ahead.tries = false;
    ck_assert(!sx_ahead_is_due(&ahead, UINT64_C(1) << 40));
}
END_TEST

static void expect_end(pid_t child)
{
    int status;

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

START_TEST(what_a_dead_one_told_is_taken_back)
{
    const struct streamx_options options = {.slots = SLOTS, .flags = STREAMX_SHARED};
    struct streamx_producer *producer = make_stream("s", &options);
    struct streamx_consumer *consumer = join("s"), *later;

    for (uint64_t seq = 1; seq <= 3 * SLOTS; seq++) {
        put_text(producer, "alike");
        next_text(consumer, seq, "alike");
        ack_all(consumer);
    }
    for (uint64_t seq = 3 * SLOTS + 1; seq <= 3 * SLOTS + 2; seq++) { /* at either parity */
        pid_t child = fork();

        if (child == 0)
            die_telling(seq);
        expect_end(child);
        put_text(producer, "alike");
        ck_assert_uint_eq(look("s").published, seq);
        ck_assert_uint_eq(look("s").bytes, 5 * seq);
        later = join_at("s", STREAMX_START_NEW);
        put_text(producer, "alike");
        next_text(later, ++seq, "alike");
        streamx_unsubscribe(later);
        next_text(consumer, seq - 1, "alike");
        next_text(consumer, seq, "alike");
        ack_all(consumer);
        put_text(producer, "alike"); /* so that the other one comes next */
        next_text(consumer, ++seq, "alike");
        ack_all(consumer);
        ck_assert_uint_eq(look("s").bytes, 5 * seq);
    }
    leave(producer, consumer);
}
END_TEST

START_TEST(publication_of_no_message_is_none)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *consumer = join("s");
    struct sx_frame *frame = producer->frame;

    put_text(producer, "x");
    atomic_store(&frame->extent, 0);
    ck_assert_int_eq(try_take(consumer), -EPROTO);
    leave(producer, consumer);
}
END_TEST

/* Whoever takes parts relies on the last end. The first batch, and one laid out as the one
 * before. */
START_TEST(ends_that_contradict_the_length_are_damage)
{
    for (int good = 0; good < 3; good++) {
        struct streamx_producer *producer = make_ring("s", SLOTS);
        struct streamx_consumer *consumer = join("s");
        struct streamx_parts parts;
        struct sx_frame *frame;

        for (int i = 0; i < good; i++) {
            PUT_BATCH(producer, "1234", "5678");
            ck_assert_int_eq(streamx_take_parts(consumer, &parts, 2, STREAMX_NOWAIT), 1);
        }
        frame = producer->frame;
        PUT_BATCH(producer, "1234", "5678");
        atomic_store((_Atomic uint32_t *)(void *)(frame->body + 16), 4000000000u);
        ck_assert_int_eq(streamx_take_parts(consumer, &parts, 2, STREAMX_NOWAIT), -EPROTO);
        leave(producer, consumer);
    }
}
END_TEST

/* Of each message of a batch, the first and the last among them: its end is before it, or beyond
 * all. */
START_TEST(end_that_is_nowhere_in_the_payload_is_damage)
{
    const uint32_t nowhere[] = {0, 11, 4000000000u};

    for (unsigned i = 0; i < 9; i++) {
        struct streamx_producer *producer = make_ring("s", SLOTS);
        struct streamx_consumer *consumer = join("s");
        unsigned bad = i / 3;
        uint32_t end = nowhere[i % 3];
        _Atomic uint32_t *ends = (_Atomic uint32_t *)(void *)(producer->frame->body + 12) + 1;

        PUT_BATCH(producer, "1", "234", "567890");
        atomic_store(&ends[bad], end);
        for (unsigned seq = 1; seq <= bad; seq++)
            ck_assert_int_eq(try_next(consumer), 1);
        ck_assert_int_eq(try_next(consumer), bad == 0 && end == 0 ? 1 : -EPROTO);
        leave(producer, consumer);
    }
}
END_TEST

/* What a consumer remembers of the batch before says nothing about another one. */
START_TEST(batch_laid_out_in_another_way_is_taken_as_it_is)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *consumer = join("s");
    struct streamx_parts parts;

    for (int i = 0; i < 2 * (int)SLOTS; i++) {
        bool alike = i % 3 != 0;

        if (alike)
            PUT_BATCH(producer, "1234", "5678");
        else
            PUT_BATCH(producer, "123", "45678");
        ck_assert_int_eq(streamx_take_parts(consumer, &parts, 2, STREAMX_NOWAIT), 1);
        ck_assert_uint_eq(parts.first.len, alike ? 4 : 3);
        ck_assert_uint_eq(parts.count, 2);
        ck_assert_uint_eq(parts.ends[0], 8);
        ck_assert_uint_eq(parts.bytes, 8);
        ack_all(consumer);
    }
    leave(producer, consumer);
}
END_TEST

/* However many messages each is of. */
START_TEST(one_look_counts_all_slots_that_are_free)
{
    const uint32_t slots = 64;

    for (unsigned count = 1; count < 4; count++) {
        struct streamx_producer *producer = make_ring("s", slots);
        struct streamx_consumer *consumer = join("s");
        struct iovec messages[] = {{"x", 1}, {"x", 1}, {"x", 1}};
        struct streamx_parts parts;

        for (uint32_t i = 0; i < 2 * slots; i++) {
            ck_assert_int_eq(streamx_putv(producer, messages, count, STREAMX_NOWAIT), 0);
            if (i >= slots) /* only the last lap is not acknowledged */
                continue;
            ck_assert_int_eq(streamx_take_parts(consumer, &parts, count, STREAMX_NOWAIT), 1);
            ack_all(consumer);
        }
        ck_assert_int_eq(streamx_putv(producer, messages, count, STREAMX_NOWAIT), -EAGAIN);
        while (streamx_take_parts(consumer, &parts, count, STREAMX_NOWAIT) == 1)
            ;
        ack_all(consumer);
        ck_assert_int_eq(streamx_putv(producer, messages, count, STREAMX_NOWAIT), 0);
        ck_assert_int_eq(sx_producer_room(producer), slots - 1);
        leave(producer, consumer);
    }
}
END_TEST

/* On any machine. */
static void let_spin(struct sx_spin *spin)
{
    spin->budget_ns = 1;
    spin->tuned = false;
}

/* The ring is full, and has been for three laps; the consumer's cursor says so much more, or less.
 * How much room has a spin found? */
static int64_t room_by_spinning(int64_t more)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *consumer = join("s");
    uint64_t acked = UINT64_C(2) * SLOTS;
    int64_t room;

    for (uint64_t seq = 1; seq <= 3 * SLOTS; seq++) {
        put_text(producer, "x");
        if (seq <= acked)
            next_text(consumer, seq, "x");
        if (seq == acked)
            ack_all(consumer);
    }
    ck_assert_int_eq(try(producer, "y"), -EAGAIN);
    let_spin(&producer->spin);
    atomic_store(&consumer->seat->cursor, sx_cursor_make(acked + (uint64_t)more));
    room = sx_producer_spin(producer) ? sx_producer_room(producer) : 0;
    leave(producer, consumer);
    return room;
}

START_TEST(spin_finds_the_slots_that_are_free_and_no_more_than_there_are)
{
    for (int64_t more = -3; more <= 0; more++)
        ck_assert_int_eq(room_by_spinning(more), 0);
    for (int64_t more = 1; more <= SLOTS; more++)
        ck_assert_int_eq(room_by_spinning(more), more);
    ck_assert_int_eq(room_by_spinning(SLOTS + 1), SLOTS); /* what nobody has published yet */
    ck_assert_int_eq(room_by_spinning(1000000), SLOTS);
}
END_TEST

/* By one consumer, or by two. */
static void count_turns(bool two)
{
    struct streamx_producer *producer = make_ring("s", SLOTS);
    struct streamx_consumer *consumer = join("s"), *other = two ? join("s") : NULL;

    consumer->spin.budget_ns = 0;
    ck_assert(!sx_consumer_spin(consumer));
    ck_assert_uint_eq(consumer->spin.spins, 0);
    let_spin(&consumer->spin);
    let_spin(&producer->spin);
    ck_assert(!sx_consumer_spin(consumer));
    ck_assert_uint_eq(consumer->spin.spins, 1);
    ck_assert_uint_ge(consumer->spin.took, SX_SPIN_TURNS);
    for (unsigned i = 0; i < SLOTS; i++)
        put_text(producer, "x");
    ck_assert(sx_consumer_spin(consumer));
    ck_assert_uint_eq(consumer->spin.took, 1);
    ck_assert(!sx_producer_spin(producer));
    ck_assert_uint_eq(producer->spin.spins, 1);
    ck_assert_uint_ge(producer->spin.took, SX_SPIN_TURNS);
    next_text(consumer, 1, "x");
    ack_all(consumer);
    if (two) {
        next_text(other, 1, "x");
        ack_all(other);
    }
    ck_assert(sx_producer_spin(producer));
    ck_assert_uint_eq(producer->spin.took, 0);
    streamx_unsubscribe(other);
    leave(producer, consumer);
}

/* From which follows how long their turns are. */
START_TEST(spins_tell_how_many_turns_they_took)
{
    count_turns(false);
    count_turns(true);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "room", spins_tell_how_many_turns_they_took,
        spin_finds_the_slots_that_are_free_and_no_more_than_there_are,
        cursor_that_falls_back_behind_a_loan_stops_the_producer,
        what_is_fetched_ahead_is_a_slot_of_the_ring, lines_are_fetched_ahead_as_the_trial_says,
        what_a_dead_one_told_is_taken_back, publication_of_no_message_is_none,
        ends_that_contradict_the_length_are_damage, end_that_is_nowhere_in_the_payload_is_damage,
        batch_laid_out_in_another_way_is_taken_as_it_is, one_look_counts_all_slots_that_are_free);
}
