/* SPDX-License-Identifier: MIT */
/*
 * A futex request refers to the mapped word: so all that is armed is cancelled, synchronously,
 * before the mapping can go; by a sleep, which disarms as it ends, or by closing.
 */
#define _GNU_SOURCE
#include "waiting/arming.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "kernel/liveness.h"
#include "kernel/uapi.h"

/* ---- handing over ---------------------------------------------------------------------------- */

static int enter(const struct sx_own_ring *s, unsigned submit, unsigned wait, unsigned flags,
                 const void *argument, size_t size)
{
    int saved = errno;
    long entered = syscall(SYS_io_uring_enter, s->fd, submit, wait, flags, argument, size);
    int result = entered < 0 ? -errno : (int)entered;

    errno = saved;
    return result;
}

/* Completions that did not fit wait in the kernel until the ring is entered. */
static bool flush(struct sx_own_ring *s)
{
    if (!(atomic_load_explicit(s->sq_flags, memory_order_acquire) & IORING_SQ_CQ_OVERFLOW))
        return false;
    return enter(s, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0) >= 0;
}

/* Will the call do, another time? Else it is forbidden by now, or the descriptor leads
 * elsewhere. */
static bool passes(int failed)
{
    return failed == -EINTR || failed == -EAGAIN || failed == -EBUSY || failed == -ENOMEM ||
           failed == -ETIME;
}

#define ATTEMPTS 100

/* The kernel takes all entries (SX_SETUP_SUBMIT_ALL), unless it is short of memory: then again
 * in a moment, because without them nobody would be told of anything. One that refuses for so long
 * is asked once from then on: its caller does not wait either. */
bool sx_armed_submit(struct sx_own_ring *s)
{
    const struct timespec moment = {.tv_nsec = SX_NS_PER_MS};
    int saved = errno;

    for (int left = s->refused ? 1 : ATTEMPTS; left > 0 && s->queued > 0; left--) {
        int taken = enter(s, s->queued, 0, 0, NULL, 0);

        if (taken > 0)
            s->queued -= (uint32_t)taken;
        else if (taken < 0 && !passes(taken))
            break;
        else if (taken != -EINTR && !flush(s) && left > 1)
            nanosleep(&moment, NULL);
    }
    errno = saved;
    s->refused = s->queued > 0;
    return !s->refused;
}

/* The entry behind those that are queued, cleared. */
static struct io_uring_sqe *clear_entry(struct sx_own_ring *s)
{
    uint32_t tail = atomic_load_explicit(s->sq_tail, memory_order_relaxed); /* our own word */
    struct io_uring_sqe *entry = &s->entries[tail & (s->sq_entries - 1)];

    memset(entry, 0, sizeof *entry);
    return entry;
}

/* A cleared entry, with room for another one behind it. NULL: the kernel does not take them. */
static struct io_uring_sqe *next_entry(struct sx_own_ring *s)
{
    return s->queued + 2 > s->sq_entries && !sx_armed_submit(s) ? NULL : clear_entry(s);
}

/* The entry is complete. */
static void queue(struct sx_own_ring *s)
{
    uint32_t tail = atomic_load_explicit(s->sq_tail, memory_order_relaxed);

    /* Release: the kernel, which loads it with acquire, sees the entry. */
    atomic_store_explicit(s->sq_tail, tail + 1, memory_order_release);
    s->queued++;
}

/* Queues an entry, and a wake behind it that the kernel makes when it has completed. */
static void queue_with_bell(struct sx_own_ring *s, struct io_uring_sqe *entry)
{
    struct io_uring_sqe *bell;

    entry->flags |= IOSQE_IO_LINK;
    queue(s);
    bell = clear_entry(s); /* there is room; and the two must not be handed over one by one */
    bell->opcode = SX_OP_FUTEX_WAKE;
    bell->fd = SX_FUTEX_32;
    bell->addr = (uint64_t)(uintptr_t)s->cq_tail;
    bell->off = INT32_MAX; /* everybody */
    sx_sqe_set_addr3(bell, SX_FUTEX_ANY_BIT);
    bell->user_data = SX_TAG_NONE;
    queue(s);
}

