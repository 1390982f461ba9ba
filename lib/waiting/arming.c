/* SPDX-License-Identifier: MIT */
/*
 * A futex request refers to the mapped word: so all that is armed is cancelled, synchronously,
 * before the mapping can go; by a sleep, which disarms as it ends, or by closing.
 */
#define _GNU_SOURCE
#include "waiting/arming.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "kernel/liveness.h"
#include "kernel/uapi.h"

bool sx_arm_word(struct sx_own_ring *s, const _Atomic uint32_t *word, uint32_t value)
{
    struct io_uring_sqe *entry = sx_own_ring_entry(s);

    if (!entry)
        return false;
    entry->opcode = SX_OP_FUTEX_WAIT;
    entry->fd = SX_FUTEX_32;
    entry->addr = (uint64_t)(uintptr_t)word;
    entry->off = value;
    sx_sqe_set_addr3(entry, SX_FUTEX_ANY_BIT);
    entry->user_data = SX_TAG_WORD;
    sx_own_ring_queue(s);
    return true;
}

/* Queues an entry, and a wake behind it that the kernel makes when it has completed. */
static void queue_with_bell(struct sx_own_ring *s, struct io_uring_sqe *entry)
{
    struct io_uring_sqe *bell;

    entry->flags |= IOSQE_IO_LINK;
    sx_own_ring_queue(s);
    bell = sx_own_ring_next(s); /* there is room; and the two must not be handed over one by one */
    bell->opcode = SX_OP_FUTEX_WAKE;
    bell->fd = SX_FUTEX_32;
    bell->addr = (uint64_t)(uintptr_t)s->cq_tail;
    bell->off = INT32_MAX; /* everybody */
    sx_sqe_set_addr3(bell, SX_FUTEX_ANY_BIT);
    bell->user_data = SX_TAG_NONE;
    sx_own_ring_queue(s);
}

static bool arm_death(struct sx_own_ring *s, uint32_t pid, bool bell)
{
    struct io_uring_sqe *entry = sx_own_ring_entry(s);
    int saved = errno, pidfd = entry ? sx_liveness_pidfd(pid) : -1;
    bool armed;

    errno = saved;
    if (pidfd < 0)
        return false;
    entry->opcode = IORING_OP_POLL_ADD;
    entry->fd = pidfd;
    entry->poll32_events = POLLIN;
    entry->user_data = SX_TAG_DEATH;
    if (bell)
        queue_with_bell(s, entry);
    else
        sx_own_ring_queue(s);
    /* The request keeps the file; so the descriptor is not needed any more. */
    armed = sx_own_ring_submit(s);
    if (!armed) /* the descriptor's number must not be used later */
        sx_own_ring_unqueue(s, bell ? 2 : 1);
    close(pidfd);
    errno = saved;
    return armed;
}

bool sx_arm_death(struct sx_own_ring *s, uint32_t pid)
{
    return arm_death(s, pid, false);
}

bool sx_arm_death_bell(struct sx_own_ring *s, uint32_t pid)
{
    return arm_death(s, pid, true);
}

static void set_timer(struct sx_own_ring *s, int64_t after_ns)
{
    s->timer[0] = after_ns / SX_NS_PER_S;
    s->timer[1] = after_ns % SX_NS_PER_S;
}

bool sx_arm_timer_bell(struct sx_own_ring *s, int64_t after_ns)
{
    struct io_uring_sqe *entry = sx_own_ring_entry(s);

    if (!entry)
        return false;
    set_timer(s, after_ns);
    entry->opcode = IORING_OP_TIMEOUT;
    entry->timeout_flags = SX_TIMEOUT_ETIME_SUCCESS; /* a failure would end the link */
    entry->fd = -1;
    entry->addr = (uint64_t)(uintptr_t)s->timer;
    entry->len = 1;
    entry->user_data = SX_TAG_TIMER;
    queue_with_bell(s, entry);
    return true;
}

bool sx_arm_timer_anew(struct sx_own_ring *s, int64_t after_ns)
{
    struct io_uring_sqe *entry = sx_own_ring_entry(s);

    if (!entry)
        return false;
    set_timer(s, after_ns);
    entry->opcode = IORING_OP_TIMEOUT_REMOVE;
    entry->timeout_flags = IORING_TIMEOUT_UPDATE;
    entry->flags = SX_SQE_SKIP_SUCCESS;
    entry->fd = -1;
    entry->addr = SX_TAG_TIMER;
    entry->off = (uint64_t)(uintptr_t)s->timer;
    entry->user_data = SX_TAG_NONE;
    sx_own_ring_queue(s);
    return true;
}

bool sx_arm_nudge_bell(struct sx_own_ring *s)
{
    struct io_uring_sqe *entry = sx_own_ring_entry(s);

    if (!entry)
        return false;
    entry->opcode = IORING_OP_NOP;
    entry->user_data = SX_TAG_NUDGE;
    queue_with_bell(s, entry);
    return true;
}

void sx_disarm(struct sx_own_ring *s)
{
    /* Entries that were not submitted would be by the next enter. */
    sx_own_ring_submit(s);
    sx_own_ring_cancel(s);
    sx_own_ring_reap(s);
}

void sx_armed_sleep(struct sx_own_ring *s, int64_t deadline_ns)
{
    /* That there is a completion ends the sleep; which one does not matter, since the caller looks
     * at everything again. */
    bool slept = sx_own_ring_await(s, deadline_ns);

    sx_disarm(s);
    if (!slept) /* lest every sleep end at once from now on */
        sx_own_ring_give_up(s);
}

void sx_armed_close(struct sx_own_ring *s, bool own)
{
    if (own && s->state == SX_OWN_RING_OPEN)
        sx_disarm(s);
    sx_own_ring_close(s, own);
}
