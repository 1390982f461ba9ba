/* SPDX-License-Identifier: MIT */
/* The directory of streams: listing it, removing names from it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "kernel/descriptor.h"
#include "memory/name.h"
#include "streamx.h"

static const char prefix[] = "streamx.";

static int list_directory(DIR *directory, int (*each)(const char *name, void *arg), void *arg)
{
    struct dirent *entry;
    int result = 0;

    while (result == 0 && (entry = readdir(directory)) != NULL) {
        const char *name = entry->d_name + sizeof prefix - 1;

        if (strncmp(entry->d_name, prefix, sizeof prefix - 1) == 0 && sx_name_is_valid(name))
            result = each(name, arg);
    }
    return result;
}

/* opendir(3), but not as descriptor 0, 1 or 2. */
static int open_directory(const char *path, DIR **directory)
{
    int failed, fd = sx_descriptor_open(path, O_RDONLY | O_DIRECTORY, 0);

    if (fd < 0)
        return fd;
    *directory = fdopendir(fd);
    failed = *directory ? 0 : -errno;
    if (failed)
        close(fd);
    return failed;
}

int streamx_list(int (*each)(const char *name, void *arg), void *arg)
{
    int saved = errno, result;
    char *path;
    DIR *directory;

    result = sx_name_directory(&path);
    if (result == 0) {
        result = open_directory(path, &directory);
        free(path);
    }
    if (result == 0) {
        errno = saved;
        result = list_directory(directory, each, arg);
        closedir(directory);
    }
    errno = saved;
    return result;
}

static int remove_path(const char *path, unsigned flags)
{
    struct stat status;
    int result, fd = sx_segment_open_file(path, O_RDWR, &status);

    if (fd < 0)
        return fd;
    result = sx_name_ended(fd);
    if (geteuid() != 0 && sx_segment_check_owner(&status) != 0)
        result = -EPERM;
    if (result == -EEXIST)
        result = flags & STREAMX_FORCE ? 0 : -EBUSY;
    if (result == 0)
        result = flags & STREAMX_FORCE
                     ? sx_name_unbind(path, fd, sx_clock_now() + SX_NAME_PATIENCE_NS)
                     : sx_name_unbind_ended(path, fd, sx_clock_now() + SX_NAME_PATIENCE_NS);
    close(fd);
    return result == -EEXIST ? -EBUSY : result;
}

int streamx_remove(const char *name, unsigned flags)
{
    int saved = errno, result;
    char *path;

    result = flags & ~STREAMX_FORCE ? -EINVAL : sx_name_path(name, &path);
    if (result == 0) {
        result = remove_path(path, flags);
        free(path);
    }
    errno = saved;
    return result;
}
