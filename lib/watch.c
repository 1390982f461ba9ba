/* SPDX-License-Identifier: MIT */
/*
 * inotify(7) tells of links made in the directory. Where it is not to be had (its instances are
 * limited per user), a tick takes its place. Behind inotify there is a slow tick too, for file
 * systems that do not report what other hosts or mounts do.
 */
#define _GNU_SOURCE
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "futex.h"
#include "segment.h"

#define TICK_FIRST_NS SX_NS_PER_MS
#define TICK_LAST_NS (64 * SX_NS_PER_MS)
#define BACKSTOP_NS (2 * SX_NS_PER_S)

void sx_watch_open(struct sx_watch *watch)
{
    char *directory = NULL;

    watch->tick_ns = TICK_FIRST_NS;
    watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch->fd >= 0 && (sx_segment_directory(&directory) != 0 ||
                           inotify_add_watch(watch->fd, directory, IN_CREATE | IN_MOVED_TO) < 0))
        sx_watch_close(watch);
    free(directory);
}

void sx_watch_wait(struct sx_watch *watch, int64_t deadline_ns)
{
    struct pollfd poll_fd = {.fd = watch->fd, .events = POLLIN}; /* a negative fd is passed over */
    int64_t now = sx_clock_now();
    int64_t until = now + (watch->fd >= 0 ? BACKSTOP_NS : watch->tick_ns);
    struct timespec timeout;
    char events[4096];

    if (deadline_ns < until)
        until = deadline_ns;
    if (until <= now)
        return;
    timeout.tv_sec = (until - now) / SX_NS_PER_S;
    timeout.tv_nsec = (until - now) % SX_NS_PER_S;
    ppoll(&poll_fd, 1, &timeout, NULL);
    if (watch->tick_ns < TICK_LAST_NS)
        watch->tick_ns *= 2;
    /* What the events say does not matter: the caller looks for the name. */
    while (watch->fd >= 0 && read(watch->fd, events, sizeof events) > 0)
        ;
}

void sx_watch_close(struct sx_watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
}
