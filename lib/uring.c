/* SPDX-License-Identifier: MIT */
/*
 * Arming on the caller's ring: a poll of the handle's own descriptor (fd.c), behind which the futex
 * word, the deaths and the timer sit, so that one request stands for all of them; and a linked
 * timeout as a backstop. Both end with the poll's completion: nothing of an arm outlives it.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <poll.h>
#include <string.h>

#include "consumer.h"
#include "producer.h"

/* As in streamx_uring.h, which cannot be included without liburing. Visible, as of export.h. */
#pragma GCC visibility push(default)
int streamx_prep_next(struct streamx_consumer *consumer, struct io_uring_sqe *sqe[2],
                      uint64_t user_data);
int streamx_prep_wait(struct streamx_producer *producer, unsigned events,
                      struct io_uring_sqe *sqe[2], uint64_t user_data);
#pragma GCC visibility pop

/* Read by the kernel when the entry is submitted. */
static const struct __kernel_timespec backstop = {.tv_sec = 4};

static void prepare(struct io_uring_sqe *sqe[2], int fd, uint64_t user_data)
{
    memset(sqe[0], 0, sizeof *sqe[0]);
    sqe[0]->opcode = IORING_OP_POLL_ADD;
    sqe[0]->flags = IOSQE_IO_LINK;
    sqe[0]->fd = fd;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    sqe[0]->poll32_events = (uint32_t)POLLIN << 16;
#else
    sqe[0]->poll32_events = POLLIN;
#endif
    sqe[0]->user_data = user_data;
    memset(sqe[1], 0, sizeof *sqe[1]);
    sqe[1]->opcode = IORING_OP_LINK_TIMEOUT;
    sqe[1]->fd = -1;
    sqe[1]->addr = (uint64_t)(uintptr_t)&backstop;
    sqe[1]->len = 1;
    sqe[1]->user_data = UINT64_MAX;
}

/* Is the descriptor a ring's, or can it be? 0, or -errno. */
static int need_ring(struct sx_notice *notice)
{
    return notice->thread ? -EOPNOTSUPP : sx_sleeper_open(&notice->ring);
}

int streamx_prep_next(struct streamx_consumer *c, struct io_uring_sqe *sqe[2], uint64_t user_data)
{
    int fd, failed;

    if (!sx_segment_ours(&c->segment))
        return -EPERM;
    failed = need_ring(&c->notice);
    if (failed)
        return failed;
    fd = streamx_consumer_fd(c);
    if (fd < 0)
        return fd;
    prepare(sqe, fd, user_data);
    return 0;
}

int streamx_prep_wait(struct streamx_producer *p, unsigned events, struct io_uring_sqe *sqe[2],
                      uint64_t user_data)
{
    int fd, failed;

    if (!sx_segment_ours(&p->segment))
        return -EPERM;
    failed = need_ring(&p->notice);
    if (failed)
        return failed;
    fd = streamx_producer_fd(p, events);
    if (fd < 0)
        return fd;
    prepare(sqe, fd, user_data);
    return 0;
}
