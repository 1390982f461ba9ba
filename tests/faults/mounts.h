/* SPDX-License-Identifier: MIT */
/* File systems of a test's own, in a mount namespace that goes with it. */
#ifndef STREAMX_TEST_MOUNTS_H
#define STREAMX_TEST_MOUNTS_H

#include <stdbool.h>

/* Enters a mount namespace; false: not permitted. Once per process. */
bool mounts_enter(void);

/* Mounts a fresh tmpfs here. */
bool mount_tmpfs(const char *path);

/*
 * Mounts an overlay at `path`, its layers below `layers`, a directory of a tmpfs: lower, upper.
 * False: this kernel has none, or does not permit it.
 */
bool mount_overlay(const char *path, const char *layers);

/*
 * Makes a file system of that type in a file of `megabytes` and mounts it at `path`. False: not
 * permitted, not known to this kernel, or no mkfs for it.
 */
bool mount_image(const char *path, const char *type, unsigned megabytes);

/* Has a program show the directory `below` at `path`, by FUSE. False: there is none here. */
bool mount_fuse(const char *path, const char *below);

void unmount(const char *path);

/* As soon as nobody uses it any more: a program behind it lets go when it likes. */
void unmount_when_unused(const char *path);

/* Writes until there is no room left, in a file of that name; then removes nothing. */
void fill_up(const char *path);

#endif