/* Takes back what was queued last, as far as the kernel has not taken it. */
static void unqueue(struct sx_own_ring *s, uint32_t count)
{
    if (count > s->queued)
        count = s->queued;
    atomic_fetch_sub_explicit(s->sq_tail, count, memory_order_release);
    s->queued -= count;
}

static unsigned take_completions(struct sx_own_ring *s)
{
    /* Relaxed: our own word. Acquire pairs with the kernel's release: the completions. */
    uint32_t head = atomic_load_explicit(s->cq_head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(s->cq_tail, memory_order_acquire);
    unsigned tags = 0;

    head += s->shown; /* that one has been taken already */
    s->shown = false;
    for (; head != tail; head++)
        tags |= (unsigned)s->completions[head & (s->cq_entries - 1)].user_data;
    /* Release: the kernel may reuse what we have passed. */
    atomic_store_explicit(s->cq_head, head, memory_order_release);
    return tags;
}

unsigned sx_armed_reap(struct sx_own_ring *s)
{
    unsigned tags = take_completions(s);

    while (flush(s))
        tags |= take_completions(s);
    if (tags & SX_TAG_WORD)
        s->word_armed = false;
    if (tags & SX_TAG_TIMER)
        s->timer_armed = false;
    return tags;
}

/* ---- arming ---------------------------------------------------------------------------------- */

bool sx_arm_word(struct sx_own_ring *s, const _Atomic uint32_t *word, uint32_t value)
{
    struct io_uring_sqe *entry = s->word_armed ? NULL : next_entry(s);

    if (!entry)
        return s->word_armed;
    entry->opcode = SX_OP_FUTEX_WAIT;
    entry->fd = SX_FUTEX_32;
    entry->addr = (uint64_t)(uintptr_t)word;
    entry->off = value;
    sx_sqe_set_addr3(entry, SX_FUTEX_ANY_BIT);
    entry->user_data = SX_TAG_WORD;
    queue(s);
    return s->word_armed = true;
}

/* The request keeps the file; so the descriptor is closed as soon as the kernel has it. */
static bool arm_death(struct sx_own_ring *s, int pidfd, bool bell)
{
    struct io_uring_sqe *entry = next_entry(s);
    int saved = errno;
    bool armed = false;

    if (entry) {
        entry->opcode = IORING_OP_POLL_ADD;
        entry->fd = pidfd;
        entry->poll32_events = POLLIN;
        entry->user_data = SX_TAG_DEATH;
        if (bell)
            queue_with_bell(s, entry);
        else
            queue(s);
        armed = sx_armed_submit(s);
        if (!armed) /* the descriptor's number must not be used later */
            unqueue(s, bell ? 2 : 1);
    }
    close(pidfd);
    errno = saved;
    return armed;
}

bool sx_arm_death(struct sx_own_ring *s, uint32_t pid)
{
    int saved = errno, pidfd = sx_liveness_pidfd(pid);

    errno = saved;
    return pidfd >= 0 && arm_death(s, pidfd, false);
}

bool sx_arm_death_bell(struct sx_own_ring *s, int pidfd)
{
    return arm_death(s, pidfd, true);
}

static void set_timer(struct sx_own_ring *s, int64_t after_ns)
{
    s->timer[0] = after_ns / SX_NS_PER_S;
    s->timer[1] = after_ns % SX_NS_PER_S;
}

static bool arm_timer(struct sx_own_ring *s, int64_t after_ns)
{
    struct io_uring_sqe *entry = next_entry(s);

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
    return s->timer_armed = true;
}

/* The timer runs out after that time instead; a completion if it has run out already. */
static bool move_timer(struct sx_own_ring *s, int64_t after_ns)
{
    struct io_uring_sqe *entry = next_entry(s);

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
    queue(s);
    return true;
}

/* There is one timer, and it is never put off: a later time than it is armed for is seen to when it
 * has run out. */
static bool set_time(struct sx_own_ring *s, int64_t until_ns, int64_t after_ns)
{
    if (s->timer_armed && until_ns >= s->timer_until_ns)
        return true;
    if (!(s->timer_armed ? move_timer(s, after_ns) : arm_timer(s, after_ns)))
        return false;
    s->timer_until_ns = until_ns;
    return true;
}

bool sx_arm_notice(struct sx_own_ring *s, const _Atomic uint32_t *word, uint32_t value,
                   int64_t until_ns, int64_t after_ns)
{
    bool word_armed = s->word_armed, timer_armed = s->timer_armed;
    int64_t timer_until_ns = s->timer_until_ns;

    if ((!word || sx_arm_word(s, word, value)) && set_time(s, until_ns, after_ns) &&
        sx_armed_submit(s))
        return true;
    s->word_armed = word_armed;
    s->timer_armed = timer_armed;
    s->timer_until_ns = timer_until_ns;
    return false;
}

bool sx_arm_nudge_bell(struct sx_own_ring *s)
{
    struct io_uring_sqe *entry = next_entry(s);

    if (!entry)
        return false;
    entry->opcode = IORING_OP_NOP;
    entry->user_data = SX_TAG_NUDGE;
    queue_with_bell(s, entry);
    return true;
}

/* The kernel compares the two counts, which lie in our own memory, when the descriptor is
 * polled. Something may have completed since the last reaping: that is readable, and yet to be
 * taken. */
void sx_armed_stay_readable(struct sx_own_ring *s)
{
    /* Relaxed, both: what completes from here on is counted beside the one that is shown. */
    uint32_t head = atomic_load_explicit(s->cq_head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(s->cq_tail, memory_order_relaxed);

    unqueue(s, s->queued);
    if (head != tail)
        return;
    /* Release: as in take_completions. */
    atomic_store_explicit(s->cq_head, head - 1, memory_order_release);
    s->shown = true;
}

/* ---- sleeping, and the end ------------------------------------------------------------------- */

/* Synchronously. */
static void cancel_all(struct sx_own_ring *s)
{
    struct sx_sync_cancel cancel;
    int saved = errno;

    memset(&cancel, 0, sizeof cancel);
    cancel.fd = -1;
    cancel.flags = SX_CANCEL_ANY | SX_CANCEL_ALL;
    cancel.timeout.tv_sec = -1;
    cancel.timeout.tv_nsec = -1;
    while (syscall(SYS_io_uring_register, s->fd, SX_REGISTER_SYNC_CANCEL, &cancel, 1) != 0 &&
           errno == EINTR)
        ;
    errno = saved;
}

/* Submits, and waits for a completion. False: neither, nor ever again. */
static bool await_completion(struct sx_own_ring *s, int64_t deadline_ns)
{
    struct __kernel_timespec timeout = {0};
    struct io_uring_getevents_arg argument = {.sigmask_sz = _NSIG / 8};
    int taken;

    if (deadline_ns != SX_NEVER) {
        int64_t left = deadline_ns - sx_clock_now();

        if (left < 0)
            left = 0;
        timeout.tv_sec = left / SX_NS_PER_S;
        timeout.tv_nsec = left % SX_NS_PER_S;
        argument.ts = (uint64_t)(uintptr_t)&timeout;
    }
    taken = enter(s, s->queued, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &argument,
                  sizeof argument);
    if (taken > 0)
        s->queued -= (uint32_t)taken;
    return taken >= 0 || passes(taken);
}

void sx_disarm(struct sx_own_ring *s)
{
    /* Entries that were not submitted would be by the next enter. */
    sx_armed_submit(s);
    cancel_all(s);
    sx_armed_reap(s);
    s->word_armed = s->timer_armed = false;
}

void sx_armed_sleep(struct sx_own_ring *s, int64_t deadline_ns)
{
    /* That there is a completion ends the sleep; which one does not matter, since the caller looks
     * at everything again. */
    bool slept = await_completion(s, deadline_ns);

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
