/* SPDX-License-Identifier: MIT */
/*
 * The handles' descriptors, for event loops.
 *
 * A descriptor is renewed by a call that looks and finds nothing (NOWAIT, -EAGAIN): it announces
 * itself just as a call does that goes to sleep, looks once more, and arms the notice (the two
 * wait.c, announce). From then on whatever would change the answer makes the descriptor readable,
 * and it stays so until it is renewed.
 */
#include <errno.h>

#include "consumer/wait.h"
#include "producer/wait.h"

int streamx_consumer_fd(struct streamx_consumer *c)
{
    bool begun = c->notice.means && !c->notice.by_caller;
    int fd;

    if (!sx_segment_ours(&c->segment))
        return -EPERM;
    if (c->way == SX_WAY_TAP)
        return -EOPNOTSUPP;
    fd = sx_notice_open(&c->notice);
    if (fd >= 0 && !begun)
        sx_consumer_begin_notice(c);
    return fd;
}

int streamx_producer_fd(struct streamx_producer *p, unsigned events)
{
    int fd;

    if (!sx_segment_ours(&p->segment))
        return -EPERM;
    if (events == 0 || (events & ~SX_ALL_EVENTS))
        return -EINVAL;
    fd = sx_notice_open(&p->notice);
    if (fd < 0)
        return fd;
    p->notice_events = events;
    sx_producer_renew_notice(p);
    return fd;
}
