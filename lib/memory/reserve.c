/* SPDX-License-Identifier: MIT */
/*
 * fallocate(2) says that later writes will not fail for want of room. File systems that never write
 * in place keep that promise for the first write of a block only: once a page has reached the disk,
 * the next store to it needs room anew, and gets SIGBUS where there is none. So on those the file
 * is exempted from copying, or refused.
 */
#define _GNU_SOURCE
#include "memory/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "memory/store.h"

/* Not in every linux/magic.h. */
#define BCACHEFS_MAGIC 0xca451a4e
#define ZFS_MAGIC 0x2fc12fc1
#define NILFS_MAGIC 0x3434

/* btrfs before 6.17 asks for room in a page fault also where nothing is copied. */
static bool kernel_is_at_least(unsigned major, unsigned minor)
{
    struct utsname system;
    unsigned found_major = 0, found_minor = 0;

    if (uname(&system) != 0 || sscanf(system.release, "%u.%u", &found_major, &found_minor) != 2)
        return false;
    return found_major > major || (found_major == major && found_minor >= minor);
}

/* Has blocks be overwritten where they lie. Only while the file is empty. */
static bool forbid_copying(int fd)
{
    int flags = 0;

    if (!kernel_is_at_least(6, 17) || ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
        return false;
    flags = (flags | FS_NOCOW_FL) & ~FS_COMPR_FL;
    return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 &&
           (flags & FS_NOCOW_FL);
}

static bool overwrites_in_place(int fd, const struct statfs *about)
{
    switch ((uint32_t)about->f_type) {
    case BTRFS_SUPER_MAGIC:
        return forbid_copying(fd);
    case BCACHEFS_MAGIC:
    case ZFS_MAGIC:
    case NILFS_MAGIC:
        return false;
    default:
        return true;
    }
}

#define ATTEMPTS 100

/*
 * Signals of this thread wait meanwhile: on tmpfs each would undo the whole step, and one that
 * comes often enough would undo every attempt. A step is short, some ten milliseconds. What cannot
 * be held off (being stopped, a debugger) may interrupt it still, but not for ever.
 */
static int back(int fd, uint64_t offset, uint64_t length)
{
    sigset_t all, before;
    int failed = EINTR;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < ATTEMPTS && failed == EINTR; i++)
        failed = SX_TRY(create_room, posix_fallocate(fd, (off_t)offset, (off_t)length));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -failed;
}

int sx_reserve_range(int fd, uint64_t from, uint64_t to)
{
    const uint64_t step = UINT64_C(32) << 20;
    int failed = 0;

    for (uint64_t at = from; at < to && !failed; at += step)
        failed = back(fd, at, to - at < step ? to - at : step);
    return failed;
}

int sx_reserve_check(int fd, uint64_t file_bytes, uint64_t memory_bytes)
{
    struct rlimit limit;
    struct statfs about;

    /* Past this limit the kernel sends SIGXFSZ before it says EFBIG. */
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        file_bytes > limit.rlim_cur)
        return -EFBIG;
    if (fstatfs(fd, &about) != 0 || !overwrites_in_place(fd, &about))
        return -EOPNOTSUPP;
    /* Before the first step, so that a hopeless request takes nothing from others meanwhile. */
    if (about.f_blocks > 0 &&
        (memory_bytes + (uint64_t)about.f_bsize - 1) / (uint64_t)about.f_bsize > about.f_bavail)
        return -ENOSPC;
    return 0;
}
