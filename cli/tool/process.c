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

/* Whether the process maps a file with that inode number, as far as we may know. */
static bool maps(uint32_t pid, uint64_t inode)
{
    FILE *file = open_proc(pid, "maps");
    bool found = false;
    char *line = NULL;
    size_t size = 0;
    unsigned long long mapped;

    if (!file)
        return errno == EACCES || errno == EPERM;
    while (!found && getline(&line, &size, file) > 0) /* address perms offset device inode path */
        found = sscanf(line, "%*s %*s %*s %*s %llu", &mapped) == 1 && mapped == inode;
    if (!found && ferror(file))
        found = errno == EACCES || errno == EPERM;
    free(line);
    fclose(file);
    return found;
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

void cli_process_look(struct cli_process *process, uint32_t pid, const char *name)
{
    uint64_t inode = stream_inode(name);

    *process = (struct cli_process){.stopped = false};
    if (pid != 0 && inode != 0 && maps(pid, inode))
        cli_process_describe(process, pid);
}
