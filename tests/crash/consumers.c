/* SPDX-License-Identifier: MIT */
/* Scenes in which a consumer is the victim, or somebody who removes a name. */
#include "cast.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Takes and acknowledges in every way, says on the board how far it got, and leaves. */
static void consume_some(void *arg)
{
    struct streamx_consumer *consumer = subscribe_or_fail(*(uint32_t *)arg);
    struct streamx_message message;

    for (int i = 0; i < 4; i++) {
        atomic_store(&board->words[TRIED], atomic_load(&board->words[GOT]));
        must(streamx_next(consumer, &message, PATIENCE) == 1);
        atomic_store(&board->words[ACKED], atomic_load(&board->words[TRIED]));
        atomic_store(&board->words[GOT], message.seq);
    }
    atomic_store(&board->words[TRIED], message.seq);
    must(streamx_ack(consumer, message.seq) == 0);
    atomic_store(&board->words[ACKED], message.seq);
    streamx_unsubscribe(consumer);
}

/* Puts numbers until the child has ended; returns the next number. */
static uint64_t put_until_ended(struct streamx_producer *producer, pid_t child, uint64_t seq)
{
    uint64_t number[2] = {2, seq};

    while (!has_ended(child))
        if (streamx_put(producer, number, sizeof number, 2 * 1000 * 1000) == 0)
            number[1] = ++seq;
    return seq;
}

static void finish(struct streamx_producer *producer, uint64_t seq, uint64_t last)
{
    for (; seq <= last; seq++)
        must(put_number(producer, 2, seq) == 0);
    must(streamx_close(producer, PATIENCE) == 0);
}

/* Receives everything from 1 on, until the end. */
static void receive_all(void *arg)
{
    struct streamx_consumer *consumer = subscribe_or_fail(STREAMX_START_NEXT);
    struct streamx_message message;
    uint32_t generation = 2;
    uint64_t seq = 0;

    (void)arg;
    atomic_store(&board->words[READY], 1);
    while (streamx_next(consumer, &message, PATIENCE) == 1)
        check_number(&message, &generation, ++seq);
    must(streamx_next(consumer, &message, PATIENCE) == 0);
    must(seq == atomic_load(&board->words[6]));
    streamx_unsubscribe(consumer);
}

/* Beside a consumer that must get everything. */
static void play_beside_a_steady_one(uint32_t slots, uint32_t victim_start)
{
    struct streamx_options options = {.slots = slots, .min_consumers = 1, .spin_ns = -1};
    struct streamx_producer *producer = create_or_fail(&options);
    pid_t steady = start(receive_all, NULL), victim;
    uint64_t seq = 1;

    for (; seq <= 2 * slots; seq++)
        must(put_number(producer, 2, seq) == 0);
    victim = start_victim(consume_some, &victim_start);
    seq = put_until_ended(producer, victim, seq);
    atomic_store(&board->words[6], seq + 10);
    finish(producer, seq, seq + 10);
    must_end(steady);
}

static void beside_a_steady_one(void)
{
    play_beside_a_steady_one(1, STREAMX_START_NEXT);
}

static void beside_a_steady_one_from_the_oldest(void)
{
    play_beside_a_steady_one(4, STREAMX_START_OLDEST);
}

static void beside_a_steady_one_from_the_next_to_come(void)
{
    play_beside_a_steady_one(2, STREAMX_START_NEW);
}

/* Receives what the victim has left, until the end. */
static void succeed(void *arg)
{
    struct streamx_consumer *consumer = subscribe_or_fail(STREAMX_START_NEXT);
    struct streamx_message message;
    uint32_t generation = 2;
    uint64_t seq;

    (void)arg;
    must(streamx_next(consumer, &message, PATIENCE) == 1);
    seq = message.seq;
    /* Nothing between what was acknowledged and this is lost, nothing acknowledged comes again. */
    must(seq > atomic_load(&board->words[ACKED]));
    must(seq <= atomic_load(&board->words[TRIED]) + 1);
    do
        check_number(&message, &generation, seq++);
    while (streamx_next(consumer, &message, PATIENCE) == 1);
    must(streamx_next(consumer, &message, PATIENCE) == 0);
    must(seq == atomic_load(&board->words[6]) + 1);
    streamx_unsubscribe(consumer);
}

