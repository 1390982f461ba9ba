/* SPDX-License-Identifier: MIT */
/*
 * Example: a consumer on libuv's loop, by uv_poll on its descriptor. The producer here is on the
 * same loop, and never blocks either: when there is no room it waits for its own descriptor.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <streamx.h>

#define VALUES 10000u

static struct streamx_producer *producer;
static struct streamx_consumer *consumer;
static uint64_t put, received;

static int need(int result, const char *what)
{
    if (result >= 0)
        return result;
    fprintf(stderr, "%s: %s\n", what, strerror(-result));
    exit(EXIT_FAILURE);
}

/* The stream has something to say. */
static void on_readable(uv_poll_t *watcher, int status, int events)
{
    struct streamx_message message;
    int got;

    (void)events;
    need(status, "uv_poll");
    while ((got = streamx_next(consumer, &message, STREAMX_NOWAIT)) == 1) {
        if (memcmp(message.data, &received, sizeof received) != 0)
            need(-EPROTO, "message");
        received++;
    }
    if (got == -EAGAIN)
        return;
    need(got, "next"); /* 0: the end */
    uv_poll_stop(watcher);
    uv_close((uv_handle_t *)watcher, NULL);
}

/* There may be room; at the end, everything may have been acknowledged. */
static void on_room(uv_poll_t *watcher, int status, int events)
{
    int result = 0;

    (void)events;
    need(status, "uv_poll");
    while (put < VALUES && result == 0)
        if ((result = streamx_put(producer, &put, sizeof put, STREAMX_NOWAIT)) == 0)
            put++;
    if (put == VALUES) {
        need(streamx_producer_fd(producer, STREAMX_DRAINED), "descriptor");
        result = streamx_drain(producer, STREAMX_NOWAIT);
    }
    if (result == -EAGAIN)
        return;
    need(result, "put");
    uv_poll_stop(watcher);
    uv_close((uv_handle_t *)watcher, NULL);
    need(streamx_close(producer, STREAMX_NOWAIT), "close");
}

int main(void)
{
    const struct streamx_options options = {.slots = 8, .slot_size = 64};
    uv_loop_t *loop = uv_default_loop();
    uv_poll_t readable, room;

    need(streamx_create(&producer, "libuv", &options), "create");
    need(streamx_subscribe(&consumer, "libuv", NULL, STREAMX_NOWAIT), "subscribe");
    uv_poll_init(loop, &readable, need(streamx_consumer_fd(consumer), "descriptor"));
    uv_poll_start(&readable, UV_READABLE, on_readable);
    uv_poll_init(loop, &room, need(streamx_producer_fd(producer, STREAMX_ROOM), "descriptor"));
    uv_poll_start(&room, UV_READABLE, on_room);
    uv_run(loop, UV_RUN_DEFAULT);
    streamx_unsubscribe(consumer);
    uv_loop_close(loop);
    printf("%llu values\n", (unsigned long long)received);
    return received == VALUES ? EXIT_SUCCESS : EXIT_FAILURE;
}
