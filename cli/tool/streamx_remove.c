/* SPDX-License-Identifier: MIT */
/*
 * The commands that remove names: rm, and gc for all that is dead.
 *
 * gc looks first and removes then, but only what is dead at that very moment: the library refuses
 * what a new producer has taken over meanwhile. A dead stream that somebody still reads is left to
 * its readers, the last of whom tidies up.
 */
#include "tool/streamx_tool.h"

#include "common/exit_status.h"
#include "common/report.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t unacknowledged(const struct streamx_info *info)
{
    return info->published - info->acknowledged;
}

static int remove_failed(const char *name, int error)
{
    if (error != -EBUSY)
        return sx_tool_failed(name, error);
    sx_report("%s: its producer lives, so it stays; --force removes its name", name);
    return SX_STATUS_CREATE;
}

static const char *reason(int error)
{
    if (error == 0)
        return NULL;
    return error == -EBUSY ? "live" : sx_tool_reason(error);
}

/* Writes the JSON, if asked for, and what is pending. */
static int finish(const struct sx_tool_options *options, const struct sx_removal *removals,
                  size_t count, int status)
{
    if (options->json && !sx_json_removals(stdout, removals, count))
        status = SX_STATUS_FAILED;
    return sx_tool_flush(status);
}

int sx_tool_rm(const struct sx_tool_options *options)
{
    size_t count = (size_t)options->name_count;
    struct sx_removal *removals = calloc(count, sizeof *removals);
    int status = SX_STATUS_DONE;

    if (!removals)
        return sx_tool_failed(options->names[0], -ENOMEM);
    for (size_t i = 0; i < count; i++) {
        const char *name = options->names[i];
        struct streamx_info info = {.published = 0};
        int error;

        streamx_inspect(name, &info, sizeof info); /* for the report alone */
        error = streamx_remove(name, options->force ? STREAMX_FORCE : 0);
        removals[i] = (struct sx_removal){.name = name,
                                          .removed = error == 0,
                                          .reason = reason(error),
                                          .unacknowledged = unacknowledged(&info)};
        if (error != 0) {
            int failed = remove_failed(name, error);

            status = status == SX_STATUS_DONE ? failed : status;
        }
    }
    status = finish(options, removals, count, status);
    free(removals);
    return status;
}

/* ---- gc ---- */

static bool is_garbage(const struct sx_look_stream *stream)
{
    if (stream->error != 0 || stream->info.state == STREAMX_STATE_LIVE)
        return false;
    for (size_t i = 0; i < stream->consumer_count; i++)
        if (stream->consumers[i].info.state != STREAMX_CONSUMER_DEAD)
            return false;
    return true;
}

static void show_garbage(const struct sx_look_stream *stream, const char *verb)
{
    unsigned long long kept = unacknowledged(&stream->info);

    if (stream->info.state == STREAMX_STATE_CLOSED)
        printf("%s %s: it has ended\n", verb, stream->name);
    else
        printf("%s %s: its producer (pid %u) is gone, %llu value%s not acknowledged\n", verb,
               stream->name, stream->info.pid, kept, kept == 1 ? "" : "s");
}

/* What is dead; removed if `force`. Returns the exit status. */
static int collect(const struct sx_look_stream *stream, const struct sx_tool_options *options,
                   struct sx_removal *removal)
{
    int error = options->force ? streamx_remove(stream->name, 0) : 0;

    *removal = (struct sx_removal){.name = stream->name,
                                   .removed = options->force && error == 0,
                                   .reason = reason(error),
                                   .unacknowledged = unacknowledged(&stream->info)};
    if (error == -EBUSY || error == -ENOENT) /* taken over, or gone: no garbage any more */
        return SX_STATUS_DONE;
    if (error != 0)
        return sx_tool_failed(stream->name, error);
    if (!options->json)
        show_garbage(stream, options->force ? "removed" : "would remove");
    return SX_STATUS_DONE;
}

int sx_tool_gc(const struct sx_tool_options *options)
{
    struct sx_look look;
    struct sx_removal *removals;
    size_t count = 0;
    int failed = sx_look_all(&look), status = SX_STATUS_DONE;

    removals = calloc(look.count + 1, sizeof *removals);
    if (!failed && !removals)
        failed = -ENOMEM;
    for (size_t i = 0; !failed && i < look.count; i++) {
        if (!is_garbage(&look.streams[i]))
            continue;
        int one = collect(&look.streams[i], options, &removals[count++]);

        status = status == SX_STATUS_DONE ? one : status;
    }
    status = failed ? sx_tool_list_failed(failed) : finish(options, removals, count, status);
    free(removals);
    sx_look_free(&look);
    return status;
}
