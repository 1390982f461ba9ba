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
#include "memory/place.h"
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

/* The producers of a stream of our version, without mapping it. -EPERM: it has no such places. */
static int survey(int fd, const struct sx_header *header, struct sx_survey *found)
{
    uint32_t places = header->max_producers ? header->max_producers : 1;
    off_t offset = SX_PAGE + (off_t)sizeof(struct sx_control);
    uint64_t pid_namespace = sx_process_pid_namespace();
    struct sx_place place;

    if (places > STREAMX_PRODUCERS_MAX || header->max_consumers > STREAMX_CONSUMERS_MAX)
        return -EPERM;
    offset += (off_t)(header->max_consumers * sizeof(struct sx_seat));
    for (uint32_t i = 0; i < places; i++, offset += (off_t)sizeof place) {
        if (pread(fd, &place, sizeof place, offset) != (ssize_t)sizeof place)
            return -EPERM;
        sx_place_survey(found, fd, &place, pid_namespace);
    }
    return 0;
}

int sx_name_ended(int fd)
{
    struct sx_header header;
    uint32_t state = SX_STATE_LIVE;
    struct sx_survey found = {0};
    off_t state_offset = SX_PAGE + (off_t)offsetof(struct sx_control, state);

    if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header || header.magic != SX_MAGIC)
        return -EPERM;
    if (header.version == SX_LAYOUT_VERSION &&
        (pread(fd, &state, sizeof state, state_offset) != (ssize_t)sizeof state ||
         survey(fd, &header, &found) != 0))
        return -EPERM;
    return sx_state_of(state) != SX_STATE_LIVE || sx_place_orphaned(&found, fd) ? 0 : -EEXIST;
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
        result = sx_name_unbind_ended(path, fd, sx_clock_now() + SX_NAME_PATIENCE_NS);
    close(fd);
    return result;
}

int sx_name_link_free(const struct sx_segment *segment)
{
    char unnamed[SX_DESCRIPTOR_PATH];

    sx_descriptor_path(unnamed, segment->fd);
    return SX_TRY(create_link,
                  linkat(AT_FDCWD, unnamed, AT_FDCWD, segment->path, AT_SYMLINK_FOLLOW)) == 0
               ? 0
               : -errno;
}

int sx_name_link(const struct sx_segment *segment)
{
    /* A name that keeps coming back dead belongs to somebody who creates and dies in a loop. */
    for (int attempt = 0; attempt < 1000; attempt++) {
        int result = sx_name_link_free(segment);

        if (result != -EEXIST)
            return result;
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

/*
 * One attempt at the lock, through a description of its own, which is returned: one that a forked
 * child shares would stay locked if we were killed here. For that, forks are held off as well.
 * -EAGAIN: somebody else has the lock; -ENOENT: the name does not lead to that file.
 */
static int try_lock(const char *path, const struct stat *file)
{
    struct stat opened;
    int failed = -ENOENT, fd = sx_segment_open_file(path, O_RDWR, &opened);

    if (fd < 0)
        return leads_to(path, file) ? fd : -ENOENT;
    if (opened.st_ino == file->st_ino && opened.st_dev == file->st_dev)
        failed = SX_TRY(unbind_lock, sx_liveness_hold(fd, SX_LOCK_NAME));
    if (!failed)
        return fd;
    close(fd);
    return failed;
}

void sx_name_unlock(int lock_fd)
{
    int saved = errno;

    /* Explicitly, in case the descriptor was copied all the same. */
    SX_STEP(unbind_release, sx_liveness_release(lock_fd, SX_LOCK_NAME));
    close(lock_fd);
    sx_fork_allow();
    errno = saved;
}

static int lock(const char *path, const struct stat *file, int64_t deadline_ns)
{
    const struct timespec pause = {.tv_nsec = SX_NS_PER_MS};

    for (;;) {
        int fd;

        sx_fork_hold_off();
        fd = try_lock(path, file);
        if (fd >= 0 && leads_to(path, file))
            return fd;
        if (fd >= 0) {
            sx_name_unlock(fd);
            return -ENOENT;
        }
        sx_fork_allow();
        if (fd != -EAGAIN)
            return fd;
        if (sx_clock_now() >= deadline_ns)
            return -EBUSY;
        nanosleep(&pause, NULL);
    }
}

int sx_name_lock(const struct sx_segment *segment, int64_t deadline_ns)
{
    const struct stat file = {.st_dev = segment->device, .st_ino = segment->inode};
    int saved = errno, fd = lock(segment->path, &file, deadline_ns);

    errno = saved;
    return fd;
}

/* Has the stream ended? Who has it mapped knows its state, whatever the file says it is. */
static int ended(int fd, const struct sx_control *mapped)
{
    if (mapped &&
        sx_state_of(atomic_load_explicit(&mapped->state, memory_order_acquire)) != SX_STATE_LIVE)
        return 0;
    return sx_name_ended(fd);
}

/* What is to be unbound: any stream, or one that has ended, of which `mapped` may be known. */
struct unbinding {
    const char *path;
    struct stat file;
    bool only_ended;
    const struct sx_control *mapped;
};

static int unbind(const struct unbinding *u, int64_t deadline_ns)
{
    int result = 0, fd = lock(u->path, &u->file, deadline_ns);

    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    if (u->only_ended)
        result = ended(fd, u->mapped);
    if (result == 0 && SX_TRY(unbind, unlink(u->path)) != 0)
        result = -errno;
    sx_name_unlock(fd);
    return result;
}

static int unbind_file(const char *path, int fd, int64_t deadline_ns, bool only_ended)
{
    struct unbinding u = {.path = path, .only_ended = only_ended};
    int saved = errno, result = fstat(fd, &u.file) == 0 ? 0 : -errno;

    if (!result)
        result = unbind(&u, deadline_ns);
    errno = saved;
    return result;
}

int sx_name_unbind(const char *path, int fd, int64_t deadline_ns)
{
    return unbind_file(path, fd, deadline_ns, false);
}

int sx_name_unbind_ended(const char *path, int fd, int64_t deadline_ns)
{
    return unbind_file(path, fd, deadline_ns, true);
}

/* The mapping keeps the file, so that its number cannot have become another's. */
static int unbind_own(struct sx_segment *segment, int64_t deadline_ns)
{
    const struct unbinding u = {
        .path = segment->path,
        .file = {.st_dev = segment->device, .st_ino = segment->inode},
        .only_ended = true,
        .mapped = segment->control,
    };
    int saved = errno, result = unbind(&u, deadline_ns);

    if (result == -EMFILE || result == -ENFILE) {
        sx_segment_forget_fd(segment);
        result = unbind(&u, deadline_ns);
    }
    errno = saved;
    return result;
}

int sx_name_release(struct sx_segment *segment, int64_t deadline_ns)
{
    /* Pair 5: of one that ends the stream and one that has just ceased to keep it, one unbinds. */
    if (atomic_load_explicit(&segment->control->kept, memory_order_seq_cst))
        return 0;
    return unbind_own(segment, deadline_ns);
}
