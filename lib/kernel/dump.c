/* SPDX-License-Identifier: MIT */
/*
 * A crash that dumps core keeps the process's memory, and so its lock, and its pidfd unreadable,
 * for as long as the dump takes: seconds for a large process, for ever behind a handler that hangs.
 * That it is under way says a line of /proc/PID/status (since 4.15). It is set before the other
 * threads have been stopped; so each of them must be on its way out too, by the flags in its stat.
 * None can be added by then, and none comes back.
 *
 * The PID under which /proc knows the process is asked of the pidfd, since /proc may be that of
 * another namespace. The pidfd is looked at last: as long as it is not readable, the number has not
 * been given to anybody else.
 */
#define _GNU_SOURCE
#include "kernel/dump.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "kernel/descriptor.h"

/* In the flags of a thread's stat: it exits; it waits for the dump; it makes the dump. The second
 * has come with 5.16, in the place of one that meant something alike. */
#define ON_ITS_WAY_OUT (0x4u | 0x8u | 0x200u)

#define TEXT_BYTES 4096 /* a status is a third of this */

static bool read_text(const char *path, char text[TEXT_BYTES])
{
    ssize_t length;
    int fd = sx_descriptor_open(path, O_RDONLY, 0);

    if (fd < 0)
        return false;
    length = read(fd, text, TEXT_BYTES - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* The number behind "\nNAME:"; -1: there is none. */
static long number_of(const char *text, const char *name)
{
    const char *found = strstr(text, name);

    return found ? strtol(found + strlen(name), NULL, 10) : -1;
}

static long number_in_proc(int pidfd)
{
    char path[48], text[TEXT_BYTES];

    snprintf(path, sizeof path, "/proc/thread-self/fdinfo/%d", pidfd);
    return read_text(path, text) ? number_of(text, "\nPid:") : -1;
}

/* The ninth field; those before it, but for the name in parentheses, have no blank. */
static bool is_on_its_way_out(const char *stat)
{
    const char *field = strrchr(stat, ')');

    for (int i = 2; field && i < 9; i++)
        field = strchr(field + 1, ' ');
    return field && (strtoul(field, NULL, 10) & ON_ITS_WAY_OUT);
}

static bool all_on_their_way_out(const char *process)
{
    char path[64], text[TEXT_BYTES];
    struct dirent *thread;
    bool all = true;
    DIR *threads;
    int fd;

    snprintf(path, sizeof path, "%s/task", process);
    fd = sx_descriptor_open(path, O_RDONLY | O_DIRECTORY, 0);
    threads = fd < 0 ? NULL : fdopendir(fd);
    if (!threads) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    while (all && (thread = readdir(threads)) != NULL) {
        if (thread->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/task/%.20s/stat", process, thread->d_name);
        all = !read_text(path, text) || is_on_its_way_out(text);
    }
    closedir(threads);
    return all;
}

static bool dumps(int pidfd)
{
    struct pollfd still_there = {.fd = pidfd, .events = POLLIN};
    char process[32], path[48], text[TEXT_BYTES];
    long number = number_in_proc(pidfd);

    if (number <= 0)
        return false;
    snprintf(process, sizeof process, "/proc/%ld", number);
    snprintf(path, sizeof path, "%s/status", process);
    return read_text(path, text) && number_of(text, "\nCoreDumping:") == 1 &&
           all_on_their_way_out(process) && poll(&still_there, 1, 0) == 0;
}

#define REMEMBERED 256u
#define SECOND_BITS 30 /* of nanoseconds: about one */

bool sx_dump_under_way(int pidfd, uint32_t pid)
{
    static _Atomic uint64_t denied[REMEMBERED]; /* by pid: for whom, and in which second */
    uint64_t now = (uint64_t)pid << 32 | (uint32_t)(sx_clock_now() >> SECOND_BITS);
    int saved = errno;
    bool under_way;

    /* Relaxed: threads that look twice do no harm, and neither do two processes that take turns. */
    if (atomic_load_explicit(&denied[pid % REMEMBERED], memory_order_relaxed) == now)
        return false;
    under_way = dumps(pidfd);
    if (!under_way) /* else it stays so: who is dead is dead for everybody who asks */
        atomic_store_explicit(&denied[pid % REMEMBERED], now, memory_order_relaxed);
    errno = saved;
    return under_way;
}
