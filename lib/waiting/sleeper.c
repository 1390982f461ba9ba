/* SPDX-License-Identifier: MIT */
/*
 * A small io_uring, by system calls: the library needs a handful of entries and no more, and should
 * not depend on liburing for them. No completion is ever read: that there is one ends the sleep,
 * and the caller looks at everything again.
 *
 * A futex request refers to the mapped word: so everything is cancelled, synchronously, before the
 * sleep returns, and the mapping can go afterwards.
 */
#define _GNU_SOURCE
#include "waiting/sleeper.h"

#include <assert.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel/futex.h"

/* Newer than Debian 12's kernel headers. */
#define OP_FUTEX_WAIT 51u /* since 6.7, like the two others */
#define OP_FUTEX_WAKE 52u
#define FUTEX_SIZE_32 2 /* FUTEX2_SIZE_U32; shared, since FUTEX2_PRIVATE is not set */
#define SETUP_NO_MMAP (UINT32_C(1) << 14) /* since 6.5 */
#define FUTEX_ANY_BIT UINT64_C(0xffffffff)

#define ENTRIES 16u
#define REGION_BYTES 4096u

static_assert(sizeof(struct io_sqring_offsets) == 40 && sizeof(struct io_cqring_offsets) == 40,
              "the address of our memory is the last of their fields");
static_assert(ENTRIES * sizeof(struct io_uring_sqe) <= REGION_BYTES, "fits");

static int enter(const struct sx_sleeper *s, unsigned submit, unsigned wait, unsigned flags,
                 const void *argument, size_t size)
{
    int saved = errno;
    long entered = syscall(SYS_io_uring_enter, s->fd, submit, wait, flags, argument, size);
    int result = entered < 0 ? -errno : (int)entered;

    errno = saved;
    return result;
}

/* Does this kernel's io_uring know the futex operation? */
static bool knows_futex(int fd)
{
    const unsigned ops = OP_FUTEX_WAIT + 1;
    _Alignas(
        struct io_uring_probe) char answer[sizeof(struct io_uring_probe) +
                                           (OP_FUTEX_WAIT + 1) * sizeof(struct io_uring_probe_op)];
    struct io_uring_probe *probe = (struct io_uring_probe *)(void *)answer;

    memset(answer, 0, sizeof answer);
    return syscall(SYS_io_uring_register, fd, IORING_REGISTER_PROBE, probe, ops) == 0 &&
           probe->ops_len >= ops && (probe->ops[OP_FUTEX_WAIT].flags & IO_URING_OP_SUPPORTED);
}

/*
 * Memory of our own for one of the ring's two regions, each of which is far smaller than a page;
 * not inherited by fork. The kernel's own cannot bear a shared futex, and the bell is one: a
 * private one is found in another table once the process has got its second thread (since 6.16), so
 * that the wake would miss who slept on it before.
 */
static void *map_region(void *offsets, size_t size)
{
    void *region =
        mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t address = (uintptr_t)region;

    if (region == MAP_FAILED)
        return NULL;
    madvise(region, REGION_BYTES, MADV_DONTFORK);
    /* `user_addr`, which older headers call a reserve. */
    memcpy((char *)offsets + size - sizeof address, &address, sizeof address);
    return region;
}

static bool map_rings(struct sx_sleeper *s, struct io_uring_params *params)
{
    s->rings = map_region(&params->cq_off, sizeof params->cq_off);
    s->entries = map_region(&params->sq_off, sizeof params->sq_off);
    return s->rings && s->entries;
}

static void find_rings(struct sx_sleeper *s, const struct io_uring_params *params)
{
    uint32_t *array = (uint32_t *)(void *)(s->rings + params->sq_off.array);

    s->sq_tail = (_Atomic uint32_t *)(void *)(s->rings + params->sq_off.tail);
    s->sq_flags = (_Atomic uint32_t *)(void *)(s->rings + params->sq_off.flags);
    s->cq_head = (_Atomic uint32_t *)(void *)(s->rings + params->cq_off.head);
    s->cq_tail = (_Atomic uint32_t *)(void *)(s->rings + params->cq_off.tail);
    s->sq_entries = params->sq_entries;
    s->cq_entries = params->cq_entries;
    s->completions = (struct io_uring_cqe *)(void *)(s->rings + params->cq_off.cqes);
    for (uint32_t i = 0; i < params->sq_entries; i++)
        array[i] = i;
}

static void release(struct sx_sleeper *s)
{
    if (s->fd >= 0)
        close(s->fd);
    if (s->rings)
        munmap(s->rings, REGION_BYTES);
    if (s->entries)
        munmap(s->entries, REGION_BYTES);
    memset(s, 0, sizeof *s);
}

static int fail(struct sx_sleeper *s, int failed)
{
    release(s);
    return failed;
}

