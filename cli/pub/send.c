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
#include <string.h>
#include <unistd.h>

/*
 * How late a timer may be for --rate to make up for it. What is later was no timer: it was input
 * that did not come, or subscribers that were waited for, and is no credit for a burst. At high
 * rates a busy machine is late by many messages each time.
 */
#define SLACK_NS (CLI_CLOCK_MILLISECOND / 2)
#define HIGH_RATE 2000
#define HIGH_SLACK_NS (4 * CLI_CLOCK_MILLISECOND)

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

static int64_t slack_of(uint64_t rate)
{
    return rate > HIGH_RATE ? HIGH_SLACK_NS : SLACK_NS;
}

/* When the next message is due, `count` having gone out just now. */
static void set_pace(struct cli_pub *pub, unsigned count)
{
    int64_t now_ns = cli_clock_now();
    uint64_t rate = pub->options.rate;

    if (rate == 0)
        return;
    if (now_ns - pub->rate_next_ns > slack_of(rate))
        pub->rate_next_ns = now_ns;
    pub->rate_next_ns += (int64_t)((uint64_t)CLI_CLOCK_SECOND * count / rate);
}

static void count_sent(struct cli_pub *pub, uint64_t bytes, unsigned count)
{
    pub->sent += count;
    set_pace(pub, count);
    cli_progress_add(&pub->progress, count, bytes);
}

/* A message so long needs memory that is not available. Nothing of it was published. */
static int no_room(const struct cli_pub *pub, uint64_t bytes)
{
    bool lines = pub->options.common.framing.kind == CLI_FRAMING_LINE;

    cli_report("%s: no room in %s for %s %llu of %llu bytes", pub->options.name,
               streamx_directory(), lines ? "line" : "message", (unsigned long long)pub->sent + 1,
               (unsigned long long)bytes);
    return CLI_STATUS_FAILED;
}

int cli_send(struct cli_pub *pub, const struct iovec *messages, unsigned count)
{
    uint64_t bytes = 0;
    int result;

    while ((result = streamx_putv(pub->producer, messages, count, STREAMX_NOWAIT)) != 0) {
        int verdict =
            result == -ENOSPC ? no_room(pub, messages[0].iov_len) : wait_for_room(pub, result);

        if (verdict != CLI_PUB_MORE)
            return verdict;
    }
    for (unsigned i = 0; i < count; i++)
        bytes += messages[i].iov_len;
    count_sent(pub, bytes, count);
    return CLI_PUB_MORE;
}

int cli_send_loan(struct cli_pub *pub, size_t size, size_t least, void **data, size_t *capacity)
{
    int result;

    while ((result = streamx_loan_at_least(pub->producer, size, data, capacity, STREAMX_NOWAIT)) !=
           0) {
        int verdict = CLI_PUB_MORE;

        if (result == -ENOSPC && size > least)
            size = least;
        else if (result == -ENOSPC)
            verdict = no_room(pub, size);
        else
            verdict = wait_for_room(pub, result);

        if (verdict != CLI_PUB_MORE)
            return verdict;
    }
    return CLI_PUB_MORE;
}

/* What was lent has been published. */
static int sent(struct cli_pub *pub, int result, uint64_t bytes, unsigned count)
{
    if (result != 0)
        return cli_send_failed(pub, result);
    count_sent(pub, bytes, count);
    return CLI_PUB_MORE;
}

int cli_send_loaned(struct cli_pub *pub, size_t len)
{
    return sent(pub, streamx_publish(pub->producer, len), len, 1);
}

int cli_send_parts(struct cli_pub *pub, const uint32_t *ends, unsigned n)
{
    unsigned gap = (unsigned)pub->options.common.framing.delimiter_len;

    return sent(pub, streamx_publish_parts(pub->producer, ends, n, gap),
                ends[n - 1] - (uint64_t)gap * (n - 1), n);
}

unsigned cli_send_left(const struct cli_pub *pub, unsigned most)
{
    uint64_t left = pub->options.count - pub->sent;

    return left < most ? (unsigned)left : most;
}

/*
 * How many messages are due at `now_ns`, the earliest being due at `rate_next_ns`: one, and as many
 * more as would have gone out meanwhile had the timer been on time.
 */
static uint64_t due(const struct cli_pub *pub, int64_t now_ns)
{
    int64_t late_ns = now_ns - pub->rate_next_ns;

    if (late_ns < 0)
        return 0;
    if (late_ns > slack_of(pub->options.rate))
        late_ns = 0;
    return 1 + (uint64_t)late_ns * pub->options.rate / CLI_CLOCK_SECOND;
}

int cli_send_pace(struct cli_pub *pub, unsigned *count)
{
    bool alone_ends = (pub->options.stream.flags & STREAMX_PIPE) != 0;
    uint64_t now;

    if (pub->options.rate == 0)
        return CLI_PUB_MORE;
    while ((now = due(pub, cli_clock_now())) == 0) {
        int result = cli_loop_until(alone_ends ? pub->producer : NULL, pub->rate_next_ns);

        if (result != 0)
            return cli_send_failed(pub, result);
    }
    if (now < *count)
        *count = (unsigned)now;
    return CLI_PUB_MORE;
}

/*
 * Standard output is one reader more, which takes none of the others along: when it fails, the
 * copying ends, and the publishing goes on. One that closed its pipe has what it wanted.
 */
static void end_tee(struct cli_pub *pub, int error)
{
    pub->options.tee = false;
    if (error == EPIPE) {
        cli_report_detail("%s: nobody reads standard output any more", pub->options.name);
        return;
    }
    pub->tee_failed = true;
    cli_report("%s: standard output: %s; publishing goes on", pub->options.name, strerror(error));
}

int cli_send_tee(struct cli_pub *pub, const void *data, size_t len)
{
    int result;

    if (!pub->options.tee)
        return CLI_PUB_MORE;
    result = cli_output_plain(STDOUT_FILENO, data, len, CLI_CLOCK_NEVER);
    if (result == -EINTR)
        return CLI_STATUS_SIGNAL + cli_signals_caught();
    if (result != 0)
        end_tee(pub, -result);
    return CLI_PUB_MORE;
}
