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

/* The same descriptor under a number beyond 2, for what is no file and so cannot be hurt in the
 * moment before. Passes an error on: -1, with errno. */
int sx_descriptor_raise(int fd);

#endif