static int open_ring(struct sx_sleeper *s)
{
    struct io_uring_params params;

    memset(&params, 0, sizeof params);
    /* Not DEFER_TASKRUN: a ring with it cannot be polled through its descriptor. */
    params.flags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP | SETUP_NO_MMAP;
    s->fd = -1;
    if (!map_rings(s, &params))
        return fail(s, -ENOMEM);
    s->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
    if (s->fd < 0)
        return fail(s,
                    errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : -EOPNOTSUPP);
    /* An empty call: a filter may allow the one system call and not the other. */
    if (!(params.features & IORING_FEAT_EXT_ARG) || !knows_futex(s->fd) ||
        enter(s, 0, 0, 0, NULL, 0) != 0)
        return fail(s, -EOPNOTSUPP);
    find_rings(s, &params);
    return 0;
}

int sx_sleeper_open(struct sx_sleeper *s)
{
    int saved = errno, failed = 0;

    if (s->state == SX_SLEEPER_UNTRIED) {
        failed = open_ring(s);
        if (!failed)
            s->state = SX_SLEEPER_OPEN;
        else if (failed == -EOPNOTSUPP)
            s->state = SX_SLEEPER_UNAVAILABLE;
    }
    errno = saved;
    return s->state == SX_SLEEPER_UNAVAILABLE ? -EOPNOTSUPP : failed;
}

/* Completions that did not fit wait in the kernel until the ring is entered. */
static bool flush(struct sx_sleeper *s)
{
    if (!(atomic_load_explicit(s->sq_flags, memory_order_acquire) & IORING_SQ_CQ_OVERFLOW))
        return false;
    enter(s, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0);
    return true;
}

/* The kernel takes all entries (IORING_SETUP_SUBMIT_ALL), unless it is short of memory: then again
 * in a moment, because without them nobody would be told of anything. */
bool sx_sleeper_submit(struct sx_sleeper *s)
{
    const struct timespec moment = {.tv_nsec = SX_NS_PER_MS};
    int saved = errno;

    for (int attempt = 0; attempt < 100 && s->queued > 0; attempt++) {
        int taken = enter(s, s->queued, 0, 0, NULL, 0);

        if (taken > 0)
            s->queued -= (uint32_t)taken;
        else if (taken != -EINTR && !flush(s))
            nanosleep(&moment, NULL);
    }
    errno = saved;
    return s->queued == 0;
}

/* The entry behind those that are queued, cleared. */
static struct io_uring_sqe *clear_entry(struct sx_sleeper *s)
{
    uint32_t tail = atomic_load_explicit(s->sq_tail, memory_order_relaxed); /* our own word */
    struct io_uring_sqe *entry = &s->entries[tail & (s->sq_entries - 1)];

    memset(entry, 0, sizeof *entry);
    return entry;
}

/* A cleared entry, with room for another one behind it. NULL: the kernel does not take them. */
static struct io_uring_sqe *next_entry(struct sx_sleeper *s)
{
    return s->queued + 2 > s->sq_entries && !sx_sleeper_submit(s) ? NULL : clear_entry(s);
}

/* The entry is complete. */
static void queue(struct sx_sleeper *s)
{
    uint32_t tail = atomic_load_explicit(s->sq_tail, memory_order_relaxed);

    /* Release: the kernel, which loads it with acquire, sees the entry. */
    atomic_store_explicit(s->sq_tail, tail + 1, memory_order_release);
    s->queued++;
}

bool sx_sleeper_arm_word(struct sx_sleeper *s, const _Atomic uint32_t *word, uint32_t value)
{
    struct io_uring_sqe *entry = next_entry(s);

    if (!entry)
        return false;
    entry->opcode = OP_FUTEX_WAIT;
    entry->fd = FUTEX_SIZE_32;
    entry->addr = (uint64_t)(uintptr_t)word;
    entry->off = value;
    entry->addr3 = FUTEX_ANY_BIT;
    entry->user_data = SX_TAG_WORD;
    queue(s);
    return true;
}

/* Queues an entry, and a wake behind it that the kernel makes when it has completed. */
static void queue_with_bell(struct sx_sleeper *s, struct io_uring_sqe *entry)
{
    struct io_uring_sqe *bell;

    entry->flags |= IOSQE_IO_LINK;
    queue(s);
    bell = clear_entry(s); /* there is room; and the two must not be handed over one by one */
    bell->opcode = OP_FUTEX_WAKE;
    bell->fd = FUTEX_SIZE_32;
    bell->addr = (uint64_t)(uintptr_t)s->cq_tail;
    bell->off = INT32_MAX; /* everybody */
    bell->addr3 = FUTEX_ANY_BIT;
    bell->user_data = SX_TAG_NONE;
    queue(s);
}

/* Takes back what was queued last, as far as the kernel has not taken it. */
static void unqueue(struct sx_sleeper *s, uint32_t count)
{
    if (count > s->queued)
        count = s->queued;
    atomic_fetch_sub_explicit(s->sq_tail, count, memory_order_release);
    s->queued -= count;
}

