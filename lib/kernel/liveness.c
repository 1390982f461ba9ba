/* SPDX-License-Identifier: MIT */
/*
 * Truth is a lock that the kernel drops when the last reference to its open file description goes.
 * The description is kept by a MADV_DONTFORK mapping alone (segment.c), so that it goes with the
 * memory of the very process that took it. The pidfd is the second witness, for a child that was
 * forked before the mapping was marked, and for a process that dumps core (dump.c): it can only
 * turn "maybe alive" into "dead", and only where its number means the same process to us.
 *
 * What is not used, because it errs: process states in /proc (Z is shown for a process whose main
 * thread alone has ended), start times (they differ between time namespaces), kill(pid, 0) (it
 * tells nothing of a process that nobody has reaped), but where no pidfd is to be had.
 */
#define _GNU_SOURCE
#include "kernel/liveness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel/descriptor.h"
#include "kernel/dump.h"

/* Not in every linux/magic.h. */
#define FUSE_MAGIC 0x65735546
#define CIFS_MAGIC 0xff534d42
#define SMB2_MAGIC 0xfe534d42
#define CEPH_MAGIC 0x00c36400

static struct flock byte_lock(short type, int64_t lock_byte)
{
    struct flock lock;

    memset(&lock, 0, sizeof lock);
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = lock_byte;
    lock.l_len = 1;
    return lock;
}

static int set_lock(int fd, short type, int64_t lock_byte)
{
    struct flock lock = byte_lock(type, lock_byte);
    int saved = errno;
    int result = fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : -errno;

    errno = saved;
    return result == -EACCES ? -EAGAIN : result;
}

int sx_liveness_hold(int fd, int64_t lock_byte)
{
    return set_lock(fd, F_WRLCK, lock_byte);
}

int sx_liveness_share(int fd, int64_t lock_byte)
{
    return set_lock(fd, F_RDLCK, lock_byte);
}

void sx_liveness_release(int fd, int64_t lock_byte)
{
    struct flock lock = byte_lock(F_UNLCK, lock_byte);
    int saved = errno;

    fcntl(fd, F_OFD_SETLK, &lock);
    errno = saved;
}

bool sx_liveness_held(int fd, int64_t lock_byte)
{
    struct flock lock = byte_lock(F_WRLCK, lock_byte);
    int saved = errno;
    bool held = fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;

    errno = saved;
    return held;
}

bool sx_liveness_tells(int fd)
{
    struct statfs about;

    if (fstatfs(fd, &about) != 0) /* forbidden; it could be used before */
        return true;
    switch ((uint32_t)about.f_type) {
    case OVERLAYFS_SUPER_MAGIC:
    case ECRYPTFS_SUPER_MAGIC:
    case FUSE_MAGIC:
    case V9FS_MAGIC:
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case CIFS_MAGIC:
    case SMB2_MAGIC:
    case CEPH_MAGIC:
    case AFS_SUPER_MAGIC:
        return false;
    default:
        return true;
    }
}

bool sx_liveness_kept(int fd, int64_t lock_byte)
{
    struct flock lock = byte_lock(F_WRLCK, lock_byte);
    int saved = errno;
    bool kept =
        sx_liveness_tells(fd) && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;

    errno = saved;
    return kept;
}

int sx_liveness_pidfd(uint32_t pid)
{
    if (pid == 0 || pid > INT32_MAX) {
        errno = ESRCH;
        return -1;
    }
    return sx_descriptor_raise((int)syscall(SYS_pidfd_open, pid, 0));
}

/* The second witness: does the kernel know that the process has ended? */
static bool process_ended(uint32_t pid)
{
    struct pollfd poll_fd = {.events = POLLIN};
    bool ended;

    poll_fd.fd = sx_liveness_pidfd(pid);
    /* No descriptor may be left, or a filter forbid it. One that nobody has reaped counts as alive
     * then: no such process is no such process. */
    if (poll_fd.fd < 0)
        return errno == ESRCH || (kill((pid_t)pid, 0) != 0 && errno == ESRCH);
    ended = (poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLIN)) ||
            sx_dump_under_way(poll_fd.fd, pid);
    close(poll_fd.fd);
    return ended;
}

bool sx_liveness_dead(int fd, const struct sx_peer *peer, uint64_t pid_namespace)
{
    int saved = errno;
    bool dead = !sx_liveness_held(fd, peer->lock_byte) && sx_liveness_tells(fd);
    bool known = pid_namespace != 0 && peer->pid_namespace == pid_namespace && peer->pid != 0 &&
                 peer->pid <= INT32_MAX;

    if (!dead && known)
        dead = process_ended(peer->pid);
    errno = saved;
    return dead;
}
