/* SPDX-License-Identifier: MIT */
/*
 * Example: one thread consumes a thousand streams on one io_uring. A stream is armed when it has
 * nothing to give; the completion says whose turn it is by its user data.
 */
#include "thousand.h"

#include <streamx_uring.h>

static struct io_uring ring;

/* Receives what is there, and arms for more. 1: the stream goes on. */
static int advance(unsigned i)
{
    int armed;

    if (!receive(i))
        return 0;
    /* -EBUSY: the ring has no room for two more entries until some are submitted. */
    while ((armed = streamx_arm_next(consumers[i], &ring, i)) == -EBUSY)
        need(io_uring_submit(&ring), "submit");
    if (armed == -EOPNOTSUPP)
        exit(77); /* before kernel 6.7, or forbidden: thousand_epoll.c works there too */
    need(armed, "arm");
    return 1;
}

int main(void)
{
    unsigned left = 0;
    pid_t producer;

    if (!raise_file_limit() || io_uring_queue_init(256, &ring, 0) != 0)
        return 77;
    producer = start_producer();
    for (unsigned i = 0; i < STREAMS; i++) {
        need(streamx_subscribe(&consumers[i], name_of(i), NULL, STREAMX_FOREVER), "subscribe");
        left += (unsigned)advance(i);
    }
    while (left > 0) {
        struct io_uring_cqe *completion;
        int failed = io_uring_submit_and_wait(&ring, 1);

        if (failed != -EINTR)
            need(failed, "wait");
        while (io_uring_peek_cqe(&ring, &completion) == 0) {
            uint64_t i = completion->user_data;

            io_uring_cqe_seen(&ring, completion);
            if (i != UINT64_MAX) /* streamx's own */
                left -= !advance((unsigned)i);
        }
    }
    io_uring_queue_exit(&ring);
    return conclude(producer);
}
