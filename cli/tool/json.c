/* SPDX-License-Identifier: MIT */
/*
 * Shows streams to programs. Keys stay as they are; new ones may come. Rates are null when only one
 * look was taken, commands when the process is not known, and bytes that are not UTF-8 become
 * U+FFFD.
 */
#include "tool/json.h"

#include "common/json.h"
#include "tool/blame.h"
#include "tool/outcome.h"

#include <stdio.h>

static json_t *integer(uint64_t number)
{
    return json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
}

static json_t *seconds(uint64_t duration_ns)
{
    return json_real((double)duration_ns / 1e9);
}

static json_t *text_or_null(const char *text)
{
    return *text != '\0' ? cli_json_text(text) : json_null();
}

/* Sets both names of a process: the short one and the whole command line. */
static void set_process(json_t *object, const struct cli_process *process)
{
    json_object_set_new(object, "command", text_or_null(process->command));
    json_object_set_new(object, "cmdline", text_or_null(process->arguments));
}

/* ---- who is waited for ---- */

static json_t *peer_json(const struct cli_pipe_peer *peer)
{
    json_t *object = json_object();

    json_object_set_new(object, "pid", integer(peer->pid));
    json_object_set_new(object, "state", json_string(peer->process.stopped ? "stopped" : "alive"));
    set_process(object, &peer->process);
    return object;
}

static json_t *blame_json(const struct cli_look_stream *stream)
{
    static const char *const words[] = {[CLI_BLAME_CONSUMER] = "consumer",
                                        [CLI_BLAME_BEHIND] = "behind",
                                        [CLI_BLAME_ATTACH] = "attach",
                                        [CLI_BLAME_PRODUCER] = "producer",
                                        [CLI_BLAME_TURN] = "turn"};
    struct cli_pipe_peer peer;
    struct cli_blame blame;
    json_t *object;

    cli_blame_find(&blame, stream);
    if (blame.who == CLI_BLAME_NOBODY)
        return json_null();
    object = json_object();
    json_object_set_new(object, "who", json_string(words[blame.who]));
    if (blame.consumer) {
        json_object_set_new(object, "pid", integer(blame.consumer->info.pid));
        json_object_set_new(object, "label", text_or_null(blame.consumer->info.label));
        json_object_set_new(object, "state", json_string(cli_look_consumer_state(blame.consumer)));
        json_object_set_new(object, "others", integer(blame.others));
        set_process(object, &blame.consumer->process);
    } else if (blame.who == CLI_BLAME_TURN) {
        json_object_set_new(object, "pid", integer(blame.holder->info.pid));
        json_object_set_new(object, "label", text_or_null(blame.holder->info.label));
        json_object_set_new(object, "state", json_string(cli_look_producer_state(blame.holder)));
        json_object_set_new(object, "others", integer(blame.others));
        set_process(object, &blame.holder->process);
    } else if (blame.who == CLI_BLAME_PRODUCER) {
        json_object_set_new(object, "pid", integer(stream->info.pid));
        json_object_set_new(object, "state", json_string(cli_look_stream_state(stream)));
        set_process(object, &stream->process);
    }
    json_object_set_new(object, "seconds", blame.has_wait ? seconds(blame.waited_ns) : json_null());
    json_object_set_new(object, "beyond",
                        cli_blame_beyond(&peer, &blame, stream) ? peer_json(&peer) : json_null());
    return object;
}

/* ---- streams ---- */

static void set_progress(json_t *object, const struct cli_look_stream *stream)
{
    const struct streamx_info *info = &stream->info;

    json_object_set_new(object, "slots", integer(info->slots));
    json_object_set_new(object, "slot_size", integer(info->slot_size));
    json_object_set_new(object, "messages", integer(info->published));
    json_object_set_new(object, "bytes", integer(info->bytes));
    json_object_set_new(object, "acknowledged", integer(info->acknowledged));
    json_object_set_new(object, "messages_per_s",
                        stream->has_rates ? json_real(stream->messages_per_s) : json_null());
    json_object_set_new(object, "bytes_per_s",
                        stream->has_rates ? json_real(stream->bytes_per_s) : json_null());
    json_object_set_new(object, "consumers", integer(info->consumers));
    json_object_set_new(object, "producers", integer(info->producers));
}

/* What list and info have in common. */
static json_t *stream_json(const struct cli_look_stream *stream)
{
    json_t *object = json_object();

    json_object_set_new(object, "name", text_or_null(stream->name));
    json_object_set_new(object, "state", json_string(cli_look_stream_state(stream)));
    if (stream->error != 0) {
        json_object_set_new(object, "error", json_string(cli_outcome_reason(stream->error)));
        return object;
    }
    json_object_set_new(object, "pid", integer(stream->info.pid));
    set_process(object, &stream->process);
    set_progress(object, stream);
    json_object_set_new(object, "waits_for", blame_json(stream));
    return object;
}

