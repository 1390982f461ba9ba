/* SPDX-License-Identifier: MIT */
/*
 * Making, opening and mapping the stream's file.
 *
 * Two open file descriptions per handle. The first is what the mapping is made through; it holds
 * the handle's lock, and its descriptor is closed as soon as the lock is taken, so that nothing but
 * the MADV_DONTFORK mapping keeps it. The second stays open and is asked about others' locks (a
 * description never conflicts with its own).
 *
 * Names are in name.c.
 */
#define _GNU_SOURCE
#include "memory/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel/reopen.h"
#include "memory/store.h"

/* Reserves every byte, so that no store can fail later. In steps, since an interrupted call starts
 * its step again. */
static int reserve(int fd, uint64_t bytes)
{
    const uint64_t step = UINT64_C(32) << 20;
    struct rlimit limit;
    struct statfs room;

    /* Past this limit the kernel sends SIGXFSZ before it says EFBIG. */
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        bytes > limit.rlim_cur)
        return -EFBIG;
    /* Before the first step, so that a hopeless request takes nothing from others meanwhile. */
    if (fstatfs(fd, &room) == 0 && room.f_blocks > 0 &&
        (bytes + (uint64_t)room.f_bsize - 1) / (uint64_t)room.f_bsize > room.f_bavail)
        return -ENOSPC;
    for (uint64_t done = 0; done < bytes; done += step) {
        uint64_t length = bytes - done < step ? bytes - done : step;
        int failed;

        do
            failed = SX_TRY(create_room, posix_fallocate(fd, (off_t)done, (off_t)length));
        while (failed == EINTR);
        if (failed)
            return -failed;
    }
    return 0;
}

/* Maps through lock_fd. Not inherited by fork, so that the lock is not either. */
static int map(struct sx_segment *segment, int protection)
{
    size_t bytes = segment->shape.segment_bytes;
    unsigned char *base = mmap(NULL, bytes, protection, MAP_SHARED, segment->lock_fd, 0);

    if (base == MAP_FAILED)
        return -errno;
    if (madvise(base, bytes, MADV_DONTFORK) != 0) {
        int failed = -errno;
        munmap(base, bytes);
        return failed;
    }
    segment->header = (struct sx_header *)base;
    segment->control = (struct sx_control *)(base + SX_PAGE);
    segment->slots = base + segment->shape.slots_offset;
    return 0;
}

static int begin(struct sx_segment *segment)
{
    memset(segment, 0, sizeof *segment);
    segment->fd = -1;
    segment->lock_fd = -1;
    segment->process = sx_process_token();
    segment->pid_namespace = sx_process_pid_namespace();
    return segment->process == 0 ? -ENOMEM : 0;
}

/* Undoes what was done, without touching the caller's path. */
static int fail(struct sx_segment *segment, int result)
{
    segment->path = NULL;
    sx_segment_close(segment);
    return result;
}

static void write_header(struct sx_segment *segment, struct sx_header *header)
{
    const struct sx_shape *shape = &segment->shape;

    header->magic = SX_MAGIC;
    header->version = SX_LAYOUT_VERSION;
    header->control_bytes = shape->control_bytes;
    header->slots_offset = shape->slots_offset;
    header->slot_stride = shape->slot_stride;
    header->segment_bytes = shape->segment_bytes;
    header->pid_namespace = segment->pid_namespace;
    header->pid = (uint32_t)getpid();
    SX_STEP(create_header, memcpy(segment->header, header, sizeof *header));
    segment->producer = (struct sx_peer){
        .lock_byte = SX_LOCK_PRODUCER, .pid_namespace = header->pid_namespace, .pid = header->pid};
}

