/* SPDX-License-Identifier: MIT */
/*
 * streamx-sub: writes a stream's messages to standard output.
 *
 * However it ends, it gives up its seat first, so that the producer does not wait for it; and what
 * it had not written out it has not acknowledged, so that the next one gets it.
 */
#include "common/clock.h"
#include "common/directory.h"
#include "common/exit_status.h"
#include "common/loop.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/standard_fds.h"
#include "sub/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whether the stream's file lets this user write. */
static bool may_write(const char *name)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/streamx.%s", streamx_directory(), name);

    return length > 0 && (size_t)length < sizeof path &&
           faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

static void report_not_permitted(const struct cli_sub *sub)
{
    const char *name = sub->options.name;
    struct streamx_info info;

    if (sub->options.tap)
        cli_report("%s: not a stream, or not readable for this user", name);
    else if (streamx_inspect(name, &info, sizeof info) == 0 && !may_write(name))
        cli_report("%s: this user may read the stream and not write to it, so can only look on: "
                   "--tap",
                   name);
    else
        cli_report("%s: not a stream, another user's, or not writable for this user", name);
}

static int subscribe_failed(const struct cli_sub *sub, int error)
{
    const char *name = sub->options.name;

    switch (error) {
    case -EINTR:
        return CLI_STATUS_SIGNAL + cli_signals_caught();
    case -EPIPE:
        return CLI_STATUS_SIGNAL + SIGPIPE;
    case -ETIMEDOUT:
        cli_report("%s: no such stream within the time limit", name);
        return CLI_STATUS_TIMEOUT;
    case -ENOENT:
        cli_report("%s: no such stream in %s", name, cli_directory());
        return CLI_STATUS_ABSENT;
    case -EPERM:
    case -EACCES:
        report_not_permitted(sub);
        return CLI_STATUS_PERMISSION;
    case -EOPNOTSUPP:
        cli_report("%s: cannot subscribe through the file system of %s; have STREAMX_DIR name the "
                   "publisher's own directory, not an overlay of it",
                   name, cli_directory());
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

/*
 * Whether the producer may evict. If the name is gone by now, or refers to a successor, then the
 * producer has ended or died, and evicts nobody any more; only a removed name leaves a doubt.
 */
static bool may_evict(const char *name)
{
    struct streamx_info info;

    return streamx_inspect(name, &info, sizeof info) != 0 || info.evict_after_ns > 0;
}

static int64_t attach_deadline(const struct cli_sub *sub)
{
    int64_t idle_ns = sub->options.idle_timeout_ns < 0
                          ? CLI_CLOCK_NEVER
                          : cli_clock_after(sub->options.idle_timeout_ns);

    return idle_ns < sub->run_deadline_ns ? idle_ns : sub->run_deadline_ns;
}

/* CLI_STATUS_DONE, or the exit status to end with. */
static int attach(struct cli_sub *sub)
{
    const struct cli_sub_options *options = &sub->options;
    int result;

    if (options->no_wait)
        result = streamx_subscribe(&sub->consumer, options->name, &options->stream, STREAMX_NOWAIT);
    else
        result = cli_loop_subscribe(&sub->consumer, options->name, &options->stream,
                                    attach_deadline(sub));
    if (result != 0)
        return subscribe_failed(sub, result);
    sub->has_pending = false;
    sub->attached = true;
    sub->last_seq = 0;
    sub->verify = !options->tap && may_evict(options->name);
    sub->output.place = sub->verify || options->tap || options->acknowledge_first
                            ? CLI_OUTPUT_COPY
                            : CLI_OUTPUT_REFER;
    sub->idle_since_ns = cli_clock_now();
    cli_report_detail("%s: attached", options->name);
    return CLI_STATUS_DONE;
}

static void detach(struct cli_sub *sub)
{
    streamx_unsubscribe(sub->consumer);
    sub->consumer = NULL;
}

/* The exit status for the way in which it ended. */
static int ended(const struct cli_sub *sub, int ending, int output_error)
{
    const char *name = sub->options.name;
    unsigned long long received = sub->received;

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
        return CLI_STATUS_SIGNAL + SIGPIPE;
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

/* One stream, from attaching to leaving. `*again`: --follow goes on with the next one. */
static int receive(struct cli_sub *sub, bool *again)
{
    int status = attach(sub), output_error = 0, ending;

    *again = false;
    if (status != CLI_STATUS_DONE)
        return status;
    while ((ending = cli_sub_batch(sub, &output_error)) == CLI_SUB_MORE)
        ;
    detach(sub);
    *again = sub->options.follow && (ending == 0 || ending == -EOWNERDEAD);
    return ended(sub, ending, output_error);
}

/* Some file systems tell only now that the data did not fit. */
static int close_output(const struct cli_sub *sub, int status)
{
    if (close(STDOUT_FILENO) == 0 || status != CLI_STATUS_DONE)
        return status;
    return ended(sub, CLI_SUB_OUTPUT, errno);
}

static int run(struct cli_sub *sub)
{
    bool again = true;
    int status = CLI_STATUS_DONE;

    if (cli_output_open(&sub->output, STDOUT_FILENO, CLI_OUTPUT_REFER) != 0) {
        cli_report("%s", strerror(ENOMEM));
        return CLI_STATUS_FAILED;
    }
    sub->run_deadline_ns = cli_clock_after(sub->options.timeout_ns);
    cli_progress_start(&sub->progress, sub->options.name, false, false);
    cli_signals_deadline(sub->run_deadline_ns);
    while (again)
        status = receive(sub, &again);
    cli_report_detail("%s: %llu messages", sub->options.name, (unsigned long long)sub->received);
    if (sub->options.tap && sub->attached)
        cli_report("%s: missed %llu messages", sub->options.name, (unsigned long long)sub->missed);
    cli_output_close(&sub->output);
    return close_output(sub, status);
}

int main(int argc, char **argv)
{
    struct cli_sub sub = {.consumer = NULL};
    int result = cli_standard_fds_reserve(), status;

    if (result != 0)
        return CLI_STATUS_FAILED;
    status = cli_sub_options_parse(&sub.options, argc, argv);
    if (status != CLI_OPTIONS_GO_ON)
        return status;
    if ((fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY)
        return ended(&sub, CLI_SUB_OUTPUT, EBADF);
    result = cli_signals_install();
    if (result != 0) {
        cli_report("cannot handle signals: %s", strerror(-result));
        return CLI_STATUS_FAILED;
    }
    status = run(&sub);
    cli_format_free(sub.options.format);
    cli_signals_exit(status);
}
