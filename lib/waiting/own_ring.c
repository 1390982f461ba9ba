/* SPDX-License-Identifier: MIT */
/*
 * A small io_uring, by system calls: the library needs a handful of entries and no more, and should
 * not depend on liburing for them.
 */
#define _GNU_SOURCE
#include "waiting/own_ring.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/descriptor.h"
#include "kernel/uapi.h"

#define ENTRIES 16u
#define REGION_BYTES 4096u

static_assert(sizeof(struct io_sqring_offsets) == 40 && sizeof(struct io_cqring_offsets) == 40,
              "the address of our memory is the last of their fields");
static_assert(ENTRIES * sizeof(struct io_uring_sqe) <= REGION_BYTES, "fits");

/* Does this kernel's io_uring know the futex operation? */
static bool knows_futex(int fd)
{
    const unsigned ops = SX_OP_FUTEX_WAIT + 1;
    _Alignas(struct io_uring_probe) char
        answer[sizeof(struct io_uring_probe) +
               (SX_OP_FUTEX_WAIT + 1) * sizeof(struct io_uring_probe_op)];
    struct io_uring_probe *probe = (struct io_uring_probe *)(void *)answer;

    memset(answer, 0, sizeof answer);
    return syscall(SYS_io_uring_register, fd, IORING_REGISTER_PROBE, probe, ops) == 0 &&
           probe->ops_len >= ops && (probe->ops[SX_OP_FUTEX_WAIT].flags & IO_URING_OP_SUPPORTED);
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

static bool map_rings(struct sx_own_ring *s, struct io_uring_params *params)
{
    s->rings = map_region(&params->cq_off, sizeof params->cq_off);
    s->entries = map_region(&params->sq_off, sizeof params->sq_off);
    return s->rings && s->entries;
}

static void find_rings(struct sx_own_ring *s, const struct io_uring_params *params)
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

/* Which file a descriptor leads to: the caller may close it, and use the number again. */
static bool identify(int fd, uint64_t identity[2])
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return false;
    identity[0] = status.st_dev;
    identity[1] = status.st_ino;
    return true;
}

static void close_descriptor(const struct sx_own_ring *s)
{
    uint64_t now[2];

    if (s->fd >= 0 && identify(s->fd, now) && memcmp(now, s->identity, sizeof now) == 0)
        close(s->fd);
}

static void release(struct sx_own_ring *s)
{
    close_descriptor(s);
    if (s->rings)
        munmap(s->rings, REGION_BYTES);
    if (s->entries)
        munmap(s->entries, REGION_BYTES);
    memset(s, 0, sizeof *s);
}

static int fail(struct sx_own_ring *s, int failed)
{
    release(s);
    return failed;
}

static int open_ring(struct sx_own_ring *s)
{
    struct io_uring_params params;

    memset(&params, 0, sizeof params);
    /* Not DEFER_TASKRUN: a ring with it cannot be polled through its descriptor. */
    params.flags = SX_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP | SX_SETUP_NO_MMAP;
    s->fd = -1;
    if (!map_rings(s, &params))
        return fail(s, -ENOMEM);
    s->fd = sx_descriptor_raise((int)syscall(SYS_io_uring_setup, ENTRIES, &params));
    if (s->fd < 0)
        return fail(s,
                    errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : -EOPNOTSUPP);
    /* An empty call: a filter may allow the one system call and not the other. */
    if (!identify(s->fd, s->identity) || !(params.features & IORING_FEAT_EXT_ARG) ||
        !knows_futex(s->fd) || syscall(SYS_io_uring_enter, s->fd, 0, 0, 0, NULL, 0) != 0)
        return fail(s, -EOPNOTSUPP);
    find_rings(s, &params);
    return 0;
}

int sx_own_ring_open(struct sx_own_ring *s)
{
    int saved = errno, failed = 0;

    if (s->state == SX_OWN_RING_UNTRIED) {
        failed = open_ring(s);
        if (!failed)
            s->state = SX_OWN_RING_OPEN;
        else if (failed == -EOPNOTSUPP)
            s->state = SX_OWN_RING_UNAVAILABLE;
    }
    errno = saved;
    return s->state == SX_OWN_RING_UNAVAILABLE ? -EOPNOTSUPP : failed;
}

void sx_own_ring_close(struct sx_own_ring *s, bool own)
{
    int saved = errno;

    if (own && s->state == SX_OWN_RING_OPEN)
        release(s);
    errno = saved;
}

void sx_own_ring_give_up(struct sx_own_ring *s)
{
    int saved = errno;

    release(s);
    s->state = SX_OWN_RING_UNAVAILABLE;
    errno = saved;
}
