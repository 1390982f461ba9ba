/* SPDX-License-Identifier: MIT */
/*
 * Finds who is waited for, and puts it into words.
 *
 * The stream says what its producer waits for (streamx_info.waiting_for) and for whom
 * (streamx_consumer_info.waited_ns). What it says of a producer that watches a descriptor may be
 * out of date once the wait is over, so it counts only while somebody is missing indeed.
 */
#include "tool/blame.h"

#include "common/clock.h"
#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MOMENT_NS (50 * CLI_CLOCK_MILLISECOND) /* shorter waits are part of a stream that flows */

static bool holds_up(const struct cli_look_consumer *consumer, const struct cli_look_stream *stream)
{
    bool flows = stream->has_rates && stream->messages_per_s > 0;

    return consumer->info.waited_ns > (flows ? MOMENT_NS : 0) &&
           consumer->info.state != STREAMX_CONSUMER_EVICTED;
}

static bool further(const struct cli_look_consumer *consumer, const struct cli_look_consumer *best)
{
    return !best || consumer->info.behind > best->info.behind;
}

static void find_consumer(struct cli_blame *blame, const struct cli_look_stream *stream)
{
    size_t count = 0;

    for (size_t i = 0; i < stream->consumer_count; i++) {
        const struct cli_look_consumer *consumer = &stream->consumers[i];

        if (!holds_up(consumer, stream))
            continue;
        count++;
        if (further(consumer, blame->consumer))
            blame->consumer = consumer;
    }
    if (count == 0)
        return;
    blame->who = CLI_BLAME_CONSUMER;
    blame->others = count - 1;
    blame->has_wait = true;
    blame->waited_ns = blame->consumer->info.waited_ns;
}

/* Nobody there who could acknowledge what is waited for, or too few to begin. */
static bool lacks_consumers(const struct streamx_info *info)
{
    if (info->waiting_for == 0)
        return false;
    if (info->published == 0 && info->consumers < info->min_consumers)
        return true;
    return info->consumers == 0 && info->waiting_for != UINT64_MAX &&
           info->waiting_for > info->acknowledged;
}

static const struct cli_look_producer *turn_of(const struct cli_look_stream *stream)
{
    for (size_t i = 0; i < stream->producer_count; i++)
        if (stream->producers[i].info.has_turn)
            return &stream->producers[i];
    return NULL;
}

/* A turn is over in a moment, unless its holder is stopped or has a slot borrowed. Who only tries
 * now and then is not known to wait; then it counts that nothing moves. */
static void find_turn(struct cli_blame *blame, const struct cli_look_stream *stream)
{
    size_t count = 0;

    blame->holder = turn_of(stream);
    for (size_t i = 0; i < stream->producer_count; i++) {
        const struct cli_look_producer *producer = &stream->producers[i];

        if (producer->info.has_turn || producer->info.waited_ns <= MOMENT_NS)
            continue;
        count++;
        if (!blame->waiter || producer->info.waited_ns > blame->waiter->info.waited_ns)
            blame->waiter = producer;
    }
    if (!blame->holder || (count == 0 && !(stream->has_rates && stream->messages_per_s == 0)))
        return;
    blame->who = CLI_BLAME_TURN;
    blame->others = count > 0 ? count - 1 : 0;
    blame->has_wait = count > 0;
    blame->waited_ns = count > 0 ? blame->waiter->info.waited_ns : 0;
}

/* Nothing moves: that is up to the one that is furthest behind, or to the producer if nobody is. */
static void find_idle(struct cli_blame *blame, const struct cli_look_stream *stream)
{
    if (stream->process.stopped)
        blame->who = CLI_BLAME_PRODUCER;
    if (!stream->has_rates || stream->messages_per_s > 0)
        return;
    for (size_t i = 0; i < stream->consumer_count; i++) {
        const struct cli_look_consumer *consumer = &stream->consumers[i];

        if (consumer->info.state == STREAMX_CONSUMER_ALIVE && consumer->info.behind > 0 &&
            further(consumer, blame->consumer))
            blame->consumer = consumer;
    }
    if (blame->consumer)
        blame->who = CLI_BLAME_BEHIND;
    else if (stream->info.consumers > 0)
        blame->who = CLI_BLAME_PRODUCER;
}

