/* SPDX-License-Identifier: MIT */
/* Room on the file system for every byte of a new file, for good. */
#ifndef SX_RESERVE_H
#define SX_RESERVE_H

#include <stdint.h>

/*
 * May the empty file become so long, and is there room for so much of it?
 *
 *   -ENOSPC; -EFBIG: the file size limit; -EOPNOTSUPP: this file system promises nothing for what
 *   is overwritten
 */
int sx_reserve_check(int fd, uint64_t file_bytes, uint64_t memory_bytes);

/* Backs [from, to), so that no store can fail there later. -ENOSPC; -EINTR: interrupted again and
 * again; and what else posix_fallocate(3) gives. */
int sx_reserve_range(int fd, uint64_t from, uint64_t to);

#endif
