/* SPDX-License-Identifier: MIT */
/*
 * Makes the library's excesses visible. A program that links guard.c with the linker's --wrap for
 * mmap, munmap, kill and syscall, and the library's objects statically, gets
 *
 *  - each shared mapping of a file between two stretches of addresses that nobody may touch;
 *  - an abort if the library sends a signal, by whichever call.
 */
#ifndef STREAMX_FUZZ_GUARD_H
#define STREAMX_FUZZ_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* Does [at, at + bytes) lie in one of the guarded mappings? */
bool guard_covers(const void *at, size_t bytes);

/* Aborts unless it does, and reads all of it. */
void guard_read(const void *at, size_t bytes);

/* Reads all of it. */
void guard_touch(const void *at, size_t bytes);

#endif
