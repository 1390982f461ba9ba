/* SPDX-License-Identifier: MIT */
/*
 * A pipe has no list of its users: every descriptor of every process that we may look at is
 * compared by what its link in /proc says, which for a pipe is its number. Several processes may
 * have it open, such as the shell that made it; the one that has it as its standard input or
 * output is taken first.
 */
#include "tool/pipe.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINK_MAX_BYTES 512

struct search {
    char link[LINK_MAX_BYTES]; /* of the pipe, or the path of a FIFO */
    mode_t access;             /* S_IRUSR or S_IWUSR, which the descriptor's link has */
    int usual_fd;              /* where it is expected */
    uint32_t self;
    uint32_t found; /* 0: nobody */
};

static bool read_link(const char *path, char link[LINK_MAX_BYTES])
{
    ssize_t length = readlink(path, link, LINK_MAX_BYTES - 1);

    if (length < 0)
        return false;
    link[length] = '\0';
    return true;
}

/* Whether descriptor `fd` is a pipe or a FIFO; which one goes into `link`. */
static bool is_pipe(uint32_t pid, int fd, char link[LINK_MAX_BYTES])
{
    char path[64];
    struct stat status;

    snprintf(path, sizeof path, "/proc/%u/fd/%d", pid, fd);
    return stat(path, &status) == 0 && S_ISFIFO(status.st_mode) && read_link(path, link);
}

/* Looks through one process's descriptors. True: the search is over. */
static bool search_process(struct search *search, uint32_t pid)
{
    char path[64], link[LINK_MAX_BYTES];
    struct dirent *entry;
    DIR *directory;
    bool usual = false;

    snprintf(path, sizeof path, "/proc/%u/fd", pid);
    directory = opendir(path);
    while (directory && !usual && (entry = readdir(directory))) {
        struct stat status;

        snprintf(path, sizeof path, "/proc/%u/fd/%.16s", pid, entry->d_name);
        if (!read_link(path, link) || strcmp(link, search->link) != 0 ||
            lstat(path, &status) != 0 || !(status.st_mode & search->access))
            continue;
        usual = atoi(entry->d_name) == search->usual_fd;
        if (usual || search->found == 0)
            search->found = pid;
    }
    if (directory)
        closedir(directory);
    return usual;
}

static bool find(struct cli_pipe_peer *peer, struct search *search)
{
    DIR *directory = opendir("/proc");
    struct dirent *entry;

    while (directory && (entry = readdir(directory))) {
        uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);

        /* this program may have inherited it from the shell, and is gone in a moment */
        if (pid != 0 && pid != search->self && pid != (uint32_t)getpid() &&
            search_process(search, pid))
            break;
    }
    if (directory)
        closedir(directory);
    if (search->found == 0)
        return false;
    peer->pid = search->found;
    cli_process_describe(&peer->process, peer->pid);
    return true;
}

bool cli_pipe_is_full(uint32_t pid)
{
    struct pollfd polled = {.events = POLLOUT};
    char path[64];
    bool full;

    snprintf(path, sizeof path, "/proc/%u/fd/%d", pid, STDOUT_FILENO);
    polled.fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (polled.fd < 0)
        return false;
    full = poll(&polled, 1, 0) == 0;
    close(polled.fd);
    return full;
}

/* Whether the process sleeps in a write to the pipe that is its output. Some kernels (5.10) say of
 * no process where it sleeps; then a pipe without room must do. */
static bool sleeps_in_write(uint32_t pid)
{
    char path[64], where[64] = "";
    FILE *file;

    snprintf(path, sizeof path, "/proc/%u/wchan", pid);
    file = fopen(path, "re");
    if (!file)
        return false;
    where[fread(where, 1, sizeof where - 1, file)] = '\0';
    fclose(file);
    if (strcmp(where, "0") == 0 || *where == '\0')
        return cli_pipe_is_full(pid);
    return strstr(where, "pipe_write") != NULL; /* anon_pipe_write since Linux 6.15 */
}

bool cli_pipe_reader(struct cli_pipe_peer *peer, uint32_t pid)
{
    struct search search = {.access = S_IRUSR, .usual_fd = STDIN_FILENO, .self = pid};

    return is_pipe(pid, STDOUT_FILENO, search.link) && sleeps_in_write(pid) && find(peer, &search);
}

bool cli_pipe_writer(struct cli_pipe_peer *peer, uint32_t pid)
{
    struct search search = {.access = S_IWUSR, .usual_fd = STDOUT_FILENO, .self = pid};

    return is_pipe(pid, STDIN_FILENO, search.link) && find(peer, &search);
}
