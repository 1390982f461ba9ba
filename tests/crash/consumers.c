/* SPDX-License-Identifier: MIT */
/* Scenes in which a consumer of a live stream is the victim. */
#include "cast.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* How a victim behaves. By turns: each message finds it asleep, and each acknowledgment the
 * producer, so that both pass all that there is to pass. */
struct manner {
    uint32_t start;
    bool by_turns;
};

static void await_turn(const struct manner *manner)
{
    while (manner->by_turns && !producer_sleeps())
        usleep(100);
}

/* Takes and acknowledges in every way, says on the board how far it got, and leaves. */
static void consume_some(void *arg)
{
    const struct manner *manner = arg;
    struct streamx_consumer *consumer = subscribe_or_fail(manner->start);
    struct streamx_message message;

    for (int i = 0; i < 4; i++) {
        if (i > 0)
            await_turn(manner);
        atomic_store(&board->words[TRIED], atomic_load(&board->words[GOT]));
        must(streamx_next(consumer, &message, PATIENCE) == 1);
        must(streamx_relabel(consumer, "busy") == 0);
        atomic_store(&board->words[ACKED], atomic_load(&board->words[TRIED]));
        atomic_store(&board->words[GOT], message.seq);
    }
    atomic_store(&board->words[TRIED], message.seq);
    await_turn(manner);
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

/* Waits until the only consumer sleeps before each number, and sleeps itself until that one is
 * acknowledged. */
static uint64_t put_by_turns_until_ended(struct streamx_producer *producer, pid_t child)
{
    uint64_t number[2] = {2, 1};

    while (!has_ended(child)) {
        if (!consumer_sleeps()) {
            usleep(100);
        } else if (streamx_put(producer, number, sizeof number, STREAMX_NOWAIT) == 0) {
            number[1]++;
            while (streamx_wait(producer, STREAMX_DRAINED, 2 * 1000 * 1000) < 0)
                if (has_ended(child))
                    return number[1];
        }
    }
    return number[1];
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
    struct manner manner = {.start = victim_start};
    pid_t steady = start(receive_all, NULL), victim;
    uint64_t seq = 1;

    for (; seq <= 2 * slots; seq++)
        must(put_number(producer, 2, seq) == 0);
    victim = start_victim(consume_some, &manner);
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

/* Ten more messages for one who comes after the victim. */
static void be_succeeded(struct streamx_producer *producer, uint64_t seq)
{
    pid_t successor;

    atomic_store(&board->words[6], seq + 10);
    successor = start(succeed, NULL);
    finish(producer, seq, seq + 10);
    must_end(successor);
}

/* The only consumer dies; its successor goes on where it had acknowledged. */
static void play_succession(const struct streamx_options *options, void (*consume)(void *),
                            bool by_turns)
{
    struct streamx_producer *producer = create_or_fail(options);
    struct manner manner = {.start = STREAMX_START_NEXT, .by_turns = by_turns};
    pid_t victim = start_victim(consume, &manner);

    be_succeeded(producer, by_turns ? put_by_turns_until_ended(producer, victim)
                                    : put_until_ended(producer, victim, 1));
}

static void succession(void)
{
    play_succession(&(struct streamx_options){.spin_ns = -1}, consume_some, false);
}

static void succession_by_turns(void)
{
    play_succession(&(struct streamx_options){.spin_ns = -1}, consume_some, true);
}

static void succession_in_the_only_seat(void)
{
    play_succession(&(struct streamx_options){.slots = 3, .max_consumers = 1, .spin_ns = -1},
                    consume_some, false);
}

/* Its acknowledgments are compare-and-swaps; it is never late enough to lose its seat. */
static void succession_where_late_ones_are_evicted(void)
{
    play_succession(&(struct streamx_options){.evict_after_ns = PATIENCE, .spin_ns = -1},
                    consume_some, true);
}

static void take_and_acknowledge(struct streamx_consumer *consumer, const struct manner *manner)
{
    struct streamx_message message;
    int result;

    while ((result = streamx_take(consumer, &message, STREAMX_NOWAIT)) == -EAGAIN)
        await_readable(streamx_consumer_fd(consumer));
    must(result == 1);
    atomic_store(&board->words[TRIED], message.seq);
    await_turn(manner);
    must(streamx_ack(consumer, message.seq) == 0);
    atomic_store(&board->words[ACKED], message.seq);
}

static void consume_polling(void *arg)
{
    const struct manner *manner = arg;
    struct streamx_consumer *consumer = subscribe_or_fail(manner->start);

    for (int i = 0; i < 4; i++)
        take_and_acknowledge(consumer, manner);
    streamx_unsubscribe(consumer);
}

static void succession_of_one_that_polls(void)
{
    play_succession(&(struct streamx_options){.spin_ns = -1}, consume_polling, true);
}

/* A few messages for each of which the producer sleeps, then many for which it does not. */
static void consume_burst(void *arg)
{
    static const struct manner by_turns = {.by_turns = true}, at_once = {.by_turns = false};
    struct streamx_consumer *consumer = subscribe_or_fail(STREAMX_START_NEXT);
    int singles = *(int *)arg;

    for (int i = 0; i < singles; i++)
        take_and_acknowledge(consumer, &by_turns);
    while (atomic_load(&board->words[READY]) == 0)
        usleep(100);
    for (int i = 0; i < BURST; i++)
        take_and_acknowledge(consumer, &at_once);
    streamx_unsubscribe(consumer);
}

static void succession_after_a_burst(void)
{
    struct streamx_options options = {.slots = 128, .spin_ns = -1};
    struct streamx_producer *producer = create_or_fail(&options);
    int singles = 5;
    pid_t victim = start_victim(consume_burst, &singles);
    bool ended = false;
    uint64_t seq = 1;

    for (; seq <= (uint64_t)singles; seq++) {
        must(put_number(producer, 2, seq) == 0);
        while (!ended && streamx_wait(producer, STREAMX_DRAINED, 2 * 1000 * 1000) < 0)
            ended = has_ended(victim);
    }
    for (int i = 0; i < BURST; i++)
        must(put_number(producer, 2, seq++) == 0);
    atomic_store(&board->words[READY], 1);
    if (!ended)
        must_end(victim);
    be_succeeded(producer, seq);
}

/* The victim needs the seat of one who died before. */
static void seat_of_a_dead_one(void)
{
    struct streamx_options options = {.max_consumers = 1, .spin_ns = -1};
    struct streamx_producer *producer = create_or_fail(&options);
    struct manner manner = {.start = STREAMX_START_NEXT};
    pid_t doomed = start(hold_first, NULL);
    uint64_t seq;

    must(put_number(producer, 2, 1) == 0);
    while (atomic_load(&board->words[READY]) == 0)
        usleep(100);
    kill_now(doomed);
    seq = put_until_ended(producer, start_victim(consume_some, &manner), 2);
    be_succeeded(producer, seq);
}

/* Keeps the name until it has had the end. */
static void keep_until_the_end(void *arg)
{
    struct streamx_subscribe_options options = {.spin_ns = -1, .flags = STREAMX_KEEP};
    struct streamx_consumer *consumer;
    struct streamx_message message;
    int result;

    (void)arg;
    must(streamx_subscribe(&consumer, STREAM, &options, PATIENCE) == 0);
    atomic_store(&board->words[READY], 1);
    while ((result = streamx_next(consumer, &message, PATIENCE)) == 1)
        atomic_store(&board->words[GOT], message.seq);
    must(result == 0);
    streamx_unsubscribe(consumer);
}

/* An ended stream that is still there under its name says how it ended, and is in nobody's way. */
static void name_is_kept(void)
{
    struct streamx_options options = {.slots = 8, .spin_ns = -1};
    struct streamx_producer *producer = create_or_fail(&options);
    pid_t victim = start_victim(keep_until_the_end, NULL);
    struct streamx_info info;
    bool ended = false;
    int result;

    while (atomic_load(&board->words[READY]) == 0 && !(ended = has_ended(victim)))
        usleep(100);
    for (uint64_t seq = 1; seq <= 3; seq++)
        must(put_number(producer, 2, seq) == 0);
    while (!ended && streamx_drain(producer, 2 * 1000 * 1000) != 0)
        ended = has_ended(victim);
    streamx_close(producer, STREAMX_NOWAIT);
    if (!ended)
        must_end(victim);
    result = streamx_inspect(STREAM, &info, sizeof info);
    must(result == -ENOENT || (info.state == STREAMX_STATE_CLOSED && info.published == 3));
}

const struct scene consumer_scenes[] = {
    {"beside_a_steady_one", beside_a_steady_one},
    {"beside_a_steady_one_from_the_oldest", beside_a_steady_one_from_the_oldest},
    {"beside_a_steady_one_from_the_next_to_come", beside_a_steady_one_from_the_next_to_come},
    {"succession", succession},
    {"succession_by_turns", succession_by_turns},
    {"succession_in_the_only_seat", succession_in_the_only_seat},
    {"succession_where_late_ones_are_evicted", succession_where_late_ones_are_evicted},
    {"succession_of_one_that_polls", succession_of_one_that_polls},
    {"succession_after_a_burst", succession_after_a_burst},
    {"seat_of_a_dead_one", seat_of_a_dead_one},
    {"name_is_kept", name_is_kept},
    {NULL, NULL},
};