static bool arm_death(struct sx_sleeper *s, uint32_t pid, bool bell)
{
    struct io_uring_sqe *entry = next_entry(s);
    int saved = errno, pidfd;
    bool armed;

    if (!entry || pid == 0 || pid > INT32_MAX)
        return false;
    pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
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
        queue(s);
    /* The request keeps the file; so the descriptor is not needed any more. */
    armed = sx_sleeper_submit(s);
    if (!armed) /* the descriptor's number must not be used later */
        unqueue(s, bell ? 2 : 1);
    close(pidfd);
    errno = saved;
    return armed;
}

bool sx_sleeper_arm_death(struct sx_sleeper *s, uint32_t pid)
{
    return arm_death(s, pid, false);
}

bool sx_sleeper_arm_death_bell(struct sx_sleeper *s, uint32_t pid)
{
    return arm_death(s, pid, true);
}

static void set_timer(struct sx_sleeper *s, int64_t after_ns)
{
    s->timer[0] = after_ns / SX_NS_PER_S;
    s->timer[1] = after_ns % SX_NS_PER_S;
}

bool sx_sleeper_arm_timer_bell(struct sx_sleeper *s, int64_t after_ns)
{
    struct io_uring_sqe *entry = next_entry(s);

    if (!entry)
        return false;
    set_timer(s, after_ns);
    entry->opcode = IORING_OP_TIMEOUT;
    entry->timeout_flags = IORING_TIMEOUT_ETIME_SUCCESS; /* a failure would end the link */
    entry->fd = -1;
    entry->addr = (uint64_t)(uintptr_t)s->timer;
    entry->len = 1;
    entry->user_data = SX_TAG_TIMER;
    queue_with_bell(s, entry);
    return true;
}

bool sx_sleeper_move_timer(struct sx_sleeper *s, int64_t after_ns)
{
    struct io_uring_sqe *entry = next_entry(s);

    if (!entry)
        return false;
    set_timer(s, after_ns);
    entry->opcode = IORING_OP_TIMEOUT_REMOVE;
    entry->timeout_flags = IORING_TIMEOUT_UPDATE;
    entry->flags = IOSQE_CQE_SKIP_SUCCESS;
    entry->fd = -1;
    entry->addr = SX_TAG_TIMER;
    entry->off = (uint64_t)(uintptr_t)s->timer;
    entry->user_data = SX_TAG_NONE;
    queue(s);
    return true;
}

bool sx_sleeper_arm_nudge_bell(struct sx_sleeper *s)
{
    struct io_uring_sqe *entry = next_entry(s);

    if (!entry)
        return false;
    entry->opcode = IORING_OP_NOP;
    entry->user_data = SX_TAG_NUDGE;
    queue_with_bell(s, entry);
    return true;
}

static unsigned take_completions(struct sx_sleeper *s)
{
    /* Relaxed: our own word. Acquire pairs with the kernel's release: the completions. */
    uint32_t head = atomic_load_explicit(s->cq_head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(s->cq_tail, memory_order_acquire);
    unsigned tags = 0;

    for (; head != tail; head++)
        tags |= (unsigned)s->completions[head & (s->cq_entries - 1)].user_data;
    /* Release: the kernel may reuse what we have passed. */
    atomic_store_explicit(s->cq_head, head, memory_order_release);
    return tags;
}

unsigned sx_sleeper_reap(struct sx_sleeper *s)
{
    unsigned tags = take_completions(s);

    while (flush(s))
        tags |= take_completions(s);
    return tags;
}

void sx_sleeper_disarm(struct sx_sleeper *s)
{
    struct io_uring_sync_cancel_reg cancel;
    int saved = errno;

    memset(&cancel, 0, sizeof cancel);
    cancel.fd = -1;
    cancel.flags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL;
    cancel.timeout.tv_sec = -1;
    cancel.timeout.tv_nsec = -1;
    /* Entries that were not submitted would be by the next enter. */
    sx_sleeper_submit(s);
    while (syscall(SYS_io_uring_register, s->fd, IORING_REGISTER_SYNC_CANCEL, &cancel, 1) != 0 &&
           errno == EINTR)
        ;
    sx_sleeper_reap(s);
    errno = saved;
}

void sx_sleeper_sleep(struct sx_sleeper *s, int64_t deadline_ns)
{
    struct __kernel_timespec timeout = {0};
    struct io_uring_getevents_arg argument = {.sigmask_sz = _NSIG / 8};
    int saved = errno, taken;

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
    sx_sleeper_disarm(s);
    errno = saved;
}

void sx_sleeper_close(struct sx_sleeper *s, bool own)
{
    int saved = errno;

    if (own && s->state == SX_SLEEPER_OPEN) {
        /* A forked child may keep the ring alive; nothing that is armed on it may stay. */
        sx_sleeper_disarm(s);
        release(s);
    }
    errno = saved;
}
