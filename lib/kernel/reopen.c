/* SPDX-License-Identifier: MIT */
/*
 * A lock belongs to an open file description, and dup(2) makes no new one; opening the descriptor's
 * entry in /proc does. By the thread's entry, since the process's own shows another descriptor
 * table where threads do not share theirs.
 */
#define _GNU_SOURCE
#include "kernel/reopen.h"

#include <errno.h>
#include <stdio.h>

#include "kernel/descriptor.h"

void sx_reopen_path(char path[SX_REOPEN_PATH], int fd)
{
    snprintf(path, SX_REOPEN_PATH, "/proc/thread-self/fd/%d", fd);
}

int sx_reopen(int fd, int flags)
{
    char path[SX_REOPEN_PATH];
    int again;

    sx_reopen_path(path, fd);
    again = sx_descriptor_open(path, flags, 0);
    return again == -ENOENT ? -EOPNOTSUPP : again;
}
