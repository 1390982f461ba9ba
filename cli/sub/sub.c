/* SPDX-License-Identifier: MIT */
/*
 * streamx-sub: writes a stream's messages to standard output.
 *
 * However it ends, it gives up its seat first, so that the producer does not wait for it; and what
 * it had not written out it has not acknowledged, so that the next one gets it.
 */
#include "sub/sub.h"

#include "common/clock.h"
#include "common/directory.h"
#include "common/exit_status.h"
#include "common/loop.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/standard_fds.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int subscribe_failed(const struct sx_sub *sub, int error)
{
    const char *name = sub->options.name;

    switch (error) {
    case -EINTR:
        return SX_STATUS_SIGNAL + sx_signals_caught();
    case -EPIPE:
        return SX_STATUS_SIGNAL + SIGPIPE;
    case -ETIMEDOUT:
        sx_report("%s: no such stream within the time limit", name);
        return SX_STATUS_TIMEOUT;
    case -ENOENT:
        sx_report("%s: no such stream in %s", name, sx_directory());
        return SX_STATUS_ABSENT;
    case -EPERM:
    case -EACCES:
        sx_report("%s: not a stream, another user's, or not writable for this user", name);
        return SX_STATUS_PERMISSION;
    case -EUSERS:
        sx_report("%s: every seat is taken", name);
        return SX_STATUS_FAILED;
    case -EPROTO:
        sx_report("%s: a stream of another layout version, or a damaged one", name);
        return SX_STATUS_FAILED;
    default:
        sx_report("%s: cannot subscribe: %s", name, strerror(-error));
        return SX_STATUS_FAILED;
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

static int64_t attach_deadline(const struct sx_sub *sub)
{
    int64_t idle_ns = sub->options.idle_timeout_ns < 0
                          ? SX_CLOCK_NEVER
                          : sx_clock_after(sub->options.idle_timeout_ns);

    return idle_ns < sub->run_deadline_ns ? idle_ns : sub->run_deadline_ns;
}

/* SX_STATUS_DONE, or the exit status to end with. */
static int attach(struct sx_sub *sub)
{
    const struct sx_sub_options *options = &sub->options;
    int result;

    if (options->no_wait)
        result = streamx_subscribe(&sub->consumer, options->name, &options->stream, STREAMX_NOWAIT);
    else
        result = sx_loop_subscribe(&sub->consumer, options->name, &options->stream,
                                   attach_deadline(sub));
    if (result != 0)
        return subscribe_failed(sub, result);
    sub->has_pending = false;
    sub->verify = may_evict(options->name);
    sub->output.place =
        sub->verify || options->acknowledge_first ? SX_OUTPUT_COPY : SX_OUTPUT_REFER;
    sub->idle_since_ns = sx_clock_now();
    sx_report_detail("%s: attached", options->name);
    return SX_STATUS_DONE;
}

static void detach(struct sx_sub *sub)
{
    streamx_unsubscribe(sub->consumer);
    sub->consumer = NULL;
}

/* The exit status for the way in which it ended. */
static int ended(const struct sx_sub *sub, int ending, int output_error)
{
    const char *name = sub->options.name;
    unsigned long long received = sub->received;

    switch (ending) {
    case 0:
    case SX_SUB_COUNT:
        return SX_STATUS_DONE;
    case SX_SUB_OUTPUT:
        sx_report("%s: standard output: %s", name, strerror(output_error));
        return SX_STATUS_FAILED;
    case -EINTR:
        return SX_STATUS_SIGNAL + sx_signals_caught();
    case -EPIPE:
        return SX_STATUS_SIGNAL + SIGPIPE;
    case -ETIMEDOUT:
        sx_report("%s: time limit reached after %llu messages", name, received);
        return SX_STATUS_TIMEOUT;
    case -EOWNERDEAD:
        sx_report("%s: the publisher died without an end of the stream, after %llu messages", name,
                  received);
        return SX_STATUS_PEER;
    case -ENODATA:
        sx_report("%s: the stream has no timestamps to show (streamx-pub --timestamps)", name);
        return SX_STATUS_FAILED;
    case -ESTALE:
        sx_report("%s: thrown out by the publisher for being too slow, after %llu messages", name,
                  received);
        return SX_STATUS_PEER;
    default:
        sx_report("%s: after %llu messages: %s", name, received, strerror(-ending));
        return SX_STATUS_FAILED;
    }
}

/* One stream, from attaching to leaving. `*again`: --follow goes on with the next one. */
static int receive(struct sx_sub *sub, bool *again)
{
    int status = attach(sub), output_error = 0, ending;

    *again = false;
    if (status != SX_STATUS_DONE)
        return status;
    while ((ending = sx_sub_batch(sub, &output_error)) == SX_SUB_MORE)
        ;
    detach(sub);
    *again = sub->options.follow && (ending == 0 || ending == -EOWNERDEAD);
    return ended(sub, ending, output_error);
}

/* Some file systems tell only now that the data did not fit. */
static int close_output(const struct sx_sub *sub, int status)
{
    if (close(STDOUT_FILENO) == 0 || status != SX_STATUS_DONE)
        return status;
    return ended(sub, SX_SUB_OUTPUT, errno);
}

static int run(struct sx_sub *sub)
{
    bool again = true;
    int status = SX_STATUS_DONE;

    if (sx_output_open(&sub->output, STDOUT_FILENO, SX_OUTPUT_REFER) != 0) {
        sx_report("%s", strerror(ENOMEM));
        return SX_STATUS_FAILED;
    }
    sub->run_deadline_ns = sx_clock_after(sub->options.timeout_ns);
    sx_progress_start(&sub->progress, sub->options.name, false, false);
    sx_signals_deadline(sub->run_deadline_ns);
    while (again)
        status = receive(sub, &again);
    sx_report_detail("%s: %llu messages", sub->options.name, (unsigned long long)sub->received);
    sx_output_close(&sub->output);
    return close_output(sub, status);
}

int main(int argc, char **argv)
{
    struct sx_sub sub = {.consumer = NULL};
    int result = sx_standard_fds_reserve(), status;

    if (result != 0)
        return SX_STATUS_FAILED;
    status = sx_sub_options_parse(&sub.options, argc, argv);
    if (status != SX_OPTIONS_GO_ON)
        return status;
    if ((fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY)
        return ended(&sub, SX_SUB_OUTPUT, EBADF);
    result = sx_signals_install();
    if (result != 0) {
        sx_report("cannot handle signals: %s", strerror(-result));
        return SX_STATUS_FAILED;
    }
    status = run(&sub);
    sx_format_free(sub.options.format);
    sx_signals_exit(status);
}
