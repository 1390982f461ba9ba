/* SPDX-License-Identifier: MIT */
/*
 * Making, opening and mapping the stream's file, and holding a lock on it for as long as we live.
 *
 * Three open file descriptions. The first maps header, control and slots, and is closed. The second
 * stays open, for reading only, and is asked about others' locks. The third holds the handle's lock
 * (a description never conflicts with its own, so that it cannot be the second): a page of its own
 * is mapped through it, and its descriptor closed, so that nothing but that MADV_DONTFORK mapping
 * keeps it.
 *
 * Names are in name.c.
 */
#define _GNU_SOURCE
#include "memory/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/descriptor.h"
#include "kernel/fork.h"
#include "kernel/mapping.h"
#include "kernel/owner.h"
#include "memory/backing.h"
#include "memory/store.h"

/* What mmap, madvise and mprotect give for want of memory depends on what was asked to be
 * locked. */
static int memory_error(void)
{
    return errno == EAGAIN ? -ENOMEM : -errno;
}

static int map(struct sx_segment *segment, int fd, int protection)
{
    const struct sx_shape *shape = &segment->shape;
    unsigned char *base =
        sx_mapping_make(fd, shape->segment_bytes, protection, sx_backing_is_partial(shape));

    if (!base)
        return memory_error();
    segment->header = (struct sx_header *)base;
    segment->control = (struct sx_control *)(base + SX_PAGE);
    segment->slots = base + shape->slots_offset;
    return 0;
}

static int begin(struct sx_segment *segment)
{
    memset(segment, 0, sizeof *segment);
    segment->fd = -1;
    segment->process = sx_process_word();
    segment->pid_namespace = sx_process_pid_namespace();
    return segment->process ? 0 : -ENOMEM;
}

/* Undoes what was done, without touching the caller's path. */
static int fail(struct sx_segment *segment, int result)
{
    segment->path = NULL;
    sx_segment_close(segment);
    return result;
}

/* The descriptor that stays, and which file it leads to. */
static int keep(struct sx_segment *segment, int fd)
{
    struct stat status;

    segment->fd = sx_descriptor_reopen(fd, O_RDONLY);
    if (segment->fd < 0)
        return segment->fd;
    if (fstat(segment->fd, &status) != 0)
        return -errno;
    segment->device = status.st_dev;
    segment->inode = status.st_ino;
    return 0;
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
    SX_STEP(create_header, memcpy(segment->header, header, sizeof *header));
}

/* An unnamed file in the directory of `path`. */
static int open_unnamed(const char *path)
{
    char *directory = strndup(path, (size_t)(strrchr(path, '/') - path));
    int fd;

    if (!directory)
        return -ENOMEM;
    fd = sx_descriptor_open(*directory ? directory : "/", O_TMPFILE | O_RDWR, 0600);
    free(directory);
    return fd == -EISDIR ? -EOPNOTSUPP : fd; /* what a kernel says that does not know O_TMPFILE */
}

static int prepare(struct sx_segment *segment, int fd, uint32_t mode)
{
    int failed;

    /* The umask may have taken our own permissions. */
    if (SX_TRY(create_ours, fchmod(fd, 0600)) != 0)
        return -errno;
    failed = sx_backing_reserve(fd, &segment->shape);
    if (!failed && SX_TRY(create_mode, fchmod(fd, mode)) != 0)
        failed = -errno;
    if (!failed)
        failed = keep(segment, fd);
    return failed ? failed : map(segment, fd, PROT_READ | PROT_WRITE);
}

