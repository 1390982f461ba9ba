/* SPDX-License-Identifier: MIT */
/*
 * In a user namespace every user without a number there shows as the overflow one: so may a file's
 * owner, and so may we, without being the same. That number is nobody's, unless all numbers are
 * mapped, as they are outside of such namespaces; there it is the user `nobody`.
 */
#define _GNU_SOURCE
#include "kernel/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/descriptor.h"

#define USUAL_OVERFLOW 65534u

/* The start of a small file. 0; -errno. */
static int read_start(const char *path, char *text, size_t size)
{
    ssize_t length;
    int failed = 0, saved = errno, fd = sx_descriptor_open(path, O_RDONLY, 0);

    text[0] = '\0';
    if (fd < 0)
        return fd;
    length = read(fd, text, size - 1);
    if (length < 0)
        failed = -errno;
    else
        text[length] = '\0';
    close(fd);
    errno = saved;
    return failed;
}

/* 1: every number is some user's. */
static int all_mapped(void)
{
    char text[128];
    unsigned inside, outside, count;
    int failed = read_start("/proc/thread-self/uid_map", text, sizeof text);

    if (failed == -ENOENT) /* a kernel without user namespaces */
        return 1;
    if (failed)
        return failed;
    return sscanf(text, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 &&
           count == UINT32_MAX;
}

/* Is it the number of those who have none? */
static int is_overflow(uid_t uid)
{
    char text[32];
    int failed = read_start("/proc/sys/fs/overflowuid", text, sizeof text);

    if (failed && failed != -ENOENT)
        return failed;
    return uid == (failed ? USUAL_OVERFLOW : (uid_t)strtoul(text, NULL, 10));
}

int sx_owner_is_us(uid_t owner)
{
    int known;

    if (owner != geteuid())
        return 0;
    known = all_mapped();
    if (known != 0)
        return known;
    known = is_overflow(owner);
    return known < 0 ? known : !known;
}
