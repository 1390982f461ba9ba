/* SPDX-License-Identifier: MIT */
/*
 * Takes looks at streams, from outside: nobody is disturbed. A stream that comes or goes meanwhile
 * is left out; one that cannot be looked at is kept, with the reason.
 */
#include "tool/look.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more element, at the end; NULL if there is no memory. */
static void *append(void **array, size_t *count, size_t element_bytes)
{
    bool is_full = (*count & (*count - 1)) == 0; /* a power of two, or none */
    void *grown = *array;
    unsigned char *added;

    if (is_full)
        grown = reallocarray(*array, *count > 0 ? 2 * *count : 1, element_bytes);
    if (!grown)
        return NULL;
    *array = grown;
    added = (unsigned char *)grown + *count * element_bytes;
    memset(added, 0, element_bytes);
    ++*count;
    return added;
}

/* ---- one stream ---- */

static int add_producer(const struct streamx_producer_info *info, void *arg)
{
    struct cli_look_stream *stream = arg;
    void *array = stream->producers;
    struct cli_look_producer *producer = append(&array, &stream->producer_count, sizeof *producer);

    stream->producers = array;
    if (!producer)
        return -ENOMEM;
    producer->info = *info;
    if (info->state != STREAMX_PRODUCER_DEAD)
        cli_process_look(&producer->process, info->pid, stream->name);
    return 0;
}

static int add_consumer(const struct streamx_consumer_info *info, void *arg)
{
    struct cli_look_stream *stream = arg;
    void *array = stream->consumers;
    struct cli_look_consumer *consumer = append(&array, &stream->consumer_count, sizeof *consumer);

    stream->consumers = array;
    if (!consumer)
        return -ENOMEM;
    consumer->info = *info;
    if (info->state != STREAMX_CONSUMER_DEAD)
        cli_process_look(&consumer->process, info->pid, stream->name);
    return 0;
}

static void look_at(struct cli_look_stream *stream, const char *name)
{
    *stream = (struct cli_look_stream){.error = 0};
    strncpy(stream->name, name, sizeof stream->name - 1);
    stream->error = streamx_inspect(name, &stream->info, sizeof stream->info);
    stream->time_ns = cli_clock_now();
    if (stream->error == 0)
        stream->error = streamx_inspect_consumers(name, add_consumer, stream);
    if (stream->error == 0 && (stream->info.flags & STREAMX_SHARED))
        stream->error = streamx_inspect_producers(name, add_producer, stream);
    if (stream->error == 0 && stream->info.state == STREAMX_STATE_LIVE)
        cli_process_look(&stream->process, stream->info.pid, name);
}

void cli_look_one(struct cli_look_stream *stream, const char *name)
{
    cli_process_forget();
    look_at(stream, name);
}

void cli_look_free_stream(struct cli_look_stream *stream)
{
    free(stream->consumers);
    stream->consumers = NULL;
    stream->consumer_count = 0;
    free(stream->producers);
    stream->producers = NULL;
    stream->producer_count = 0;
}

void cli_look_rates_one(struct cli_look_stream *now, const struct cli_look_stream *before)
{
    double seconds = (double)(now->time_ns - before->time_ns) / CLI_CLOCK_SECOND;

    if (now->error != 0 || before->error != 0 || seconds <= 0 ||
        now->info.created_ns != before->info.created_ns || now->info.pid != before->info.pid)
        return;
    now->has_rates = true;
    now->messages_per_s = (double)(now->info.published - before->info.published) / seconds;
    now->bytes_per_s = (double)(now->info.bytes - before->info.bytes) / seconds;
}

/* ---- all of them ---- */

static int add_stream(const char *name, void *arg)
{
    struct cli_look *look = arg;
    void *array = look->streams;
    struct cli_look_stream *stream = append(&array, &look->count, sizeof *stream);

    look->streams = array;
    if (!stream)
        return -ENOMEM;
    look_at(stream, name);
    if (stream->error == -ENOENT || stream->error == -EINVAL) { /* gone, or no stream's name */
        cli_look_free_stream(stream);
        look->count--;
    }
    return stream->error == -ENOMEM ? -ENOMEM : 0;
}

static int by_name(const void *a, const void *b)
{
    const struct cli_look_stream *left = a, *right = b;

    return strcmp(left->name, right->name);
}

int cli_look_all(struct cli_look *look)
{
    int result;

    *look = (struct cli_look){.streams = NULL};
    cli_process_forget();
    result = streamx_list(add_stream, look);
    if (look->count > 0)
        qsort(look->streams, look->count, sizeof *look->streams, by_name);
    return result;
}

void cli_look_rates(struct cli_look *now, const struct cli_look *before)
{
    for (size_t i = 0; i < now->count && before->count > 0; i++) {
        const struct cli_look_stream *same =
            bsearch(&now->streams[i], before->streams, before->count, sizeof *same, by_name);

        if (same)
            cli_look_rates_one(&now->streams[i], same);
    }
}

void cli_look_free(struct cli_look *look)
{
    for (size_t i = 0; i < look->count; i++)
        cli_look_free_stream(&look->streams[i]);
    free(look->streams);
    *look = (struct cli_look){.streams = NULL};
}

/* ---- states ---- */

const char *cli_look_stream_state(const struct cli_look_stream *stream)
{
    if (stream->error != 0)
        return stream->error == -EPROTO ? "other version" : "no access";
    if (stream->info.state == STREAMX_STATE_CLOSED)
        return "closed";
    if (stream->info.state == STREAMX_STATE_DEAD)
        return "dead";
    return stream->process.stopped ? "stopped" : "live";
}

const char *cli_look_consumer_state(const struct cli_look_consumer *consumer)
{
    if (consumer->info.state == STREAMX_CONSUMER_DEAD)
        return "dead";
    if (consumer->info.state == STREAMX_CONSUMER_EVICTED)
        return "evicted";
    if (consumer->info.state == STREAMX_CONSUMER_JOINING)
        return "joining";
    if (consumer->info.state == STREAMX_CONSUMER_RETIRED)
        return "done";
    return consumer->process.stopped ? "stopped" : "alive";
}

const char *cli_look_producer_state(const struct cli_look_producer *producer)
{
    if (producer->info.state == STREAMX_PRODUCER_DEAD)
        return "dead";
    if (producer->info.state == STREAMX_PRODUCER_JOINING)
        return "joining";
    if (producer->info.state == STREAMX_PRODUCER_LEAVING)
        return "leaving";
    return producer->process.stopped ? "stopped" : "alive";
}
