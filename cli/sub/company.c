/* SPDX-License-Identifier: MIT */
/*
 * Who follows a name holds a Unix socket whose abstract name says so:
 *
 *     streamx-follow/KEY/PID/SERIAL/CREATED
 *
 * KEY stands for the directory and the stream's name, CREATED for the stream that it is at (0 for
 * none). The kernel lists all of them in /proc/net/unix, and takes a name away with its holder,
 * however that ends; nothing is left on disk. Nothing is ever sent.
 *
 * Anybody can hold such a name. So one counts only if it is held by a process whose descriptors
 * this user may look at: its own, or for root any. What cannot be known (no /proc, another network
 * or PID namespace) makes somebody who follows not be waited for.
 */
#include "sub/company.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <streamx.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TITLE "streamx-follow"

void cli_company_init(struct cli_company *company)
{
    *company = (struct cli_company){.fd = -1};
}

/* FNV-1a: the key need not be secret, only rarely the same for two names. */
static uint64_t mix(uint64_t key, const void *data, size_t len)
{
    const unsigned char *byte = data;

    for (size_t i = 0; i < len; i++)
        key = (key ^ byte[i]) * UINT64_C(0x100000001b3);
    return key;
}

static uint64_t key_of(const char *name)
{
    struct stat status = {.st_ino = 0};
    uint64_t key = UINT64_C(0xcbf29ce484222325);

    if (stat(streamx_directory(), &status) != 0)
        return 0;
    key = mix(key, &status.st_dev, sizeof status.st_dev);
    key = mix(key, &status.st_ino, sizeof status.st_ino);
    return mix(key, name, strlen(name));
}

/* Holds the name that says where this one is, and then lets go of the one before. */
static void announce(struct cli_company *company, uint64_t created_ns)
{
    static unsigned serial;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int len = snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
                       TITLE "/%016" PRIx64 "/%d/%u/%016" PRIx64, company->key, (int)getpid(),
                       ++serial, created_ns);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 &&
        bind(fd, (struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) != 0) {
        close(fd);
        fd = -1;
    }
    if (company->fd >= 0)
        close(company->fd);
    company->fd = fd;
}

void cli_company_join(struct cli_company *company, const char *name)
{
    company->key = key_of(name);
    if (company->key != 0)
        announce(company, 0);
}

void cli_company_arrive(struct cli_company *company, uint64_t created_ns)
{
    if (company->fd >= 0)
        announce(company, created_ns);
}

void cli_company_leave(struct cli_company *company)
{
    if (company->fd >= 0)
        close(company->fd);
    company->fd = -1;
}

/* Whether the process has that socket open, as far as we may know. */
static bool holds(uint32_t pid, unsigned long inode)
{
    char path[64], wanted[64], link[64];
    struct dirent *entry;
    bool found = false;
    DIR *directory;

    snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    snprintf(path, sizeof path, "/proc/%u/fd", pid);
    directory = opendir(path);
    while (directory && !found && (entry = readdir(directory))) {
        ssize_t len = readlinkat(dirfd(directory), entry->d_name, link, sizeof link - 1);

        link[len > 0 ? len : 0] = '\0';
        found = strcmp(link, wanted) == 0;
    }
    if (directory)
        closedir(directory);
    return found;
}

/* One line of /proc/net/unix: the pid of one of the company who is elsewhere, else 0. */
static uint32_t missing_by(const char *line, uint64_t key, uint64_t created_ns)
{
    const char *name = strstr(line, "@" TITLE "/");
    uint64_t other_key, other_created_ns;
    unsigned long inode;
    uint32_t pid;

    if (!name || sscanf(line, "%*s %*s %*s %*s %*s %*s %lu", &inode) != 1 ||
        sscanf(name, "@" TITLE "/%16" SCNx64 "/%" SCNu32 "/%*u/%16" SCNx64, &other_key, &pid,
               &other_created_ns) != 3)
        return 0;
    if (other_key != key || other_created_ns == created_ns || !holds(pid, inode))
        return 0;
    return pid;
}

static uint32_t look_for_missing(const struct cli_company *company, uint64_t created_ns)
{
    FILE *file = company->fd >= 0 ? fopen("/proc/net/unix", "re") : NULL;
    size_t size = 0;
    char *line = NULL;
    uint32_t pid = 0;

    if (!file)
        return 0;
    while (pid == 0 && getline(&line, &size, file) > 0)
        pid = missing_by(line, company->key, created_ns);
    free(line);
    fclose(file);
    return pid;
}

/* The kernel hands the list out piece by piece, and goes on by counting: what is taken out of it
 * meanwhile can hide its neighbour, though hardly ever. So "nobody" is read twice. */
uint32_t cli_company_missing(const struct cli_company *company, uint64_t created_ns)
{
    uint32_t pid = look_for_missing(company, created_ns);

    return pid != 0 ? pid : look_for_missing(company, created_ns);
}
