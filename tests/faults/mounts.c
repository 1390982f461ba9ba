/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "mounts.h"

#include "support.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

bool mounts_enter(void)
{
    return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

bool mount_tmpfs(const char *path)
{
    return mount("none", path, "tmpfs", 0, "size=64m") == 0;
}

static bool make_directory(const char *parent, const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", parent, name);
    return mkdir(path, 0777) == 0;
}

bool mount_overlay(const char *path, const char *layers)
{
    char options[2048];

    snprintf(options, sizeof options, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", layers,
             layers, layers);
    return make_directory(layers, "lower") && make_directory(layers, "upper") &&
           make_directory(layers, "work") && mount("overlay", path, "overlay", 0, options) == 0;
}

/* Runs a program of the system; false: it failed, or there is none. */
static bool run(const char *const *arguments)
{
    int status = -1, nowhere;
    pid_t pid = fork();

    if (pid == 0) {
        nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    return waitpid(pid, &status, 0) == pid && status == 0;
}

bool mount_image(const char *path, const char *type, unsigned megabytes)
{
    char image[] = "/tmp/streamx-image.XXXXXX", make[64];
    int fd = mkstemp(image);
    bool mounted = fd >= 0 && ftruncate(fd, (off_t)megabytes << 20) == 0;

    if (fd < 0)
        return false;
    close(fd);
    setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
    snprintf(make, sizeof make, "mkfs.%s", type);
    mounted = mounted && run((const char *const[]){make, "-q", image, NULL}) &&
              run((const char *const[]){"mount", "-t", type, "-o", "loop", image, path, NULL});
    unlink(image); /* the loop device keeps it */
    return mounted;
}

bool mount_fuse(const char *path, const char *below)
{
    return run((const char *const[]){"bindfs", below, path, NULL});
}

void unmount(const char *path)
{
    ck_assert_msg(umount(path) == 0, "%s: %s", path, strerror(errno));
}

void unmount_when_unused(const char *path)
{
    ck_assert_msg(umount2(path, MNT_DETACH) == 0, "%s: %s", path, strerror(errno));
}

void fill_up(const char *path)
{
    static char block[1 << 20];
    size_t length = sizeof block;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    memset(block, 'x', sizeof block); /* nothing that could be stored as a hole */
    while (length > 0)
        if (write(fd, block, length) <= 0)
            length /= 2;
    fsync(fd);
    close(fd);
}
