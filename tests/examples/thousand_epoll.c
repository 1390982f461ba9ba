/* SPDX-License-Identifier: MIT */
/*
 * Example: one thread consumes a thousand streams on one epoll, level-triggered, on every kernel. A
 * descriptor is readable until a NOWAIT call has given -EAGAIN.
 */
#include "thousand.h"

#include <errno.h>
#include <sys/epoll.h>

int main(void)
{
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[64];
    unsigned left = STREAMS;
    pid_t producer;

    if (!raise_file_limit() || epoll_fd < 0)
        return 77;
    producer = start_producer();
    for (unsigned i = 0; i < STREAMS; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};

        need(streamx_subscribe(&consumers[i], name_of(i), NULL, STREAMX_FOREVER), "subscribe");
        if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD,
                      need(streamx_consumer_fd(consumers[i]), "descriptor"), &event) != 0)
            need(-errno, "epoll");
    }
    while (left > 0) {
        int ready = epoll_wait(epoll_fd, events, 64, -1);

        for (int n = 0; n < ready; n++) /* none after EINTR, which may come without a signal */
            left -= !receive(events[n].data.u32);
    }
    close(epoll_fd);
    return conclude(producer);
}
