/* SPDX-License-Identifier: MIT */
/*
 * A reader is attached to one stream at a time. However it ends, it gives up its seat first, so
 * that the producer does not wait for it; and what was not written out it has not acknowledged, so
 * that the next one gets it.
 *
 * One that follows and finds a new stream does not read from it before all others have come that
 * follow the same name (company.h): what nobody has acknowledged goes to all who attach, so that
 * each of them gets the whole stream, however fast the first of them is back.
 */
#include "sub/reader.h"

#include "common/clock.h"
#include "common/denied.h"
#include "common/exit_status.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/similar.h"
#include "common/text.h"
#include "sub/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_NS 1                                 /* of a look for a stream */
#define WATCHED_NS (5 * CLI_CLOCK_SECOND)         /* between looks, where it is heard of anyway */
#define UNWATCHED_NS (50 * CLI_CLOCK_MILLISECOND) /* ... and where it is not */
#define HOLD_TICK_NS (20 * CLI_CLOCK_MILLISECOND)

/* What the name leads to; 0: to nothing that is known. */
static uint64_t created_of(const char *name)
{
    struct streamx_info info;

    return streamx_inspect(name, &info, sizeof info) == 0 ? info.created_ns : 0;
}

struct cli_reader *cli_reader_new(const struct cli_sub *sub, const char *name, bool is_match)
{
    struct cli_reader *reader = calloc(1, sizeof *reader);

    if (!reader)
        return NULL;
    snprintf(reader->name, sizeof reader->name, "%s", name);
    snprintf(reader->shown, sizeof reader->shown, "%s", name);
    if (isatty(sub->output.fd))
        cli_text_clean(reader->shown);
    reader->is_match = is_match;
    reader->found_ns = created_of(name);
    cli_company_init(&reader->company);
    if (sub->options.follow && !sub->options.tap)
        cli_company_join(&reader->company, reader->name);
    return reader;
}

void cli_reader_free(struct cli_reader *reader)
{
    streamx_unsubscribe(reader->consumer);
    cli_company_leave(&reader->company);
    free(reader);
}

/* ---- attaching ---- */

static int not_permitted(const struct cli_sub *sub, const struct cli_reader *reader)
{
    char reason[256];

    cli_denied_reason(reason, sizeof reason, reader->name,
                      sub->options.tap ? CLI_DENIED_READ : CLI_DENIED_ATTACH);
    cli_report("%s: %s", reader->name, reason);
    return CLI_STATUS_PERMISSION;
}

static int look_failed(const struct cli_sub *sub, const struct cli_reader *reader, int error)
{
    char similar[STREAMX_NAME_MAX + 1];
    const char *name = reader->name;

    switch (error) {
    case -ENOENT:
        if (cli_similar_stream(similar, name))
            cli_report("%s: no such stream in %s; there is '%s'", name, streamx_directory(),
                       similar);
        else
            cli_report("%s: no such stream in %s", name, streamx_directory());
        return CLI_STATUS_ABSENT;
    case -EPERM:
    case -EACCES:
        return not_permitted(sub, reader);
    case -EOPNOTSUPP:
        cli_report("%s: cannot subscribe through the file system of %s; have STREAMX_DIR name the "
                   "publisher's own directory, not an overlay of it",
                   name, streamx_directory());
        return CLI_STATUS_FAILED;
    case -EUSERS:
        cli_report("%s: the stream has no seat left", name);
        return CLI_STATUS_FAILED;
    case -EPROTO:
        cli_report("%s: a stream of another layout version, or a damaged one", name);
        return CLI_STATUS_FAILED;
    default:
        cli_report("%s: cannot subscribe: %s", name, strerror(-error));
        return CLI_STATUS_FAILED;
    }
}

/* A look by name at the stream that it is about to attach to, and when that was. */
struct look {
    uint64_t created_ns; /* 0: nothing was there */
    int64_t at_ns;
};

/* Is that the seat which this process has taken since? */
static int is_own(const struct streamx_consumer_info *info, void *arg)
{
    const struct look *before = arg;

    return info->pid == (uint32_t)getpid() && info->state == STREAMX_CONSUMER_ALIVE &&
           info->attached_ns >= (uint64_t)before->at_ns;
}

/*
 * Looks at the stream that it has attached to. Around that the name may have been given to another
 * one, and others are to know at which of the two it is. A name never goes back to an earlier
 * stream, so what it led to both before and after is the one; else the seats tell.
 */
static bool look_at_own(const char *name, struct look *before, struct streamx_info *info)
{
    bool found = streamx_inspect(name, info, sizeof *info) == 0;

    while (found && info->created_ns != before->created_ns) {
        uint64_t created_ns = info->created_ns;
        bool seated = streamx_inspect_consumers(name, is_own, before) == 1;

        found = streamx_inspect(name, info, sizeof *info) == 0;
        if (found && info->created_ns == created_ns)
            return seated;
    }
    return found;
}

/*
 * What is to be known of the stream. If its name is gone by now, or leads to a successor, then most
 * likely the producer has ended or died, and evicts nobody any more; but it may have been removed.
 */