void cli_blame_find(struct cli_blame *blame, const struct cli_look_stream *stream)
{
    *blame = (struct cli_blame){.who = CLI_BLAME_NOBODY};
    if (stream->error != 0 || stream->info.state != STREAMX_STATE_LIVE)
        return;
    find_consumer(blame, stream);
    if (blame->who != CLI_BLAME_NOBODY)
        return;
    if (lacks_consumers(&stream->info)) {
        blame->who = CLI_BLAME_ATTACH;
        blame->has_wait = true;
        blame->waited_ns = stream->info.waiting_ns;
        return;
    }
    find_turn(blame, stream);
    if (blame->who == CLI_BLAME_NOBODY)
        find_idle(blame, stream);
}

bool cli_blame_beyond(struct cli_pipe_peer *peer, const struct cli_blame *blame,
                      const struct cli_look_stream *stream)
{
    bool turn = blame->who == CLI_BLAME_TURN;
    const struct cli_process *process = blame->consumer ? &blame->consumer->process
                                        : turn          ? &blame->holder->process
                                                        : &stream->process;

    /* what is not known to be the stream's process is not looked at, nor one that is stopped */
    if (process->command[0] == '\0' || process->stopped)
        return false;
    if (blame->consumer)
        return cli_pipe_reader(peer, blame->consumer->info.pid);
    if (turn)
        return cli_pipe_writer(peer, blame->holder->info.pid);
    return blame->who == CLI_BLAME_PRODUCER && cli_pipe_writer(peer, stream->info.pid);
}

/* ---- words ---- */

/* "label (pid 12, stopped)" */
static void name_party(char *text, size_t size, const char *label, uint32_t pid,
                       const struct cli_process *process, const char *state)
{
    bool usual = strcmp(state, "alive") == 0;

    snprintf(text, size, "%s (pid %u%s%s%s)", label, pid, process->elsewhere ? " elsewhere" : "",
             usual ? "" : ", ", usual ? "" : state);
    cli_text_clean(text);
}

static void name_consumer(char *text, size_t size, const struct cli_look_consumer *consumer)
{
    name_party(text, size, consumer->info.label, consumer->info.pid, &consumer->process,
               cli_look_consumer_state(consumer));
}

static void name_producer(char *text, size_t size, const struct cli_look_stream *stream)
{
    const char *command = stream->process.command;

    snprintf(text, size, "%s (pid %u%s%s)", *command ? command : "the producer", stream->info.pid,
             stream->process.elsewhere ? " elsewhere" : "",
             stream->process.stopped ? ", stopped" : "");
}

static void name_one_of_several(char *text, size_t size, const struct cli_look_producer *producer)
{
    name_party(text, size, producer->info.label, producer->info.pid, &producer->process,
               cli_look_producer_state(producer));
}

void cli_blame_brief(char *text, size_t size, const struct cli_look_stream *stream)
{
    struct cli_blame blame;
    char who[160], wait[32];

    cli_blame_find(&blame, stream);
    cli_text_duration(wait, sizeof wait, blame.waited_ns);
    if (blame.who == CLI_BLAME_CONSUMER) {
        name_consumer(who, sizeof who, blame.consumer);
        snprintf(text, size, "%s %s", who, wait);
    } else if (blame.who == CLI_BLAME_BEHIND) {
        name_consumer(who, sizeof who, blame.consumer);
        snprintf(text, size, "%s", who);
    } else if (blame.who == CLI_BLAME_ATTACH) {
        snprintf(text, size, "consumers %s", wait);
    } else if (blame.who == CLI_BLAME_TURN) {
        name_one_of_several(who, sizeof who, blame.holder);
        snprintf(text, size, "%s%s%s", who, blame.has_wait ? " " : "", blame.has_wait ? wait : "");
    } else if (blame.who == CLI_BLAME_PRODUCER) {
        name_producer(who, sizeof who, stream);
        snprintf(text, size, "%s", who);
    } else {
        snprintf(text, size, "-");
    }
}

