/* SPDX-License-Identifier: MIT */
/*
 * The name that leads to a stream's file: where it lies, who may have it, how it goes.
 *
 * linkat binds a name only if it is free. Unbinding is the dangerous half: between looking at what
 * a name leads to and unlinking it, somebody else might bind it to a new stream. So whoever unbinds
 * holds SX_LOCK_NAME on the inode itself and looks again under that lock; while it is held and the
 * name leads to that inode, nobody else can free the name, hence nobody can bind it.
 */
#define _GNU_SOURCE
#include "memory/name.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "kernel/descriptor.h"
#include "kernel/fork.h"
#include "kernel/process.h"
#include "memory/store.h"
#include "streamx.h"

bool sx_name_is_valid(const char *name)
{
    size_t length = name ? strnlen(name, STREAMX_NAME_MAX + 1) : 0;

    if (length == 0 || length > STREAMX_NAME_MAX || name[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] == '/' || (unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return false;
    return true;
}

const char *streamx_directory(void)
{
    const char *given = secure_getenv("STREAMX_DIR");

    return given && *given ? given : "/dev/shm";
}

int sx_name_directory(char **directory)
{
    *directory = realpath(streamx_directory(), NULL);
    return *directory ? 0 : -errno;
}

int sx_name_path(const char *name, char **path)
{
    char *directory;
    int failed;

    if (!sx_name_is_valid(name))
        return -EINVAL;
    failed = sx_name_directory(&directory);
    if (failed)
        return failed;
    if (asprintf(path, "%s/streamx.%s", directory, name) < 0)
        failed = -ENOMEM;
    free(directory);
    return failed;
}

int sx_name_ended(int fd)
{
    struct sx_header header;
    uint32_t state = SX_STATE_LIVE;
    struct sx_peer producer = {.lock_byte = SX_LOCK_PRODUCER};
    off_t state_offset = SX_PAGE + (off_t)offsetof(struct sx_control, state);

    if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header || header.magic != SX_MAGIC)
        return -EPERM;
    if (header.version == SX_LAYOUT_VERSION) {
        if (pread(fd, &state, sizeof state, state_offset) != (ssize_t)sizeof state)
            return -EPERM;
        producer.pid_namespace = header.pid_namespace;
        producer.pid = header.pid;
    }
    if (state != SX_STATE_LIVE || sx_liveness_dead(fd, &producer, sx_process_pid_namespace()))
        return 0;
    return -EEXIST;
}

/* Frees a name that is held by a stream of ours that has ended; 0 if it may be free now. */
static int clear(const char *path)
{
    struct stat status;
    int fd = sx_segment_open_file(path, O_RDWR, &status);
    int result;

    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    result = sx_segment_check_owner(&status);
    if (result == 0)
        result = sx_name_ended(fd);
    if (result == 0)
        result = sx_name_unbind(path, fd, sx_clock_now() + SX_NAME_PATIENCE_NS);
    close(fd);
    return result;
}

int sx_name_link(const struct sx_segment *segment)
{
    char unnamed[SX_DESCRIPTOR_PATH];

    sx_descriptor_path(unnamed, segment->fd);
    /* A name that keeps coming back dead belongs to somebody who creates and dies in a loop. */
    for (int attempt = 0; attempt < 1000; attempt++) {
        int result;

        if (SX_TRY(create_link,
                   linkat(AT_FDCWD, unnamed, AT_FDCWD, segment->path, AT_SYMLINK_FOLLOW)) == 0)
            return 0;
        if (errno != EEXIST)
            return -errno;
        result = clear(segment->path);
        if (result != 0)
            return result;
    }
    return -EBUSY;
}

/* Whether the name leads to that very file. */
static bool leads_to(const char *path, const struct stat *file)
{
    struct stat named;

    return lstat(path, &named) == 0 && named.st_ino == file->st_ino && named.st_dev == file->st_dev;
}

/* Under the lock of the name. */
static int unlink_if_it_leads(const char *path, const struct stat *file)
{
    return leads_to(path, file) && SX_TRY(unbind, unlink(path)) != 0 ? -errno : 0;
}

/*
 * One attempt, through a description of its own: one that a forked child shares would stay locked
 * if we were killed here. For that, forks are held off as well. -EAGAIN: somebody else has the
 * lock.
 */
static int try_unbind(const char *path, const struct stat *file)
{
    struct stat opened;
    int result, fd = sx_segment_open_file(path, O_RDWR, &opened);

    if (fd < 0)
        return leads_to(path, file) ? fd : 0;
    if (opened.st_ino != file->st_ino || opened.st_dev != file->st_dev) {
        close(fd);
        return 0;
    }
    result = SX_TRY(unbind_lock, sx_liveness_hold(fd, SX_LOCK_NAME));
    if (!result) {
        result = unlink_if_it_leads(path, file);
        /* Explicitly, in case the descriptor was copied all the same. */
        SX_STEP(unbind_release, sx_liveness_release(fd, SX_LOCK_NAME));
    }
    close(fd);
    return result;
}

static int unbind(const char *path, const struct stat *file, int64_t deadline_ns)
{
    const struct timespec pause = {.tv_nsec = SX_NS_PER_MS};
    int result;

    for (;;) {
        sx_fork_hold_off();
        result = try_unbind(path, file);
        sx_fork_allow();
        if (result != -EAGAIN)
            return result;
        if (sx_clock_now() >= deadline_ns)
            return -EBUSY;
        nanosleep(&pause, NULL);
    }
}

int sx_name_unbind(const char *path, int fd, int64_t deadline_ns)
{
    struct stat file;
    int saved = errno, result = fstat(fd, &file) == 0 ? 0 : -errno;

    if (!result)
        result = unbind(path, &file, deadline_ns);
    errno = saved;
    return result;
}

/* The mapping keeps the file, so that its number cannot have become another's. */
int sx_name_unbind_own(struct sx_segment *segment, int64_t deadline_ns)
{
    const struct stat file = {.st_dev = segment->device, .st_ino = segment->inode};
    int saved = errno, result = unbind(segment->path, &file, deadline_ns);

    if (result == -EMFILE || result == -ENFILE) {
        sx_segment_forget_fd(segment);
        result = unbind(segment->path, &file, deadline_ns);
    }
    errno = saved;
    return result;
}
