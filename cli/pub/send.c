/* SPDX-License-Identifier: MIT */
/*
 * streamx-pub's side of the stream: waiting for consumers, publishing, pacing.
 *
 * Publishing is tried without waiting, and the waiting done by the loop, which sees signals too.
 */
#include "pub/send.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/loop.h"
#include "common/output.h"
#include "common/report.h"
#include "common/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* --rate never makes up for more than this much lost time, so that a stall ends without a burst. */
#define RATE_BURST_NS (100 * CLI_CLOCK_MILLISECOND)

int cli_send_failed(struct cli_pub *pub, int error)
{
    const char *name = pub->options.name;

    switch (error) {
    case -EINTR:
        return CLI_STATUS_SIGNAL + cli_signals_caught();
    case -EPIPE:
        cli_report_detail("%s: the last subscriber has left", name);
        return CLI_PUB_END;
    case -ETIMEDOUT:
        cli_report("%s: timed out waiting for subscribers (--timeout), after message %llu", name,
                   (unsigned long long)pub->sent);
        return CLI_STATUS_TIMEOUT;
    default:
        cli_report("%s: after message %llu: %s", name, (unsigned long long)pub->sent,
                   strerror(-error));
        return CLI_STATUS_FAILED;
    }
}

int cli_send_await(struct cli_pub *pub, unsigned events)
{
    int64_t deadline_ns = cli_clock_after(pub->options.timeout_ns);
    int result = cli_loop_producer(pub->producer, events, deadline_ns);

    return result > 0 ? CLI_PUB_MORE : cli_send_failed(pub, result);
}

/* After a call that was not to wait: CLI_PUB_MORE = try again. */
static int wait_for_room(struct cli_pub *pub, int result)
{
    if (result != -EAGAIN)
        return cli_send_failed(pub, result);
    return cli_send_await(pub, STREAMX_ROOM);
}

static void count_sent(struct cli_pub *pub, const struct iovec *messages, unsigned count)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < count; i++)
        bytes += messages[i].iov_len;
    pub->sent += count;
    pub->rate_sent += count;
    cli_progress_add(&pub->progress, count, bytes);
}

int cli_send(struct cli_pub *pub, const struct iovec *messages, unsigned count)
{
    int result;

    while ((result = streamx_putv(pub->producer, messages, count, STREAMX_NOWAIT)) != 0) {
        int verdict = wait_for_room(pub, result);

        if (verdict != CLI_PUB_MORE)
            return verdict;
    }
    count_sent(pub, messages, count);
    return CLI_PUB_MORE;
}

int cli_send_loan(struct cli_pub *pub, void **data, size_t *capacity)
{
    int result;

    while ((result = streamx_loan(pub->producer, data, capacity, STREAMX_NOWAIT)) != 0) {
        int verdict = wait_for_room(pub, result);

        if (verdict != CLI_PUB_MORE)
            return verdict;
    }
    return CLI_PUB_MORE;
}

int cli_send_loaned(struct cli_pub *pub, size_t len)
{
    const struct iovec message = {.iov_len = len};
    int result = streamx_publish(pub->producer, len);

    if (result != 0)
        return cli_send_failed(pub, result);
    count_sent(pub, &message, 1);
    return CLI_PUB_MORE;
}

/* How many messages are due, 0 if none is yet; and when the next one is. */
static uint64_t due(struct cli_pub *pub, int64_t *next_ns)
{
    double interval_ns = 1e9 / (double)pub->options.rate;
    int64_t now_ns = cli_clock_now();
    double behind_ns;

    if (pub->rate_since_ns == 0 ||
        (double)(now_ns - pub->rate_since_ns) - interval_ns * (double)pub->rate_sent >
            (double)RATE_BURST_NS + interval_ns) {
        pub->rate_since_ns = now_ns;
        pub->rate_sent = 0;
    }
    behind_ns = (double)(now_ns - pub->rate_since_ns) - interval_ns * (double)pub->rate_sent;
    *next_ns = now_ns - (int64_t)behind_ns;
    return behind_ns < 0 ? 0 : (uint64_t)(behind_ns / interval_ns) + 1;
}

unsigned cli_send_left(const struct cli_pub *pub, unsigned most)
{
    uint64_t left = pub->options.count - pub->sent;

    return left < most ? (unsigned)left : most;
}

int cli_send_pace(struct cli_pub *pub, unsigned *count)
{
    bool alone_ends = (pub->options.stream.flags & STREAMX_PIPE) != 0;
    int64_t next_ns;
    uint64_t now;

    if (pub->options.rate == 0)
        return CLI_PUB_MORE;
    while ((now = due(pub, &next_ns)) == 0) {
        int result = cli_loop_until(alone_ends ? pub->producer : NULL, next_ns);

        if (result != 0)
            return cli_send_failed(pub, result);
    }
    if (now < *count)
        *count = (unsigned)now;
    return CLI_PUB_MORE;
}

int cli_send_tee(struct cli_pub *pub, const void *data, size_t len)
{
    int result;

    if (!pub->options.tee)
        return CLI_PUB_MORE;
    result = cli_output_plain(STDOUT_FILENO, data, len, CLI_CLOCK_NEVER);
    if (result == 0)
        return CLI_PUB_MORE;
    if (result == -EINTR)
        return CLI_STATUS_SIGNAL + cli_signals_caught();
    if (result == -EPIPE)
        return CLI_STATUS_SIGNAL + SIGPIPE;
    cli_report("%s: standard output: %s", pub->options.name, strerror(-result));
    return CLI_STATUS_FAILED;
}
