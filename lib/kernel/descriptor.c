/* SPDX-License-Identifier: MIT */
/*
 * The kernel gives the lowest number that is free. So while a file is opened, free ones among the
 * first three are taken by what can be neither read nor written (O_PATH).
 */
#define _GNU_SOURCE
#include "kernel/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define STANDARD 3 /* 0, 1 and 2 */

/* Takes the free ones; -1: was not free. */
static void guard(int guards[STANDARD])
{
    for (int fd = 0; fd < STANDARD; fd++) {
        guards[fd] = -1;
        if (fcntl(fd, F_GETFD) < 0)
            guards[fd] = open("/", O_PATH | O_CLOEXEC);
    }
}

static void let_go(const int guards[STANDARD])
{
    for (int i = 0; i < STANDARD; i++)
        if (guards[i] >= 0)
            close(guards[i]);
}

int sx_descriptor_raise(int fd)
{
    int raised, saved;

    if (fd < 0 || fd >= STANDARD)
        return fd;
    raised = fcntl(fd, F_DUPFD_CLOEXEC, STANDARD);
    /* EINVAL: the limit is so low that there are no numbers from there on. */
    saved = raised < 0 && errno == EINVAL ? EMFILE : errno;
    close(fd);
    errno = saved;
    return raised;
}

int sx_descriptor_open(const char *path, int flags, mode_t mode)
{
    int guards[STANDARD], fd, saved = errno;

    guard(guards);
    /* Another thread may have closed one of them since. */
    fd = sx_descriptor_raise(open(path, flags | O_CLOEXEC, mode));
    fd = fd < 0 ? -errno : fd;
    let_go(guards);
    errno = saved;
    return fd;
}

/* By the thread's entry, since the process's own shows another descriptor table where threads do
 * not share theirs. */
void sx_descriptor_path(char path[SX_DESCRIPTOR_PATH], int fd)
{
    snprintf(path, SX_DESCRIPTOR_PATH, "/proc/thread-self/fd/%d", fd);
}

/* dup(2) makes no new description, opening the descriptor's entry in /proc does. */
int sx_descriptor_reopen(int fd, int flags)
{
    char path[SX_DESCRIPTOR_PATH];
    int again;

    sx_descriptor_path(path, fd);
    again = sx_descriptor_open(path, flags, 0);
    return again == -ENOENT ? -EOPNOTSUPP : again;
}
