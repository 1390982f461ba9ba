/* SPDX-License-Identifier: MIT */
/*
 * All streams by turns: those that are waited for are looked for when something tells that they may
 * have come; those that are there write what they have at hand, one after another, each as much as
 * fits into one write, so that none of them holds the others up. Where there is but one stream and
 * nothing else to wait for, its wait is the library's own, which is the fastest.
 */
#include "sub/run.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/loop.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/similar.h"
#include "sub/batch.h"
#include "sub/names.h"
#include "sub/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GO_ON (-1)                 /* else an exit status */
#define HINT_NS CLI_CLOCK_SECOND   /* of silence */
#define LINGER_NS CLI_CLOCK_SECOND /* --glob: for one that follows the last one's end */
#define UNWATCHED_NS (100 * CLI_CLOCK_MILLISECOND) /* --glob where nothing tells of new streams */
#define TITLE_BYTES 256

/* How bad an exit status is beside others. */
static int badness(int status)
{
    static const int order[] = {CLI_STATUS_DONE,       CLI_STATUS_TIMEOUT, CLI_STATUS_ABSENT,
                                CLI_STATUS_PERMISSION, CLI_STATUS_PEER,    CLI_STATUS_FAILED};
    int at = 0;

    while (at < (int)(sizeof order / sizeof order[0]) - 1 && order[at] != status)
        at++;
    return at;
}

static void keep_worst(struct cli_sub *sub, int status)
{
    if (badness(status) > badness(sub->worst))
        sub->worst = status;
}

static size_t count_in(const struct cli_sub *sub, enum cli_reader_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < sub->reader_count; i++)
        count += sub->readers[i]->state == state;
    return count;
}

/* ---- what is waited for ---- */

/* On a terminal, after a moment of silence: which streams are not there. */
static void hint(struct cli_sub *sub)
{
    char similar[STREAMX_NAME_MAX + 1];

    sub->hint_ns = CLI_CLOCK_NEVER;
    for (size_t i = 0; i < sub->reader_count; i++) {
        struct cli_reader *reader = sub->readers[i];

        if (reader->state != CLI_READER_ABSENT || reader->hint_given)
            continue;
        reader->hint_given = true;
        if (cli_similar_stream(similar, reader->name))
            cli_report("no stream '%s' yet; there is '%s'", reader->name, similar);
        else
            cli_report("no stream '%s' yet; waiting for it", reader->name);
    }
    if (sub->reader_count == 0)
        cli_report("no stream matches yet; waiting for one");
}

static void look_for_all(struct cli_sub *sub)
{
    int64_t now_ns = cli_clock_now();

    for (size_t i = 0; i < sub->reader_count; i++) {
        struct cli_reader *reader = sub->readers[i];

        if (reader->look_ns > now_ns)
            continue;
        if (reader->state == CLI_READER_ABSENT)
            keep_worst(sub, cli_reader_look(sub, reader));
        else
            cli_reader_release(sub, reader);
    }
    if (sub->hint_ns <= now_ns)
        hint(sub);
}

/* When something is to be done without anything having come. */
static int64_t next_look(const struct cli_sub *sub)
{
    int64_t next_ns = sub->hint_ns;

    for (size_t i = 0; i < sub->reader_count; i++) {
        const struct cli_reader *reader = sub->readers[i];
        bool looks = reader->state == CLI_READER_ABSENT || reader->state == CLI_READER_HELD;

        if (looks && reader->look_ns < next_ns)
            next_ns = reader->look_ns;
    }
    return next_ns;
}

/* Whether no stream is left, and none is waited for. */
static bool is_over(struct cli_sub *sub)
{
    const struct cli_sub_options *options = &sub->options;

    if (count_in(sub, CLI_READER_ENDED) < sub->reader_count) {
        sub->gone_ns = CLI_CLOCK_NEVER;
        return false;
    }
    if (options->no_wait && sub->reader_count == 0) {
        cli_report("no stream in %s matches", streamx_directory());
        sub->worst = CLI_STATUS_ABSENT;
    }
    if (options->pattern_count == 0 || options->no_wait)
        return true;
    if (options->follow || sub->reader_count == 0)
        return false;
    if (sub->gone_ns == CLI_CLOCK_NEVER)
        sub->gone_ns = cli_clock_after(LINGER_NS);
    return cli_clock_until(sub->gone_ns, 1) == 0;
}

/* ---- endings of the whole ---- */

static int time_is_up(struct cli_sub *sub)
{
    for (size_t i = 0; i < sub->reader_count; i++) {
        struct cli_reader *reader = sub->readers[i];

        if (reader->state == CLI_READER_ABSENT)
            cli_report("%s: no such stream within the time limit", reader->name);
        else if (reader->state != CLI_READER_ENDED)
            cli_reader_end(sub, reader, -ETIMEDOUT, 0);
    }
    if (sub->reader_count == 0)
        cli_report("no stream matched within the time limit");
    keep_worst(sub, CLI_STATUS_TIMEOUT);
    return sub->worst;
}

/* After a batch. GO_ON, or the exit status of the whole. */
static int after_batch(struct cli_sub *sub, struct cli_reader *reader, int ending, int output_error)
{
    switch (ending) {
    case CLI_SUB_MORE:
    case CLI_SUB_NOTHING:
        return GO_ON;
    case -ETIMEDOUT:
        return time_is_up(sub);
    case -EINTR:
    case -EPIPE:
    case -ENOMEM:
    case CLI_SUB_OUTPUT:
        return cli_reader_end(sub, reader, ending, output_error);
    case CLI_SUB_COUNT:
        return sub->worst;
    default:
        keep_worst(sub, cli_reader_end(sub, reader, ending, output_error));
        return GO_ON;
    }
}