/* An unnamed file in the directory of `path`. */
static int open_unnamed(const char *path)
{
    char *directory = strndup(path, (size_t)(strrchr(path, '/') - path));
    int fd;

    if (!directory)
        return -ENOMEM;
    fd = open(*directory ? directory : "/", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    fd = fd < 0 ? -errno : fd;
    free(directory);
    return fd;
}

int sx_segment_create(struct sx_segment *segment, char *path, struct sx_header *header,
                      uint32_t mode)
{
    struct sx_shape *shape = &segment->shape;
    int failed = begin(segment);

    if (failed)
        return failed;
    shape->flags = header->flags;
    shape->slots = header->slots;
    shape->slot_size = header->slot_size;
    shape->max_consumers = header->max_consumers;
    shape->min_consumers = header->min_consumers;
    shape->evict_after_ns = header->evict_after_ns;
    sx_layout_shape(shape);
    segment->fd = open_unnamed(path);
    if (segment->fd < 0)
        return fail(segment, segment->fd);
    /* The umask may have taken our own permissions. */
    if (SX_TRY(create_ours, fchmod(segment->fd, 0600)) != 0)
        return fail(segment, -errno);
    segment->lock_fd = sx_reopen(segment->fd, O_RDWR);
    if (segment->lock_fd < 0)
        return fail(segment, segment->lock_fd);
    failed = reserve(segment->fd, shape->segment_bytes);
    if (!failed && SX_TRY(create_mode, fchmod(segment->fd, mode)) != 0)
        failed = -errno;
    if (!failed)
        failed = map(segment, PROT_READ | PROT_WRITE);
    if (!failed)
        failed = sx_segment_hold(segment, SX_LOCK_PRODUCER);
    if (failed)
        return fail(segment, failed);
    write_header(segment, header);
    segment->path = path;
    return 0;
}

int sx_segment_open_file(const char *path, int flags, struct stat *status)
{
    /* O_NONBLOCK: opening a FIFO or a device must not wait for its other side. */
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return errno == ENOENT || errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno
                                                                                        : -EPERM;
    if (fstat(fd, status) != 0 || !S_ISREG(status->st_mode)) {
        close(fd);
        return -EPERM;
    }
    return fd;
}

/* Reads the header where a truncation cannot hurt: with read(2). */
static int check_header(struct sx_segment *segment, const char *name, uint64_t file_bytes)
{
    struct sx_header header;
    char carried[sizeof header.name];
    int failed;

    if (pread(segment->fd, &header, sizeof header, 0) != (ssize_t)sizeof header)
        return -EPERM;
    failed = sx_layout_check(&header, file_bytes, &segment->shape);
    if (failed)
        return failed;
    sx_layout_string(carried, header.name, sizeof carried);
    if (strcmp(carried, name) != 0)
        return -EPERM;
    segment->producer = (struct sx_peer){
        .lock_byte = SX_LOCK_PRODUCER, .pid_namespace = header.pid_namespace, .pid = header.pid};
    return 0;
}

static int open_and_map(struct sx_segment *segment, const char *path, const char *name,
                        bool any_owner, int flags)
{
    struct stat status;
    int failed = begin(segment);

    if (failed)
        return failed;
    segment->fd = sx_segment_open_file(path, flags, &status);
    if (segment->fd < 0)
        return fail(segment, segment->fd);
    if (!any_owner && status.st_uid != geteuid() && status.st_uid != 0)
        return fail(segment, -EPERM);
    failed = check_header(segment, name, (uint64_t)status.st_size);
    if (failed)
        return fail(segment, failed);
    segment->lock_fd = sx_reopen(segment->fd, flags);
    if (segment->lock_fd < 0)
        return fail(segment, segment->lock_fd);
    failed = map(segment, PROT_READ);
    if (failed)
        return fail(segment, failed);
    segment->path = strdup(path);
    return segment->path ? 0 : fail(segment, -ENOMEM);
}

/* Only the control pages are writable: a stray store cannot corrupt what others read. Where the
 * kernel's pages are larger than ours, those that the control pages lie in. */
static int let_write(struct sx_segment *segment)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = (uintptr_t)segment->control / page * page;
    uintptr_t end = (uintptr_t)segment->control + segment->shape.control_bytes;

    return mprotect((void *)first, end - first, PROT_READ | PROT_WRITE) == 0 ? 0 : -errno;
}

int sx_segment_open(struct sx_segment *segment, const char *path, const char *name, bool any_owner)
{
    int failed = open_and_map(segment, path, name, any_owner, O_RDWR);

    if (failed)
        return failed;
    failed = let_write(segment);
    if (failed)
        sx_segment_close(segment);
    return failed;
}

int sx_segment_look(struct sx_segment *segment, const char *path, const char *name)
{
    int failed = open_and_map(segment, path, name, true, O_RDONLY);

    if (!failed) {
        close(segment->lock_fd);
        segment->lock_fd = -1;
    }
    return failed;
}

int sx_segment_hold(struct sx_segment *segment, int64_t lock_byte)
{
    int failed = SX_TRY(hold, sx_liveness_hold(segment->lock_fd, lock_byte));

    if (failed)
        return failed;
    close(segment->lock_fd);
    segment->lock_fd = -1;
    return 0;
}

bool sx_segment_orphaned(const struct sx_segment *segment)
{
    return sx_liveness_dead(segment->fd, &segment->producer, segment->pid_namespace);
}

bool sx_segment_named(const struct sx_segment *segment)
{
    struct stat status;

    return fstat(segment->fd, &status) == 0 && status.st_nlink > 0;
}

void sx_segment_close(struct sx_segment *segment)
{
    int saved = errno;

    /* In a forked child the mapping is not there, and its addresses and the descriptor's number
     * may belong to something else by now. */
    if (sx_segment_ours(segment)) {
        if (segment->header)
            SX_STEP(unmap, munmap(segment->header, segment->shape.segment_bytes));
        if (segment->lock_fd >= 0)
            close(segment->lock_fd);
        if (segment->fd >= 0)
            close(segment->fd);
    }
    free(segment->path);
    /* Closing it again does nothing: the numbers and addresses are others' from now on. */
    memset(segment, 0, sizeof *segment);
    segment->fd = segment->lock_fd = -1;
    errno = saved;
}