int sx_segment_create(struct sx_segment *segment, char *path, struct sx_header *header,
                      uint32_t mode)
{
    struct sx_shape *shape = &segment->shape;
    int fd, failed = begin(segment);

    if (failed)
        return failed;
    shape->flags = header->flags;
    shape->slots = header->slots;
    shape->slot_size = header->slot_size;
    shape->reserve_size = header->reserve_size;
    shape->max_consumers = header->max_consumers;
    shape->min_consumers = header->min_consumers;
    shape->max_producers = header->max_producers;
    shape->evict_after_ns = header->evict_after_ns;
    sx_layout_shape(shape);
    fd = open_unnamed(path);
    if (fd < 0)
        return fail(segment, fd);
    failed = prepare(segment, fd, mode);
    close(fd);
    if (!failed)
        failed = sx_segment_hold(segment, SX_LOCK_PRODUCER, SX_LOCK_PRODUCER);
    if (failed)
        return fail(segment, failed);
    write_header(segment, header);
    segment->path = path;
    return 0;
}

int sx_segment_open_file(const char *path, int flags, struct stat *status)
{
    /* O_NONBLOCK: opening a FIFO or a device must not wait for its other side. */
    int fd = sx_descriptor_open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);

    if (fd < 0)
        return fd == -ENOENT || fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM ? fd : -EPERM;
    if (fstat(fd, status) != 0 || !S_ISREG(status->st_mode)) {
        close(fd);
        return -EPERM;
    }
    return fd;
}

int sx_segment_check_owner(const struct stat *status)
{
    int ours = sx_owner_is_us(status->st_uid);

    return ours == 0 ? -EPERM : ours < 0 ? ours : 0;
}

/* Reads the header where a truncation cannot hurt: with read(2). */
static int check_header(struct sx_segment *segment, int fd, const char *name, uint64_t file_bytes)
{
    struct sx_header header;
    char carried[sizeof header.name];
    int failed;

    if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header)
        return -EPERM;
    failed = sx_layout_check(&header, file_bytes, &segment->shape);
    if (failed)
        return failed;
    sx_layout_string(carried, header.name, sizeof carried);
    if (strcmp(carried, name) != 0)
        return -EPERM;
    return 0;
}

static int open_and_map(struct sx_segment *segment, const char *path, const char *name,
                        bool any_owner, int flags, int protection)
{
    struct stat status;
    int fd, failed = begin(segment);

    if (failed)
        return failed;
    fd = sx_segment_open_file(path, flags, &status);
    if (fd < 0)
        return fail(segment, fd);
    if (!any_owner && status.st_uid != 0)
        failed = sx_segment_check_owner(&status);
    if (!failed)
        failed = check_header(segment, fd, name, (uint64_t)status.st_size);
    if (!failed)
        failed = keep(segment, fd);
    if (!failed)
        failed = map(segment, fd, protection);
    close(fd);
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

    return mprotect((void *)first, end - first, PROT_READ | PROT_WRITE) == 0 ? 0 : memory_error();
}

int sx_segment_open(struct sx_segment *segment, const char *path, const char *name, bool any_owner)
{
    int failed = open_and_map(segment, path, name, any_owner, O_RDWR, PROT_READ);

    if (failed)
        return failed;
    failed = let_write(segment);
    if (failed)
        sx_segment_close(segment);
    return failed;
}

int sx_segment_open_whole(struct sx_segment *segment, const char *path, const char *name,
                          bool any_owner)
{
    struct stat status;
    int failed = open_and_map(segment, path, name, any_owner, O_RDWR, PROT_READ | PROT_WRITE);

    if (failed || any_owner)
        return failed;
    if (fstat(segment->fd, &status) == 0 && status.st_uid == geteuid())
        return 0;
    sx_segment_close(segment);
    return -EPERM;
}

int sx_segment_look(struct sx_segment *segment, const char *path, const char *name, bool any_owner)
{
    return open_and_map(segment, path, name, any_owner, O_RDONLY, PROT_READ);
}

static void let_go(struct sx_segment *segment)
{
    SX_STEP(let_go, munmap(segment->keeper, SX_PAGE));
    segment->keeper = NULL;
}