static void blame_consumer(char *text, size_t size, const struct cli_blame *blame)
{
    char who[160], wait[32], others[64] = "";

    name_consumer(who, sizeof who, blame->consumer);
    cli_text_duration(wait, sizeof wait, blame->waited_ns);
    if (blame->others > 0)
        snprintf(others, sizeof others, "; %zu more hold%s it up too", blame->others,
                 blame->others == 1 ? "s" : "");
    snprintf(text, size,
             "the producer has been waiting for %s for %s, to acknowledge message %llu (%llu "
             "behind)%s",
             who, wait, (unsigned long long)blame->consumer->info.acknowledged + 1,
             (unsigned long long)blame->consumer->info.behind, others);
}

static void blame_absent(char *text, size_t size, const struct cli_look_stream *stream,
                         const struct cli_blame *blame)
{
    char wait[32];

    cli_text_duration(wait, sizeof wait, blame->waited_ns);
    if (stream->info.published == 0)
        snprintf(text, size, "the producer has been waiting for consumers for %s: %u of %u there",
                 wait, stream->info.consumers, stream->info.min_consumers);
    else
        snprintf(text, size,
                 "the producer has been waiting for a consumer for %s: nobody is attached", wait);
}

static void blame_turn(char *text, size_t size, const struct cli_blame *blame)
{
    char holder[160], waiter[160], wait[32], others[64] = "";

    name_one_of_several(holder, sizeof holder, blame->holder);
    if (!blame->waiter) {
        snprintf(text, size, "%s, which has the turn and does not put", holder);
        return;
    }
    name_one_of_several(waiter, sizeof waiter, blame->waiter);
    cli_text_duration(wait, sizeof wait, blame->waited_ns);
    if (blame->others > 0)
        snprintf(others, sizeof others, "; %zu more wait%s too", blame->others,
                 blame->others == 1 ? "s" : "");
    snprintf(text, size, "%s has been waiting for its turn behind %s for %s%s", waiter, holder,
             wait, others);
}

static void describe_state(char *text, size_t size, const struct cli_look_stream *stream)
{
    const struct streamx_info *info = &stream->info;

    if (info->state == STREAMX_STATE_DEAD && info->published == info->acknowledged)
        snprintf(text, size,
                 "the producer (pid %u) died or abandoned the stream; nothing is left in it",
                 info->pid);
    else if (info->state == STREAMX_STATE_DEAD)
        snprintf(text, size,
                 "the producer (pid %u) died or abandoned the stream, which keeps %llu "
                 "messages that nobody has acknowledged",
                 info->pid, (unsigned long long)(info->published - info->acknowledged));
    else if (info->state == STREAMX_STATE_CLOSED)
        snprintf(text, size, "the stream has ended");
    else if (info->consumers == 0)
        snprintf(text, size, "nobody; no consumer is attached");
    else if (stream->has_rates && stream->messages_per_s > 0)
        snprintf(text, size, "nobody; messages flow");
    else
        snprintf(text, size, "nobody");
}

void cli_blame_sentence(char *text, size_t size, const struct cli_look_stream *stream)
{
    struct cli_blame blame;
    char who[160];

    cli_blame_find(&blame, stream);
    switch (blame.who) {
    case CLI_BLAME_CONSUMER:
        blame_consumer(text, size, &blame);
        break;
    case CLI_BLAME_BEHIND:
        name_consumer(who, sizeof who, blame.consumer);
        snprintf(text, size,
                 "%s, which is %llu messages behind; the producer does not wait for it yet", who,
                 (unsigned long long)blame.consumer->info.behind);
        break;
    case CLI_BLAME_ATTACH:
        blame_absent(text, size, stream, &blame);
        break;
    case CLI_BLAME_PRODUCER:
        name_producer(who, sizeof who, stream);
        snprintf(text, size, "everybody waits for %s to put the next message", who);
        break;
    case CLI_BLAME_TURN:
        blame_turn(text, size, &blame);
        break;
    case CLI_BLAME_NOBODY:
        describe_state(text, size, stream);
        break;
    }
}

void cli_blame_sentence_beyond(char *text, size_t size, const struct cli_look_stream *stream)
{
    struct cli_pipe_peer peer;
    struct cli_blame blame;

    text[0] = '\0';
    cli_blame_find(&blame, stream);
    if (!cli_blame_beyond(&peer, &blame, stream))
        return;
    snprintf(text, size, "its %s %s (pid %u%s)",
             blame.consumer ? "output is full, and read by" : "input comes from",
             peer.process.command, peer.pid, peer.process.stopped ? ", stopped" : "");
    cli_text_clean(text);
}
