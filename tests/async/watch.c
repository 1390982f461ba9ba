/* SPDX-License-Identifier: MIT */
/* The loops around NOWAIT calls, and the two waits on a descriptor: see watch.h. */
#include "watch.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define PATIENCE_MS ((int)(PATIENCE / 1000000))

const char *way_name(enum way way)
{
    static const char *const names[] = {"poll", "epoll", "arm"};

    return names[way];
}

struct watch *watch_open(enum way way)
{
    struct watch *watch = calloc(1, sizeof *watch);

    ck_assert_ptr_nonnull(watch);
    watch->way = way;
    watch->epoll_fd = way == BY_EPOLL ? epoll_create1(EPOLL_CLOEXEC) : -1;
    if (way == BY_ARM)
        watch->ring = watch_ring_open();
    return watch;
}

void watch_close(struct watch *watch)
{
    if (watch->epoll_fd >= 0)
        close(watch->epoll_fd);
    if (watch->ring)
        watch_ring_close(watch->ring);
    free(watch);
}

bool readable_now(int fd)
{
    int ready;

    do
        ready = poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0);
    while (ready < 0 && errno == EINTR);
    return ready == 1;
}

static void wait_by_poll(int fd)
{
    int ready;

    do
        ready = poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, PATIENCE_MS);
    while (ready < 0 && errno == EINTR);
    ck_assert_msg(ready == 1, "the descriptor stays silent");
}

static void wait_by_epoll(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    int ready;

    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        ck_assert_int_eq(errno, EEXIST);
    do
        ready = epoll_wait(epoll_fd, &event, 1, PATIENCE_MS);
    while (ready < 0 && errno == EINTR);
    ck_assert_msg(ready == 1, "the descriptor stays silent");
    ck_assert_int_eq(event.data.fd, fd);
}

static void wait_for(struct watch *watch, int fd)
{
    ck_assert_int_ge(fd, 0);
    if (watch->way == BY_EPOLL)
        wait_by_epoll(watch->epoll_fd, fd);
    else
        wait_by_poll(fd);
}

void watch_consumer(struct watch *watch, struct streamx_consumer *consumer)
{
    watch->waits++;
    if (watch->ring)
        watch_ring_consumer(watch->ring, consumer);
    else
        wait_for(watch, streamx_consumer_fd(consumer));
}

void watch_producer(struct watch *watch, struct streamx_producer *producer, unsigned events)
{
    watch->waits++;
    if (watch->ring)
        watch_ring_producer(watch->ring, producer, events);
    else
        wait_for(watch, streamx_producer_fd(producer, events));
}

int watch_refused(struct watch *watch, struct streamx_consumer *consumer)
{
    return watch->ring ? watch_ring_refused(watch->ring, consumer) : streamx_consumer_fd(consumer);
}

int watch_next(struct watch *watch, struct streamx_consumer *consumer,
               struct streamx_message *message)
{
    int got;

    while ((got = streamx_next(consumer, message, STREAMX_NOWAIT)) == -EAGAIN)
        watch_consumer(watch, consumer);
    return got;
}

int watch_take(struct watch *watch, struct streamx_consumer *consumer,
               struct streamx_message *message)
{
    int got;

    while ((got = streamx_take(consumer, message, STREAMX_NOWAIT)) == -EAGAIN)
        watch_consumer(watch, consumer);
    return got;
}

int watch_wait(struct watch *watch, struct streamx_producer *producer, unsigned events)
{
    int held;

    while ((held = streamx_wait(producer, events, STREAMX_NOWAIT)) == -EAGAIN)
        watch_producer(watch, producer, events);
    return held;
}
