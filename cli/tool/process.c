/* SPDX-License-Identifier: MIT */
/*
 * A stream holds its users' pids as each of them sees its own, so that in another PID namespace the
 * number may mean nobody, or somebody else. Therefore a process is believed to be the one only if
 * the stream's file is among its mappings. Where those may not be read (another user's process),
 * the number alone is believed.
 *
 * Nothing but the display hangs on what is found here; who is alive, the library knows.
 */
#include "tool/process.h"

#include "common/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <streamx.h>
#include <string.h>
#include <sys/stat.h>

/* The inode number of the stream's file; 0 if there is none. */
static uint64_t stream_inode(const char *name)
{
    char path[4096];
    struct stat status;
    int length = snprintf(path, sizeof path, "%s/streamx.%s", streamx_directory(), name);

    if (length < 0 || (size_t)length >= sizeof path || stat(path, &status) != 0)
        return 0;
    return status.st_ino;
}

static FILE *open_proc(uint32_t pid, const char *file)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%u/%s", pid, file);
    return fopen(path, "re");
}

/* Reads a small file as one line of printable text. */
static void read_text(uint32_t pid, const char *name, char *text, size_t size)
{
    FILE *file = open_proc(pid, name);
    size_t length;

    text[0] = '\0';
    if (!file)
        return;
    length = fread(text, 1, size - 1, file);
    fclose(file);
    while (length > 0 && (text[length - 1] == '\0' || text[length - 1] == '\n'))
        length--;
    text[length] = '\0';
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    cli_text_clean(text);
}

/* The state letter follows the command, which is in parentheses and may hold some. */
static bool is_stopped(uint32_t pid)
{
    char text[1024], *end;

    read_text(pid, "stat", text, sizeof text);
    end = strrchr(text, ')');
    return end && end[1] == ' ' && (end[2] == 'T' || end[2] == 't');
}

void cli_process_describe(struct cli_process *process, uint32_t pid)
{
    read_text(pid, "comm", process->command, sizeof process->command);
    read_text(pid, "cmdline", process->arguments, sizeof process->arguments);
    process->stopped = is_stopped(pid);
}

/* ---- which files a process maps ---- */

/* One process may use thousands of streams, so its mappings are read once for all of them. */
struct known {
    uint32_t pid;
    bool is_secret; /* its mappings may not be read */
    struct cli_process process;
    uint64_t *inodes; /* of the files that it maps, sorted */
    size_t inode_count;
};

static struct {
    struct known *processes;
    size_t count;
} cache;

void cli_process_forget(void)
{
    for (size_t i = 0; i < cache.count; i++)
        free(cache.processes[i].inodes);
    free(cache.processes);
    cache.processes = NULL;
    cache.count = 0;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static void add_inode(struct known *known, uint64_t inode)
{
    uint64_t *grown;

    if (known->inode_count > 0 && known->inodes[known->inode_count - 1] == inode)
        return;                                                 /* another part of the same file */
    if ((known->inode_count & (known->inode_count - 1)) == 0) { /* full: a power of two, or none */
        size_t room = known->inode_count > 0 ? 2 * known->inode_count : 1;

        grown = reallocarray(known->inodes, room, sizeof *known->inodes);
        if (!grown)
            return; /* a process that is not known, for display */
        known->inodes = grown;
    }
    known->inodes[known->inode_count++] = inode;
}

static void read_mappings(struct known *known)
{
    FILE *file = open_proc(known->pid, "maps");
    char *line = NULL;
    size_t size = 0;
    unsigned long long inode;

    known->is_secret = !file && (errno == EACCES || errno == EPERM);
    if (!file)
        return;
    while (getline(&line, &size, file) > 0) /* address perms offset device inode path */
        if (sscanf(line, "%*s %*s %*s %*s %llu", &inode) == 1 && inode != 0)
            add_inode(known, inode);
    known->is_secret = ferror(file) && (errno == EACCES || errno == EPERM);
    free(line);
    fclose(file);
    if (known->inode_count > 0)
        qsort(known->inodes, known->inode_count, sizeof *known->inodes, by_number);
}

static const struct known *know(uint32_t pid)
{
    struct known *grown;

    for (size_t i = cache.count; i > 0; i--) /* the last one is the likeliest */
        if (cache.processes[i - 1].pid == pid)
            return &cache.processes[i - 1];
    grown = reallocarray(cache.processes, cache.count + 1, sizeof *cache.processes);
    if (!grown)
        return NULL;
    cache.processes = grown;
    grown += cache.count++;
    *grown = (struct known){.pid = pid};
    read_mappings(grown);
    cli_process_describe(&grown->process, pid);
    return grown;
}

/* Whether the process maps a file with that inode number, as far as we may know. */
static bool maps(const struct known *known, uint64_t inode)
{
    if (known->is_secret)
        return true;
    return known->inode_count > 0 &&
           bsearch(&inode, known->inodes, known->inode_count, sizeof inode, by_number) != NULL;
}

void cli_process_look(struct cli_process *process, uint32_t pid, const char *name)
{
    uint64_t inode = stream_inode(name);
    const struct known *known = pid != 0 && inode != 0 ? know(pid) : NULL;

    *process = (struct cli_process){.stopped = false};
    if (known && maps(known, inode))
        *process = known->process;
    else if (known)
        process->elsewhere = true;
}
