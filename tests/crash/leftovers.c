/* SPDX-License-Identifier: MIT */
/* Scenes in which the victim deals with what a dead producer has left, or removes a name. */
#include "cast.h"

#include <errno.h>

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

const struct scene leftover_scenes[] = {
    {"inheritance_of_a_dead_producer", inheritance_of_a_dead_producer},
    {"removing_a_dead_stream", removing_a_dead_stream},
    {"removing_a_live_stream", removing_a_live_stream},
    {NULL, NULL},
};
