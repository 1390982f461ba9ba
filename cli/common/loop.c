/* SPDX-License-Identifier: MIT */
/*
 * Waits with ppoll(2), for everything that matters at once.
 *
 * The stream takes part by its descriptor, which is readable when a NOWAIT call would not give
 * -EAGAIN, and is renewed by one that does; so every poll comes after such a call. A short blocking
 * call goes before: when the other side answers quickly, as it does in a busy stream, the library's
 * own wait is the fastest. Where no descriptor is available, the poll is a short one, and the
 * NOWAIT call is made again after it.
 */
#include "common/loop.h"

#include "common/clock.h"
#include "common/signals.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define QUICK_NS CLI_CLOCK_MILLISECOND       /* the blocking call before the poll */
#define TICK_NS (10 * CLI_CLOCK_MILLISECOND) /* of polls without the stream's descriptor */
#define LOOK_NS 1                            /* of a look for a stream */
#define LOOK_FIRST_NS CLI_CLOCK_MILLISECOND  /* between looks for a stream that is not there ... */
#define LOOK_LAST_NS (32 * CLI_CLOCK_MILLISECOND) /* ... doubled up to this */
#define LONG_NS (3600 * CLI_CLOCK_SECOND)

/* What to sleep for; descriptors are -1 where there is none. */
struct rest {
    bool has_stream; /* a stream is waited for, by `stream_fd` if that could be had */
    int stream_fd;
    int input_fd;
    int output_fd; /* only its reader's going away */
    int64_t deadline_ns;
};

static struct {
    void (*call)(void *arg, bool asked);
    void *arg;
    int64_t period_ns;
    int64_t next_ns;
} ticker = {.next_ns = CLI_CLOCK_NEVER};

void cli_loop_on_tick(void (*tick)(void *arg, bool asked), void *arg, int64_t period_ns)
{
    ticker.call = tick;
    ticker.arg = arg;
    ticker.period_ns = period_ns;
    ticker.next_ns = period_ns > 0 ? cli_clock_after(period_ns) : CLI_CLOCK_NEVER;
}

void cli_loop_tick(void)
{
    if (!ticker.call)
        return;
    if (cli_signals_status_wanted())
        ticker.call(ticker.arg, true);
    if (ticker.next_ns != CLI_CLOCK_NEVER && cli_clock_now() >= ticker.next_ns) {
        ticker.call(ticker.arg, false);
        ticker.next_ns = cli_clock_after(ticker.period_ns);
    }
}

/* Sleeps. 1 = there is input, 0 = look at the stream; -EINTR, -ETIMEDOUT, -EPIPE as in loop.h. */
static int rest(const struct rest *rest)
{
    struct pollfd polled[] = {{.fd = cli_signals_fd(), .events = POLLIN},
                              {.fd = rest->stream_fd, .events = POLLIN},
                              {.fd = rest->input_fd, .events = POLLIN},
                              {.fd = rest->output_fd, .events = 0}};
    int64_t most_ns = rest->has_stream && rest->stream_fd < 0 ? TICK_NS : LONG_NS;
    int64_t left_ns = cli_clock_until(rest->deadline_ns, cli_clock_until(ticker.next_ns, most_ns));
    struct timespec timeout = {.tv_sec = left_ns / CLI_CLOCK_SECOND,
                               .tv_nsec = left_ns % CLI_CLOCK_SECOND};
    int count = ppoll(polled, sizeof polled / sizeof polled[0], &timeout, NULL);

    cli_loop_tick();
    if (cli_signals_caught() != 0)
        return -EINTR;
    if (count > 0 && polled[2].revents != 0)
        return 1;
    if (count > 0 && (polled[3].revents & (POLLERR | POLLHUP)) != 0)
        return -EPIPE;
    return cli_clock_until(rest->deadline_ns, 1) == 0 ? -ETIMEDOUT : 0;
}

int cli_loop_input(int fd, struct streamx_producer *producer, int64_t deadline_ns)
{
    struct rest waiting = {.has_stream = producer != NULL,
                           .stream_fd = -1,
                           .input_fd = fd,
                           .output_fd = -1,
                           .deadline_ns = deadline_ns};
    int result;

    if (producer && fd >= 0 && cli_loop_input_ready(fd) && cli_signals_caught() == 0)
        return 0; /* not to set up the watch for what is not going to be waited for */
    do {
        if (producer) {
            waiting.stream_fd = streamx_producer_fd(producer, STREAMX_ALONE);
            if (streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT) > 0)
                return -EPIPE;
        }
        result = rest(&waiting);
    } while (result == 0);
    return result == 1 ? 0 : result;
}

bool cli_loop_input_ready(int fd)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};

    return poll(&polled, 1, 0) > 0;
}

int cli_loop_until(struct streamx_producer *producer, int64_t time_ns)
{
    int result = cli_loop_input(-1, producer, time_ns);

    return result == -ETIMEDOUT ? 0 : result;
}

/* Whether a call of the library found nothing, without or with waiting. */
static bool found_nothing(int result)
{
    return result == -EAGAIN || result == -ETIMEDOUT;
}

int cli_loop_producer(struct streamx_producer *producer, unsigned events, int64_t deadline_ns)
{
    struct rest waiting = {
        .has_stream = true, .input_fd = -1, .output_fd = -1, .deadline_ns = deadline_ns};
    int result = streamx_wait(producer, events, cli_clock_until(deadline_ns, QUICK_NS));

    while (found_nothing(result)) {
        waiting.stream_fd = streamx_producer_fd(producer, events);
        result = streamx_wait(producer, events, STREAMX_NOWAIT);
        if (result == -EAGAIN) {
            int ended = rest(&waiting);

            if (ended < 0)
                return ended;
        }
    }
    return result;
}

int cli_loop_take(struct streamx_consumer *consumer, struct streamx_message *message,
                  int64_t deadline_ns)
{
    struct rest waiting = {
        .has_stream = true, .input_fd = -1, .output_fd = STDOUT_FILENO, .deadline_ns = deadline_ns};
    int result = streamx_take(consumer, message, cli_clock_until(deadline_ns, QUICK_NS));

    while (found_nothing(result)) {
        waiting.stream_fd = streamx_consumer_fd(consumer);
        result = streamx_take(consumer, message, STREAMX_NOWAIT);
        if (result == -EAGAIN) {
            int ended = rest(&waiting);

            if (ended < 0)
                return ended;
        }
    }
    return result;
}

/* Sleeps until it is time to look for the stream again. 0, or as rest() tells. */
static int rest_unattached(int64_t tick_ns, int64_t deadline_ns)
{
    int64_t look_ns = cli_clock_after(tick_ns);
    struct rest waiting = {.stream_fd = -1,
                           .input_fd = -1,
                           .output_fd = STDOUT_FILENO,
                           .deadline_ns = look_ns < deadline_ns ? look_ns : deadline_ns};
    int result = rest(&waiting);

    if (result == -ETIMEDOUT && cli_clock_until(deadline_ns, 1) > 0)
        return 0;
    return result;
}

int cli_loop_subscribe(struct streamx_consumer **consumer, const char *name,
                       const struct streamx_subscribe_options *options, int64_t deadline_ns)
{
    int64_t tick_ns = LOOK_FIRST_NS;
    int result;

    /* with a time, however short, -ENOENT is about the directory, for which nobody waits */
    while ((result = streamx_subscribe(consumer, name, options, LOOK_NS)) == -ETIMEDOUT) {
        result = rest_unattached(tick_ns, deadline_ns);
        if (result != 0)
            break;
        if (tick_ns < LOOK_LAST_NS)
            tick_ns *= 2;
    }
    return result;
}
