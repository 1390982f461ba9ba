/* SPDX-License-Identifier: MIT */
/*
 * A stream gets its name by link(2), complete, which inotify(7) tells as IN_CREATE. It tells
 * nothing on some network file systems, and of a directory that is mounted over: who waits here
 * looks by itself every now and then.
 */
#include "common/watch.h"

#include <stdalign.h>
#include <streamx.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define PREFIX "streamx." /* of a stream's file */
#define EVENTS_BYTES 16384

int cli_watch_open(void)
{
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    if (fd >= 0 &&
        inotify_add_watch(fd, streamx_directory(), IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void tell(const struct inotify_event *event, void (*each)(const char *name, void *arg),
                 void *arg)
{
    if (event->mask & IN_Q_OVERFLOW)
        each(NULL, arg);
    else if (event->len > 0 && strncmp(event->name, PREFIX, sizeof PREFIX - 1) == 0)
        each(event->name + sizeof PREFIX - 1, arg);
}

void cli_watch_read(int fd, void (*each)(const char *name, void *arg), void *arg)
{
    alignas(struct inotify_event) char events[EVENTS_BYTES];
    ssize_t len;

    while ((len = read(fd, events, sizeof events)) > 0) {
        for (ssize_t at = 0; at < len;) {
            const struct inotify_event *event = (const void *)(events + at);

            tell(event, each, arg);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
}
