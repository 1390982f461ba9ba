/* SPDX-License-Identifier: MIT */
/*
 * Takes system calls away from this process and its children, as an older kernel or a container's
 * filter would.
 */
#ifndef STREAMX_LIFE_WITHOUT_H
#define STREAMX_LIFE_WITHOUT_H

#include <stdbool.h>

/* From now on this system call fails with that error. False: filters are not permitted here. */
bool without(long system_call, int error);

/* Likewise openat, where its flags have all of these. */
bool without_open_flags(int flags, int error);

#endif