/* The only consumer dies; its successor goes on where it had acknowledged. */
static void play_succession(uint32_t slots, uint32_t seats)
{
    struct streamx_options options = {.slots = slots, .max_consumers = seats, .spin_ns = -1};
    struct streamx_producer *producer = create_or_fail(&options);
    uint32_t from = STREAMX_START_NEXT;
    pid_t successor;
    uint64_t seq = put_until_ended(producer, start_victim(consume_some, &from), 1);

    atomic_store(&board->words[6], seq + 10);
    successor = start(succeed, NULL);
    finish(producer, seq, seq + 10);
    must_end(successor);
}

static void succession(void)
{
    play_succession(1, 64);
}

static void succession_in_the_only_seat(void)
{
    play_succession(3, 1);
}

/* The victim needs the seat of one who died before. */
static void seat_of_a_dead_one(void)
{
    struct streamx_options options = {.max_consumers = 1, .spin_ns = -1};
    struct streamx_producer *producer = create_or_fail(&options);
    uint32_t from = STREAMX_START_NEXT;
    pid_t doomed = start(hold_first, NULL), successor;
    uint64_t seq;

    must(put_number(producer, 2, 1) == 0);
    while (atomic_load(&board->words[READY]) == 0)
        usleep(100);
    kill_now(doomed);
    seq = put_until_ended(producer, start_victim(consume_some, &from), 2);
    atomic_store(&board->words[6], seq + 10);
    successor = start(succeed, NULL);
    finish(producer, seq, seq + 10);
    must_end(successor);
}

static void leave_three(void *arg)
{
    struct streamx_options options = {.slots = 4};
    struct streamx_producer *producer = create_or_fail(&options);

    (void)arg;
    for (uint64_t seq = 1; seq <= 3; seq++)
        must(put_number(producer, 1, seq) == 0);
}

/* Receives what a dead producer has left. */
static void clear_up(void *arg)
{
    struct streamx_subscribe_options options = {.spin_ns = -1};
    struct streamx_consumer *consumer;
    struct streamx_message message;
    uint32_t generation = 1;
    uint64_t seq = atomic_load(&board->words[ACKED]);
    int result = streamx_subscribe(&consumer, STREAM, &options, STREAMX_NOWAIT);

    (void)arg;
    if (result == -ENOENT) { /* the victim has acknowledged everything */
        must(atomic_load(&board->words[TRIED]) == 3);
        return;
    }
    must(result == 0);
    while ((result = streamx_next(consumer, &message, PATIENCE)) == 1) {
        if (seq + 1 < message.seq)
            seq = atomic_load(&board->words[TRIED]);
        check_number(&message, &generation, ++seq);
        atomic_store(&board->words[ACKED], atomic_load(&board->words[TRIED]));
        atomic_store(&board->words[TRIED], seq);
    }
    must(result == -EOWNERDEAD);
    must(seq == 3);
    streamx_unsubscribe(consumer);
}

static void inheritance_of_a_dead_producer(void)
{
    must_end(start(leave_three, NULL));
    must_end(start_victim(clear_up, NULL));
    clear_up(NULL);
}

static void remove_name(void *arg)
{
    int result = streamx_remove(STREAM, *(unsigned *)arg);

    must(result == 0 || result == -ENOENT);
}

static void removing_a_dead_stream(void)
{
    unsigned flags = 0;

    must_end(start(leave_three, NULL));
    must_end(start_victim(remove_name, &flags));
    remove_name(&flags);
}

static void removing_a_live_stream(void)
{
    struct streamx_producer *producer = create_or_fail(NULL), *next;
    unsigned flags = STREAMX_FORCE;

    must_end(start_victim(remove_name, &flags));
    remove_name(&flags);
    next = create_or_fail(NULL);
    must(streamx_close(producer, STREAMX_NOWAIT) == 0);
    must(streamx_remove(STREAM, 0) == -EBUSY); /* the successor's name is still there */
    must(streamx_close(next, STREAMX_NOWAIT) == 0);
}

const struct scene consumer_scenes[] = {
    {"beside_a_steady_one", beside_a_steady_one},
    {"beside_a_steady_one_from_the_oldest", beside_a_steady_one_from_the_oldest},
    {"beside_a_steady_one_from_the_next_to_come", beside_a_steady_one_from_the_next_to_come},
    {"succession", succession},
    {"succession_in_the_only_seat", succession_in_the_only_seat},
    {"seat_of_a_dead_one", seat_of_a_dead_one},
    {"inheritance_of_a_dead_producer", inheritance_of_a_dead_producer},
    {"removing_a_dead_stream", removing_a_dead_stream},
    {"removing_a_live_stream", removing_a_live_stream},
    {NULL, NULL},
};
