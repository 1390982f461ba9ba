/* SPDX-License-Identifier: MIT */
/*
 * The commands that remove names: rm, and gc for all that is dead.
 *
 * gc looks first and removes then, but only what is dead at that very moment: the library refuses
 * what a new producer has taken over meanwhile. A dead stream that somebody still reads is left to
 * its readers, the last of whom tidies up.
 */
#include "tool/remove.h"

#include "common/exit_status.h"
#include "common/report.h"
#include "common/text.h"
#include "tool/json.h"
#include "tool/look.h"
#include "tool/outcome.h"
#include "tool/page.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t unacknowledged(const struct streamx_info *info)
{
    return info->published - info->acknowledged;
}

static int remove_failed(const char *name, int error)
{
    if (error != -EBUSY)
        return cli_outcome_not_removed(name, error);
    cli_report("%s: its producer is alive; --force removes the name all the same", name);
    return CLI_STATUS_CREATE;
}

static const char *reason(int error)
{
    if (error == 0)
        return NULL;
    return error == -EBUSY ? "live" : cli_outcome_reason(error);
}

/* Writes the JSON, if asked for, and what was shown. */
static int finish(const struct cli_tool_options *options, struct cli_page *page,
                  const struct cli_removal *removals, size_t count, int status)
{
    if (options->json && !cli_tool_json_removals(page->file, removals, count))
        status = CLI_STATUS_FAILED;
    return cli_page_end(page, status);
}

int cli_tool_rm(const struct cli_tool_options *options)
{
    size_t count = (size_t)options->name_count;
    struct cli_removal *removals = calloc(count, sizeof *removals);
    struct cli_page page;
    int status = CLI_STATUS_DONE;

    if (!removals || cli_page_open(&page) != 0) {
        free(removals);
        return cli_outcome_failed(options->names[0], -ENOMEM);
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = options->names[i];
        struct streamx_info info = {.published = 0};
        int error;

        streamx_inspect(name, &info, sizeof info); /* for the report alone */
        error = streamx_remove(name, options->force ? STREAMX_FORCE : 0);
        removals[i] = (struct cli_removal){.name = name,
                                           .removed = error == 0,
                                           .reason = reason(error),
                                           .unacknowledged = unacknowledged(&info)};
        if (error != 0) {
            int failed = remove_failed(name, error);

            status = status == CLI_STATUS_DONE ? failed : status;
        }
    }
    status = finish(options, &page, removals, count, status);
    free(removals);
    return status;
}

/* ---- gc ---- */

static bool is_garbage(const struct cli_look_stream *stream)
{
    if (stream->error != 0 || stream->info.state == STREAMX_STATE_LIVE)
        return false;
    for (size_t i = 0; i < stream->consumer_count; i++)
        if (stream->consumers[i].info.state != STREAMX_CONSUMER_DEAD)
            return false;
    return true;
}

static void show_garbage(FILE *file, const struct cli_look_stream *stream, const char *verb)
{
    unsigned long long kept = unacknowledged(&stream->info);
    char name[sizeof stream->name];

    snprintf(name, sizeof name, "%s", stream->name);
    cli_text_clean(name);

    if (stream->info.state == STREAMX_STATE_CLOSED)
        fprintf(file, "%s %s: it has ended\n", verb, name);
    else
        fprintf(file, "%s %s: its producer (pid %u) is gone, %llu message%s not acknowledged\n",
                verb, name, stream->info.pid, kept, kept == 1 ? "" : "s");
}

/* What is dead; removed if `force`. Returns the exit status. */
static int collect(const struct cli_look_stream *stream, const struct cli_tool_options *options,
                   FILE *file, struct cli_removal *removal)
{
    int error = options->force ? streamx_remove(stream->name, 0) : 0;

    *removal = (struct cli_removal){.name = stream->name,
                                    .removed = options->force && error == 0,
                                    .reason = reason(error),
                                    .unacknowledged = unacknowledged(&stream->info)};
    if (error == -EBUSY || error == -ENOENT) /* taken over, or gone: no garbage any more */
        return CLI_STATUS_DONE;
    if (error != 0)
        return cli_outcome_not_removed(stream->name, error);
    if (!options->json)
        show_garbage(file, stream, options->force ? "removed" : "would remove");
    return CLI_STATUS_DONE;
}

static int collect_all(const struct cli_look *look, const struct cli_tool_options *options,
                       struct cli_page *page, struct cli_removal *removals)
{
    int status = CLI_STATUS_DONE;
    size_t count = 0;

    for (size_t i = 0; i < look->count; i++) {
        if (!is_garbage(&look->streams[i]))
            continue;
        int one = collect(&look->streams[i], options, page->file, &removals[count++]);

        status = status == CLI_STATUS_DONE ? one : status;
    }
    return finish(options, page, removals, count, status);
}

int cli_tool_gc(const struct cli_tool_options *options)
{
    struct cli_look look;
    struct cli_removal *removals;
    struct cli_page page;
    int failed = cli_look_all(&look), status;

    removals = calloc(look.count + 1, sizeof *removals);
    if (!failed && (!removals || cli_page_open(&page) != 0))
        failed = -ENOMEM;
    status =
        failed ? cli_outcome_list_failed(failed) : collect_all(&look, options, &page, removals);
    free(removals);
    cli_look_free(&look);
    return status;
}
