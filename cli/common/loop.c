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
#include <stdlib.h>
#include <unistd.h>

#define QUICK_NS CLI_CLOCK_MILLISECOND       /* the blocking call before the poll */
#define TICK_NS (10 * CLI_CLOCK_MILLISECOND) /* of polls without the stream's descriptor */
#define LONG_WAIT_NS CLI_CLOCK_SECOND
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
    if (cli_signals_status_wanted() && ticker.call)
        ticker.call(ticker.arg, true);
    if (ticker.next_ns != CLI_CLOCK_NEVER && cli_clock_now() >= ticker.next_ns) {
        ticker.call(ticker.arg, false);
        ticker.next_ns = cli_clock_after(ticker.period_ns);
    }
}

static struct {
    void (*call)(void *arg);
    void *arg;
} long_wait;

void cli_loop_on_long_wait(void (*call)(void *arg), void *arg)
{
    long_wait.call = call;
    long_wait.arg = arg;
}

/* Polls until the deadline, for `most_ns` at most; what is due then is done. */
static int sleep_on(struct pollfd *polled, nfds_t count, int64_t deadline_ns, int64_t most_ns)
{
    int64_t left_ns = cli_clock_until(deadline_ns, cli_clock_until(ticker.next_ns, most_ns));
    struct timespec timeout = {.tv_sec = left_ns / CLI_CLOCK_SECOND,
                               .tv_nsec = left_ns % CLI_CLOCK_SECOND};
    int ready = ppoll(polled, count, &timeout, NULL);

    cli_loop_tick();
    return ready;
}

/* Sleeps. 1 = there is input, 0 = look at the stream; -EINTR, -ETIMEDOUT, -EPIPE as in loop.h. */
static int rest(const struct rest *rest)
{
    struct pollfd polled[] = {{.fd = cli_signals_fd(), .events = POLLIN},
                              {.fd = rest->stream_fd, .events = POLLIN},
                              {.fd = rest->input_fd, .events = POLLIN},
                              {.fd = rest->output_fd, .events = 0}};
    int64_t most_ns = rest->has_stream && rest->stream_fd < 0 ? TICK_NS : LONG_NS;
    int count = sleep_on(polled, sizeof polled / sizeof polled[0], rest->deadline_ns, most_ns);

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
    struct rest waiting = {.has_stream = true, .input_fd = -1, .output_fd = -1};
    int64_t long_ns = long_wait.call ? cli_clock_after(LONG_WAIT_NS) : CLI_CLOCK_NEVER;
    int result = streamx_wait(producer, events, cli_clock_until(deadline_ns, QUICK_NS)), ended = 0;

    while (found_nothing(result) && ended == 0) {
        waiting.stream_fd = streamx_producer_fd(producer, events);
        result = streamx_wait(producer, events, STREAMX_NOWAIT);
        if (result != -EAGAIN)
            break;
        waiting.deadline_ns = long_ns < deadline_ns ? long_ns : deadline_ns;
        ended = rest(&waiting);
        if (ended == -ETIMEDOUT && long_ns < deadline_ns) {
            long_ns = CLI_CLOCK_NEVER;
            long_wait.call(long_wait.arg);
            ended = 0;
        }
    }
    /* this process may have been stopped meanwhile, and what it waited for have come */
    if (ended == -ETIMEDOUT)
        result = streamx_wait(producer, events, STREAMX_NOWAIT);
    return ended != 0 && found_nothing(result) ? ended : result;
}

int cli_loop_take(struct streamx_consumer *consumer, struct streamx_message *message,
                  int64_t deadline_ns)
{
    struct rest waiting = {
        .has_stream = true, .input_fd = -1, .output_fd = STDOUT_FILENO, .deadline_ns = deadline_ns};
    int result = streamx_take(consumer, message, cli_clock_until(deadline_ns, QUICK_NS)), ended = 0;

    while (found_nothing(result) && ended == 0) {
        waiting.stream_fd = streamx_consumer_fd(consumer);
        result = streamx_take(consumer, message, STREAMX_NOWAIT);
        if (result == -EAGAIN)
            ended = rest(&waiting);
    }
    if (ended == -ETIMEDOUT) /* likewise */
        result = streamx_take(consumer, message, STREAMX_NOWAIT);
    return ended != 0 && found_nothing(result) ? ended : result;
}

/* Room for a number of descriptors to poll; it is kept for the next time. NULL: no memory. */
static struct pollfd *room_for(size_t count)
{
    static struct pollfd *room;
    static size_t size;
    struct pollfd *grown;

    if (count <= size)
        return room;
    grown = reallocarray(room, count, sizeof *room);
    if (!grown)
        return NULL;
    room = grown;
    size = count;
    return room;
}

int cli_loop_any(struct streamx_consumer *const *consumers, size_t count, int watch_fd,
                 int64_t deadline_ns)
{
    struct pollfd *polled = room_for(count + 3);
    int64_t most_ns = LONG_NS;
    size_t used = 3;

    if (!polled)
        return -ENOMEM;
    polled[0] = (struct pollfd){.fd = cli_signals_fd(), .events = POLLIN};
    polled[1] = (struct pollfd){.fd = STDOUT_FILENO, .events = 0};
    polled[2] = (struct pollfd){.fd = watch_fd, .events = POLLIN};
    for (size_t i = 0; i < count; i++) {
        int fd = streamx_consumer_fd(consumers[i]);

        if (fd < 0)
            most_ns = TICK_NS;
        else
            polled[used++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    if (sleep_on(polled, used, deadline_ns, most_ns) <= 0)
        polled[1].revents = 0; /* it was not looked at */
    if (cli_signals_caught() != 0)
        return -EINTR;
    if ((polled[1].revents & (POLLERR | POLLHUP)) != 0)
        return -EPIPE;
    return cli_clock_until(deadline_ns, 1) == 0 ? -ETIMEDOUT : 0;
}