/* ---- turns ---- */

/* `*found`: somebody had something. */
static int give_turns(struct cli_sub *sub, bool *found)
{
    int status = GO_ON, output_error = 0;

    for (size_t i = 0; i < sub->reader_count && status == GO_ON; i++) {
        struct cli_reader *reader = sub->readers[i];
        int ending;

        if (reader->state != CLI_READER_ATTACHED)
            continue;
        ending = cli_sub_batch(sub, reader, false, &output_error);
        *found = *found || ending != CLI_SUB_NOTHING;
        status = after_batch(sub, reader, ending, output_error);
    }
    return status;
}

/* Sleeps until something has come, or it is time for something. */
static int rest(struct cli_sub *sub)
{
    struct streamx_consumer **consumers = calloc(sub->reader_count + 1, sizeof *consumers);
    int64_t deadline_ns = cli_sub_deadline(sub), look_ns = next_look(sub);
    size_t count = 0;
    int result;

    if (!consumers)
        return -ENOMEM;
    for (size_t i = 0; i < sub->reader_count; i++)
        if (sub->readers[i]->state == CLI_READER_ATTACHED)
            consumers[count++] = sub->readers[i]->consumer;
    if (sub->gone_ns < look_ns)
        look_ns = sub->gone_ns;
    if (sub->options.pattern_count > 0 && sub->watch_fd < 0 &&
        cli_clock_until(look_ns, UNWATCHED_NS) == UNWATCHED_NS)
        look_ns = cli_clock_after(UNWATCHED_NS);
    result = cli_loop_any(consumers, count, sub->watch_fd,
                          look_ns < deadline_ns ? look_ns : deadline_ns);
    free(consumers);
    cli_names_update(sub);
    return result == -ETIMEDOUT && cli_clock_until(deadline_ns, 1) > 0 ? 0 : result;
}

static int rest_failed(struct cli_sub *sub, int error)
{
    switch (error) {
    case -EINTR:
        return CLI_STATUS_SIGNAL + cli_signals_caught();
    case -EPIPE:
        return cli_report_reader_gone(NULL);
    case -ETIMEDOUT:
        return time_is_up(sub);
    default:
        cli_report("%s", strerror(-error));
        return CLI_STATUS_FAILED;
    }
}

/* Whether one stream is all there is to wait for. */
static bool is_simple(const struct cli_sub *sub)
{
    return sub->reader_count == 1 && sub->options.pattern_count == 0 &&
           sub->readers[0]->state == CLI_READER_ATTACHED;
}

static int take_turn(struct cli_sub *sub)
{
    int output_error = 0, ending, status, result;
    bool found = false;

    if (is_simple(sub)) {
        ending = cli_sub_batch(sub, sub->readers[0], true, &output_error);
        return after_batch(sub, sub->readers[0], ending, output_error);
    }
    look_for_all(sub);
    if (is_over(sub))
        return sub->worst;
    status = give_turns(sub, &found);
    if (found || status != GO_ON || is_simple(sub))
        return status;
    result = rest(sub);
    if (result == -ETIMEDOUT) { /* this process may have been stopped, and something have come */
        look_for_all(sub);
        status = give_turns(sub, &found);
        result = found || is_simple(sub) ? 0 : result;
    }
    return result == 0 || status != GO_ON ? status : rest_failed(sub, result);
}

/* Some file systems tell only now that the data did not fit. */
static int close_output(const char *title, int status)
{
    if (close(STDOUT_FILENO) == 0 || status != CLI_STATUS_DONE)
        return status;
    cli_report("%s: standard output: %s", title, strerror(errno));
    return CLI_STATUS_FAILED;
}

static void start(struct cli_sub *sub, const char *title)
{
    const struct cli_sub_options *options = &sub->options;

    sub->run_deadline_ns = cli_clock_after(options->timeout_ns);
    sub->idle_deadline_ns = cli_clock_after(options->idle_timeout_ns);
    sub->hint_ns = isatty(STDERR_FILENO) ? cli_clock_after(HINT_NS) : CLI_CLOCK_NEVER;
    sub->gone_ns = CLI_CLOCK_NEVER;
    sub->worst = CLI_STATUS_DONE;
    cli_progress_start(&sub->progress, title, false, false);
    cli_signals_deadline(sub->run_deadline_ns);
}

int cli_sub_run(struct cli_sub *sub)
{
    char title[TITLE_BYTES];
    int status = GO_ON;

    cli_names_title(title, sizeof title, &sub->options);
    sub->watch_fd = -1;
    if (cli_output_open(&sub->output, STDOUT_FILENO, CLI_OUTPUT_REFER) != 0 ||
        cli_names_open(sub) != 0) {
        cli_report("%s", strerror(ENOMEM));
        status = CLI_STATUS_FAILED;
    }
    start(sub, title);
    while (status == GO_ON)
        status = take_turn(sub);
    cli_report_detail("%s: %llu messages", title, (unsigned long long)sub->received);
    if (sub->options.tap && sub->was_attached)
        cli_report("%s: missed %llu messages", title, (unsigned long long)sub->missed);
    cli_names_close(sub);
    cli_output_close(&sub->output);
    return close_output(title, status);
}
