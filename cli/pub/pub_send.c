/* SPDX-License-Identifier: MIT */
/*
 * streamx-pub's side of the stream: waiting for consumers, publishing, pacing.
 *
 * Publishing is tried without waiting, and the waiting done by the loop, which sees signals too.
 */
#include "common/clock.h"
#include "common/exit_status.h"
#include "common/framing_write.h"
#include "common/loop.h"
#include "common/report.h"
#include "common/signals.h"
#include "pub/pub.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* --rate never makes up for more than this much lost time, so that a stall ends without a burst. */
#define RATE_BURST_NS (100 * SX_CLOCK_MILLISECOND)

int sx_pub_wait_failed(struct sx_pub *pub, int error)
{
    const char *name = pub->options.name;

    switch (error) {
    case -EINTR:
        return SX_STATUS_SIGNAL + sx_signals_caught();
    case -EPIPE:
        sx_report_detail("%s: the last subscriber has left", name);
        return SX_PUB_END;
    case -ETIMEDOUT:
        sx_report("%s: subscribers were waited for longer than --timeout allows, after message "
                  "%llu",
                  name, (unsigned long long)pub->sent);
        return SX_STATUS_TIMEOUT;
    default:
        sx_report("%s: after message %llu: %s", name, (unsigned long long)pub->sent,
                  strerror(-error));
        return SX_STATUS_FAILED;
    }
}

int sx_pub_await(struct sx_pub *pub, unsigned events)
{
    int64_t deadline_ns = sx_clock_after(pub->options.timeout_ns);
    int result = sx_loop_producer(pub->producer, events, deadline_ns);

    return result > 0 ? SX_PUB_MORE : sx_pub_wait_failed(pub, result);
}

/* After a call that was not to wait: SX_PUB_MORE = try again. */
static int wait_for_room(struct sx_pub *pub, int result)
{
    if (result != -EAGAIN)
        return sx_pub_wait_failed(pub, result);
    return sx_pub_await(pub, STREAMX_ROOM);
}

static void count_sent(struct sx_pub *pub, const struct iovec *messages, unsigned count)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < count; i++)
        bytes += messages[i].iov_len;
    pub->sent += count;
    pub->rate_sent += count;
    sx_progress_add(&pub->progress, count, bytes);
}

int sx_pub_send(struct sx_pub *pub, const struct iovec *messages, unsigned count)
{
    int result;

    while ((result = streamx_putv(pub->producer, messages, count, STREAMX_NOWAIT)) != 0) {
        int verdict = wait_for_room(pub, result);

        if (verdict != SX_PUB_MORE)
            return verdict;
    }
    count_sent(pub, messages, count);
    return SX_PUB_MORE;
}

int sx_pub_loan(struct sx_pub *pub, void **data, size_t *capacity)
{
    int result;

    while ((result = streamx_loan(pub->producer, data, capacity, STREAMX_NOWAIT)) != 0) {
        int verdict = wait_for_room(pub, result);

        if (verdict != SX_PUB_MORE)
            return verdict;
    }
    return SX_PUB_MORE;
}

int sx_pub_publish(struct sx_pub *pub, size_t len)
{
    const struct iovec message = {.iov_len = len};
    int result = streamx_publish(pub->producer, len);

    if (result != 0)
        return sx_pub_wait_failed(pub, result);
    count_sent(pub, &message, 1);
    return SX_PUB_MORE;
}

/* How many messages are due, 0 if none is yet; and when the next one is. */
static uint64_t due(struct sx_pub *pub, int64_t *next_ns)
{
    double interval_ns = 1e9 / (double)pub->options.rate;
    int64_t now_ns = sx_clock_now();
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

unsigned sx_pub_left(const struct sx_pub *pub, unsigned most)
{
    uint64_t left = pub->options.count - pub->sent;

    return left < most ? (unsigned)left : most;
}

int sx_pub_pace(struct sx_pub *pub, unsigned *count)
{
    bool alone_ends = (pub->options.stream.flags & STREAMX_PIPE) != 0;
    int64_t next_ns;
    uint64_t now;

    if (pub->options.rate == 0)
        return SX_PUB_MORE;
    while ((now = due(pub, &next_ns)) == 0) {
        int result = sx_loop_until(alone_ends ? pub->producer : NULL, next_ns);

        if (result != 0)
            return sx_pub_wait_failed(pub, result);
    }
    if (now < *count)
        *count = (unsigned)now;
    return SX_PUB_MORE;
}

int sx_pub_tee(struct sx_pub *pub, const void *data, size_t len)
{
    int result;

    if (!pub->options.tee)
        return SX_PUB_MORE;
    result = sx_output_plain(STDOUT_FILENO, data, len, SX_CLOCK_NEVER);
    if (result == 0)
        return SX_PUB_MORE;
    if (result == -EINTR)
        return SX_STATUS_SIGNAL + sx_signals_caught();
    if (result == -EPIPE)
        return SX_STATUS_SIGNAL + SIGPIPE;
    sx_report("%s: standard output: %s", pub->options.name, strerror(-result));
    return SX_STATUS_FAILED;
}
