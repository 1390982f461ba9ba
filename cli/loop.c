/* SPDX-License-Identifier: MIT */
/*
 * Waits in slices: each sleeps in the one thing that must be noticed at once (the stream's own
 * wait, or poll(2) on the input), and is short enough for the others to be looked at between
 * slices.
 */
#include "loop.h"

#include "clock.h"
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define SLICE_NS (50 * SX_CLOCK_MILLISECOND)
#define LONG_NS (3600 * SX_CLOCK_SECOND)

/* What ends any wait: a signal, or the deadline. 0 = go on. */
static int ended(int64_t deadline_ns)
{
    if (sx_signals_caught() != 0)
        return -EINTR;
    return sx_clock_until(deadline_ns, 1) == 0 ? -ETIMEDOUT : 0;
}

/* Polls `fd` (or nothing, if it is -1) and the signals, for one slice at most if `sliced`. */
static bool poll_slice(int fd, int64_t deadline_ns, bool sliced)
{
    struct pollfd polled[2] = {{.fd = sx_signals_fd(), .events = POLLIN},
                               {.fd = fd, .events = POLLIN}};
    int64_t left_ns = sx_clock_until(deadline_ns, sliced ? SLICE_NS : LONG_NS);
    struct timespec timeout = {.tv_sec = left_ns / SX_CLOCK_SECOND,
                               .tv_nsec = left_ns % SX_CLOCK_SECOND};

    return ppoll(polled, 2, &timeout, NULL) > 0 && polled[1].revents != 0;
}

static bool everybody_left(struct streamx_producer *producer)
{
    return streamx_wait(producer, STREAMX_ALONE, STREAMX_NOWAIT) > 0;
}

int sx_loop_input(int fd, struct streamx_producer *producer, int64_t deadline_ns)
{
    for (;;) {
        bool ready = poll_slice(fd, deadline_ns, producer != NULL);
        int end = ended(deadline_ns);

        if (end == -EINTR || ready)
            return end == -EINTR ? end : 0;
        if (producer && everybody_left(producer))
            return -EPIPE;
        if (end != 0)
            return end;
    }
}

bool sx_loop_input_ready(int fd)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};

    return poll(&polled, 1, 0) > 0;
}

int sx_loop_until(struct streamx_producer *producer, int64_t time_ns)
{
    int result = sx_loop_input(-1, producer, time_ns);

    return result == -ETIMEDOUT ? 0 : result;
}

int sx_loop_producer(struct streamx_producer *producer, unsigned events, int64_t deadline_ns)
{
    for (;;) {
        int result = streamx_wait(producer, events, sx_clock_until(deadline_ns, SLICE_NS));
        int end;

        if (result != -ETIMEDOUT && result != -EAGAIN)
            return result;
        end = ended(deadline_ns);
        if (end != 0)
            return end;
    }
}

/* Whether whoever read standard output has gone: a pipe or socket without a reader. */
static bool output_gone(void)
{
    struct pollfd polled = {.fd = STDOUT_FILENO, .events = 0};

    return poll(&polled, 1, 0) > 0 && (polled.revents & (POLLERR | POLLHUP)) != 0;
}

/* Between two slices of a consumer's wait. */
static int consumer_ended(int64_t deadline_ns)
{
    int end = ended(deadline_ns);

    return end == 0 && output_gone() ? -EPIPE : end;
}

int sx_loop_subscribe(struct streamx_consumer **consumer, const char *name,
                      const struct streamx_subscribe_options *options, int64_t deadline_ns)
{
    for (;;) {
        int64_t slice_ns = sx_clock_until(deadline_ns, SLICE_NS);
        int result = streamx_subscribe(consumer, name, options, slice_ns);

        /* a slice of 0 is NOWAIT, for which an absent stream is -ENOENT */
        if (result != -ETIMEDOUT && !(result == -ENOENT && slice_ns == 0))
            return result;
        result = consumer_ended(deadline_ns);
        if (result != 0)
            return result;
    }
}

int sx_loop_take(struct streamx_consumer *consumer, struct streamx_message *message,
                 int64_t deadline_ns)
{
    for (;;) {
        int result = streamx_take(consumer, message, sx_clock_until(deadline_ns, SLICE_NS));

        if (result != -ETIMEDOUT && result != -EAGAIN)
            return result;
        result = consumer_ended(deadline_ns);
        if (result != 0)
            return result;
    }
}