static void inspect(struct cli_sub *sub, struct cli_reader *reader, struct look *before)
{
    struct streamx_info info;
    bool known = sub->options.tap ? streamx_inspect(reader->name, &info, sizeof info) == 0
                                  : look_at_own(reader->name, before, &info);

    reader->verify = !sub->options.tap && (!known || info.evict_after_ns > 0);
    if (known && info.created_ns == reader->created_ns)
        reader->was_absent = false; /* the one that it was at before */
    else if (known && info.created_ns != reader->found_ns)
        reader->was_absent = true; /* even if it was there by the first look */
    reader->created_ns = known ? info.created_ns : 0;
    reader->hold_ns = known && info.evict_after_ns > 0 ? cli_clock_after(info.evict_after_ns / 2)
                                                       : CLI_CLOCK_NEVER;
    reader->state = CLI_READER_ATTACHED;
    if (sub->options.follow && known && !sub->options.tap) {
        cli_company_arrive(&reader->company, reader->created_ns);
        reader->state = CLI_READER_HELD;
    }
}

int cli_reader_look(struct cli_sub *sub, struct cli_reader *reader)
{
    const struct cli_sub_options *options = &sub->options;
    bool waits =
        reader->was_absent || (!options->no_wait && (!reader->is_match || options->follow));
    struct look before = {.at_ns = cli_clock_now(), .created_ns = created_of(reader->name)};
    /* with a time, however short, -ENOENT is about the directory, for which nobody waits */
    int result = streamx_subscribe(&reader->consumer, reader->name, &options->stream,
                                   waits ? LOOK_NS : STREAMX_NOWAIT);

    if (result == -ETIMEDOUT) {
        reader->was_absent = true;
        reader->look_ns = cli_clock_after(sub->watch_fd >= 0 ? WATCHED_NS : UNWATCHED_NS);
        return CLI_STATUS_DONE;
    }
    if (result != 0) {
        reader->state = CLI_READER_ENDED;
        /* of all that matches, only what can be read is meant */
        return reader->is_match && (result == -ENOENT || result == -EPERM || result == -EACCES)
                   ? CLI_STATUS_DONE
                   : look_failed(sub, reader, result);
    }
    streamx_consumer_fd(reader->consumer); /* it tells of what comes after the look that follows */
    reader->has_pending = false;
    reader->has_begun = false;
    reader->last_seq = 0;
    sub->was_attached = true;
    inspect(sub, reader, &before);
    cli_report_detail("%s: attached", reader->name);
    cli_reader_release(sub, reader);
    return CLI_STATUS_DONE;
}

/* Whether others may still come to the stream. To one that has ended nobody comes any more who has
 * not been there, and who waited for that would be waited for at the next one. */
static bool can_be_joined(const struct cli_reader *reader)
{
    struct streamx_info info;

    return streamx_inspect(reader->name, &info, sizeof info) == 0 &&
           info.created_ns == reader->created_ns && info.state == STREAMX_STATE_LIVE;
}

void cli_reader_release(struct cli_sub *sub, struct cli_reader *reader)
{
    uint32_t pid = 0;

    if (reader->state != CLI_READER_HELD)
        return;
    if (cli_clock_until(reader->hold_ns, 1) > 0 && can_be_joined(reader))
        pid = cli_company_missing(&reader->company, reader->created_ns);
    if (pid == 0) {
        reader->state = CLI_READER_ATTACHED;
        return;
    }
    if (cli_clock_until(sub->hint_ns, 1) == 0 && !reader->hint_given) {
        reader->hint_given = true;
        cli_report_detail("%s: waiting for another one that follows it, process %u", reader->name,
                          pid);
    }
    reader->look_ns = cli_clock_after(HOLD_TICK_NS);
}

/* ---- ending ---- */

/* The exit status for the way in which it ended. */
static int ended(const struct cli_reader *reader, int ending, int output_error)
{
    const char *name = reader->name;
    unsigned long long received = reader->received;

    switch (ending) {
    case 0:
    case CLI_SUB_COUNT:
        return CLI_STATUS_DONE;
    case CLI_SUB_OUTPUT:
        cli_report("%s: standard output: %s", name, strerror(output_error));
        return CLI_STATUS_FAILED;
    case -EINTR:
        return CLI_STATUS_SIGNAL + cli_signals_caught();
    case -EPIPE:
        return cli_report_reader_gone(name);
    case -ETIMEDOUT:
        cli_report("%s: time limit reached, after %llu messages", name, received);
        return CLI_STATUS_TIMEOUT;
    case -EOWNERDEAD:
        cli_report("%s: the publisher died without an end of the stream, after %llu messages", name,
                   received);
        return CLI_STATUS_PEER;
    case -ENODATA:
        cli_report("%s: the stream has no timestamps to show (streamx-pub --timestamps)", name);
        return CLI_STATUS_FAILED;
    case -ESTALE:
        cli_report("%s: thrown out by the publisher for being too slow, after %llu messages", name,
                   received);
        return CLI_STATUS_PEER;
    default:
        cli_report("%s: after %llu messages: %s", name, received, strerror(-ending));
        return CLI_STATUS_FAILED;
    }
}

int cli_reader_end(struct cli_sub *sub, struct cli_reader *reader, int ending, int output_error)
{
    bool goes_on = sub->options.follow && (ending == 0 || ending == -EOWNERDEAD);
    int status;

    streamx_unsubscribe(reader->consumer);
    reader->consumer = NULL;
    status = ended(reader, ending, output_error);
    if (!goes_on) {
        reader->state = CLI_READER_ENDED;
        cli_company_leave(&reader->company);
        return status;
    }
    reader->state = CLI_READER_ABSENT;
    reader->was_absent = true;
    reader->hint_given = true; /* that there is none just now is the usual thing */
    reader->look_ns = 0;
    return CLI_STATUS_DONE;
}
