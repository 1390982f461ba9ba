/* SPDX-License-Identifier: MIT */
/* ppoll(2), with the signals let in for as long as it lasts. */
#include "nats/wait.h"

#include "common/clock.h"
#include "common/loop.h"
#include "common/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define LONGEST_NS (CLI_CLOCK_SECOND / 2) /* so that what is drawn (progress.h) moves */

static sigset_t outside; /* the mask that the program was started with */

int bridge_wait_init(void)
{
    sigset_t all;

    sigfillset(&all);
    return sigprocmask(SIG_BLOCK, &all, &outside) == 0 ? 0 : -errno;
}

static void empty(int fd)
{
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof count);

    (void)got; /* what was written before is looked at after this, whatever the count */
}

int bridge_wait(const struct bridge_wait *wait)
{
    struct pollfd polled[] = {{.fd = cli_signals_fd(), .events = POLLIN},
                              {.fd = wait->link_fd, .events = POLLIN},
                              {.fd = wait->stream_fd, .events = POLLIN}};
    int64_t left_ns = cli_clock_until(wait->until_ns, LONGEST_NS);
    struct timespec timeout = {.tv_sec = left_ns / CLI_CLOCK_SECOND,
                               .tv_nsec = left_ns % CLI_CLOCK_SECOND};
    int count = ppoll(polled, sizeof polled / sizeof polled[0], &timeout, &outside);

    cli_loop_tick();
    if (count > 0 && polled[1].revents != 0)
        empty(wait->link_fd);
    return cli_signals_caught() != 0 ? -EINTR : 0;
}