static json_t *consumer_json(const struct cli_look_consumer *consumer)
{
    const struct streamx_consumer_info *info = &consumer->info;
    json_t *object = json_object();

    json_object_set_new(object, "pid", integer(info->pid));
    set_process(object, &consumer->process);
    json_object_set_new(object, "label", text_or_null(info->label));
    json_object_set_new(object, "state", json_string(cli_look_consumer_state(consumer)));
    json_object_set_new(object, "acknowledged", integer(info->acknowledged));
    json_object_set_new(object, "behind", integer(info->behind));
    json_object_set_new(object, "waited_seconds", seconds(info->waited_ns));
    json_object_set_new(object, "attach", integer(info->attach));
    return object;
}

static json_t *producer_json(const struct cli_look_producer *producer)
{
    const struct streamx_producer_info *info = &producer->info;
    json_t *object = json_object();

    json_object_set_new(object, "pid", integer(info->pid));
    set_process(object, &producer->process);
    json_object_set_new(object, "label", text_or_null(info->label));
    json_object_set_new(object, "state", json_string(cli_look_producer_state(producer)));
    json_object_set_new(object, "has_turn", json_boolean(info->has_turn));
    json_object_set_new(object, "waited_seconds", seconds(info->waited_ns));
    json_object_set_new(object, "attach", integer(info->attach));
    return object;
}

static void set_details(json_t *object, const struct streamx_info *info)
{
    char mode[8];

    snprintf(mode, sizeof mode, "%04o", info->mode & 07777);
    json_object_set_new(object, "mode", json_string(mode));
    json_object_set_new(object, "uid", integer(info->uid));
    json_object_set_new(object, "type", text_or_null(info->type));
    json_object_set_new(object, "timestamps", json_boolean(info->flags & STREAMX_TIMESTAMPS));
    json_object_set_new(object, "pipe", json_boolean(info->flags & STREAMX_PIPE));
    json_object_set_new(object, "shared", json_boolean(info->flags & STREAMX_SHARED));
    json_object_set_new(object, "resume", json_boolean(info->flags & STREAMX_RESUME));
    json_object_set_new(object, "stamps", json_boolean(info->flags & STREAMX_STAMPS));
    json_object_set_new(object, "last_stamp", integer(info->last_stamp));
    json_object_set_new(object, "acknowledged_by_all", integer(info->acknowledged_by_all));
    json_object_set_new(object, "min_consumers", integer(info->min_consumers));
    json_object_set_new(object, "max_consumers", integer(info->max_consumers));
    json_object_set_new(object, "publications", integer(info->publications));
    json_object_set_new(object, "publications_in_ring", integer(info->publications_in_ring));
    json_object_set_new(object, "segment_bytes", integer(info->segment_bytes));
    json_object_set_new(object, "memory_bytes", integer(info->memory_bytes));
    json_object_set_new(object, "evict_after_seconds",
                        info->evict_after_ns > 0 ? seconds((uint64_t)info->evict_after_ns)
                                                 : json_null());
}

/* ---- lines ---- */

static int add(const char *text, size_t len, void *file)
{
    return fwrite(text, 1, len, file) == len ? 0 : -1;
}

/* Writes it as one line, and lets it go. */
static bool write_line(FILE *file, json_t *value)
{
    bool written = value && cli_json_dump(value, add, file) == 0 && fputc('\n', file) != EOF;

    json_decref(value);
    return written;
}

bool cli_tool_json_list(FILE *file, const struct cli_look *look)
{
    json_t *array = json_array();

    for (size_t i = 0; i < look->count; i++)
        json_array_append_new(array, stream_json(&look->streams[i]));
    return write_line(file, array);
}

bool cli_tool_json_info(FILE *file, const struct cli_look_stream *stream)
{
    json_t *object = stream_json(stream), *consumers = json_array(), *producers = json_array();

    for (size_t i = 0; i < stream->consumer_count; i++)
        json_array_append_new(consumers, consumer_json(&stream->consumers[i]));
    json_object_set_new(object, "consumers", consumers);
    for (size_t i = 0; i < stream->producer_count; i++)
        json_array_append_new(producers, producer_json(&stream->producers[i]));
    json_object_set_new(object, "producers", producers);
    set_details(object, &stream->info);
    return write_line(file, object);
}

bool cli_tool_json_removals(FILE *file, const struct cli_removal *removals, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *object = json_object();

        json_object_set_new(object, "name", text_or_null(removals[i].name));
        json_object_set_new(object, "removed", json_boolean(removals[i].removed));
        json_object_set_new(object, "unacknowledged", integer(removals[i].unacknowledged));
        json_object_set_new(object, "error",
                            removals[i].reason ? json_string(removals[i].reason) : json_null());
        json_array_append_new(array, object);
    }
    return write_line(file, array);
}
