/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of the library's own never have the numbers 0, 1 and 2, also not for a moment: a
 * caller that has closed those may still print, or hand them on, and would hit a stream's file.
 */
#ifndef SX_DESCRIPTOR_H
#define SX_DESCRIPTOR_H

#include <sys/types.h>

/* open(2) with O_CLOEXEC; -errno. */
int sx_descriptor_open(const char *path, int flags, mode_t mode);

/* The descriptor under a number beyond 2, for what is no file and so cannot be hurt in the
 * moment before. Passes an error on: -1, with errno. */
int sx_descriptor_raise(int fd);

#define SX_DESCRIPTOR_PATH 40 /* bytes, the terminating NUL included */

/* The descriptor's name in /proc, by which its file can be linked. */
void sx_descriptor_path(char path[SX_DESCRIPTOR_PATH], int fd);

/* A second, independent description of the same file, which no forked child shares yet.
 * -EOPNOTSUPP: there is no /proc; else as of sx_descriptor_open. */
int sx_descriptor_reopen(int fd, int flags);

#endif