/* A page through that description, instead of the one before. Nothing of it is ever touched. */
static int map_keeper(struct sx_segment *segment, int fd)
{
    void *keeper = sx_mapping_make(fd, SX_PAGE, PROT_NONE, false);

    if (!keeper)
        return memory_error();
    if (segment->keeper)
        let_go(segment);
    segment->keeper = keeper;
    return 0;
}

/* The locks before the mapping: a death in between leaves nothing locked. */
static int lock_and_keep(struct sx_segment *segment, int64_t lock_byte, int64_t common)
{
    int failed = 0, fd = sx_descriptor_reopen(segment->fd, O_RDWR);

    if (fd < 0)
        return fd;
    if (common != 0)
        failed = SX_TRY(share, sx_liveness_share(fd, common));
    if (!failed && lock_byte != common)
        failed = SX_TRY(hold, sx_liveness_hold(fd, lock_byte));
    if (!failed)
        failed = map_keeper(segment, fd);
    close(fd);
    return failed;
}

int sx_segment_hold(struct sx_segment *segment, int64_t lock_byte, int64_t common)
{
    int failed;

    /* A child that is forked now would have the descriptor, or the mapping before it is marked. */
    sx_fork_hold_off();
    failed = lock_and_keep(segment, lock_byte, common);
    sx_fork_allow();
    if (failed)
        return failed;
    /* An overlay, or whatever else passes mappings through to another file, keeps that one instead,
     * and the lock has gone with the descriptor: everybody would think us dead. */
    if (sx_liveness_kept(segment->fd, lock_byte))
        return 0;
    let_go(segment);
    return -EOPNOTSUPP;
}

bool sx_segment_intact(const struct sx_segment *segment)
{
    struct stat status;
    int saved = errno;
    bool intact = fstat(segment->fd, &status) == 0 && status.st_dev == segment->device &&
                  status.st_ino == segment->inode;

    errno = saved;
    return intact;
}

/* In this order: a verdict that was given by another file is none. */
bool sx_segment_dead(const struct sx_segment *segment, const struct sx_peer *peer)
{
    return sx_liveness_dead(segment->fd, peer, segment->pid_namespace) &&
           sx_segment_intact(segment);
}

bool sx_segment_held(const struct sx_segment *segment, const struct sx_peer *peer)
{
    return sx_liveness_held(segment->fd, peer->lock_byte) || !sx_segment_intact(segment);
}

bool sx_segment_named(const struct sx_segment *segment)
{
    struct stat status;

    return fstat(segment->fd, &status) == 0 && status.st_nlink > 0;
}

int sx_segment_back(struct sx_segment *segment, uint32_t slot, uint64_t need)
{
    int saved = errno, fd, failed;

    if (!sx_segment_intact(segment))
        return -EBADF;
    fd = sx_descriptor_reopen(segment->fd, O_RDWR);
    if (fd < 0) {
        errno = saved;
        return fd;
    }
    failed = sx_backing_take(fd, &segment->shape, segment->control, slot, need);
    close(fd);
    errno = saved;
    return failed;
}

void sx_segment_forget_fd(struct sx_segment *segment)
{
    /* A caller that has closed it may have given its number to a file of its own. */
    if (segment->fd >= 0 && sx_segment_intact(segment))
        close(segment->fd);
    segment->fd = -1;
}

void sx_segment_close(struct sx_segment *segment)
{
    int saved = errno;

    /* In a forked child the mapping is not there, and its addresses and the descriptor's number
     * may belong to something else by now. */
    if (sx_segment_ours(segment)) {
        if (segment->header)
            SX_STEP(unmap, munmap(segment->header, segment->shape.segment_bytes));
        if (segment->keeper)
            let_go(segment);
        sx_segment_forget_fd(segment);
    }
    free(segment->path);
    /* Closing it again does nothing: the numbers and addresses are others' from now on. */
    memset(segment, 0, sizeof *segment);
    segment->fd = -1;
    errno = saved;
}
