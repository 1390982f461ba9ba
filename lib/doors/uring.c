/* SPDX-License-Identifier: MIT */
/*
 * Arming on the caller's ring: one request that sleeps on two futex words. One is the event word in
 * the shared memory, as a call would sleep on; so a hand-over takes the shortest way. The other is
 * the bell of the handle's own ring (arming.h), behind which deaths and timer sit, which stay
 * armed there from one arm to the next. Both are compared by the kernel with what they were when
 * the last look was made: nothing that has happened since is missed, and nothing of an arm outlives
 * it.
 */
#include <errno.h>
#include <string.h>

#include "consumer/wait.h"
#include "kernel/uapi.h"
#include "producer/wait.h"

/* As in streamx_uring.h, which cannot be included without liburing; visible like streamx.h's. */
#pragma GCC visibility push(default)
int streamx_prep_next(struct streamx_consumer *consumer, struct io_uring_sqe *sqe[2],
                      uint64_t user_data);
int streamx_prep_wait(struct streamx_producer *producer, unsigned events,
                      struct io_uring_sqe *sqe[2], uint64_t user_data);
#pragma GCC visibility pop

/*
 * Two entries: a wait for the word and for the bell, and one that does nothing and says nothing. (A
 * linked timeout in its place would cost half as much again as the wait; what it would be there
 * for, the notice's timer does.)
 */
static void prepare(struct io_uring_sqe *sqe[2], struct sx_notice *n, uint64_t user_data)
{
    memset(sqe[0], 0, sizeof *sqe[0]);
    memset(sqe[1], 0, sizeof *sqe[1]);
    sqe[0]->user_data = user_data;
    if (n->fired || !n->word) {
        sqe[0]->opcode = IORING_OP_NOP; /* completes at once */
    } else {
        /* Read by the kernel when the entry is submitted. */
        n->words[0] = (struct futex_waitv){
            .uaddr = (uintptr_t)n->word, .val = n->value, .flags = SX_FUTEX_32};
        n->words[1] = (struct futex_waitv){.uaddr = (uintptr_t)sx_bell(&n->ring),
                                           .val = sx_bell_value(&n->ring),
                                           .flags = SX_FUTEX_32};
        sqe[0]->opcode = SX_OP_FUTEX_WAITV;
        sqe[0]->addr = (uint64_t)(uintptr_t)n->words;
        sqe[0]->len = 2;
    }
    sqe[1]->opcode = IORING_OP_NOP;
    sqe[1]->flags = SX_SQE_SKIP_SUCCESS;
    sqe[1]->user_data = UINT64_MAX;
}

int streamx_prep_next(struct streamx_consumer *c, struct io_uring_sqe *sqe[2], uint64_t user_data)
{
    bool begun = c->notice.means && !sx_notice_is_foreign(&c->notice);
    int failed;

    if (!sx_segment_ours(&c->segment))
        return -EPERM;
    if (c->way == SX_WAY_TAP)
        return -EOPNOTSUPP;
    failed = sx_notice_open_for_caller(&c->notice);
    if (failed)
        return failed;
    if (!begun)
        sx_consumer_begin_notice(c);
    prepare(sqe, &c->notice, user_data);
    return 0;
}

int streamx_prep_wait(struct streamx_producer *p, unsigned events, struct io_uring_sqe *sqe[2],
                      uint64_t user_data)
{
    int failed;

    if (!sx_segment_ours(&p->segment))
        return -EPERM;
    if (events == 0 || (events & ~SX_ALL_EVENTS))
        return -EINVAL;
    failed = sx_notice_open_for_caller(&p->notice);
    if (failed)
        return failed;
    p->notice_events = events;
    sx_producer_renew_notice(p);
    prepare(sqe, &p->notice, user_data);
    return 0;
}
