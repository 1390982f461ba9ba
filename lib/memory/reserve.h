/* SPDX-License-Identifier: MIT */
/* Room on the file system for every byte of a new file, for good. */
#ifndef SX_RESERVE_H
#define SX_RESERVE_H

#include <stdint.h>

/*
 * Gives the empty file its length, and backs all of it, so that no store can fail later.
 *
 *   -ENOSPC; -EFBIG: the file size limit; -EOPNOTSUPP: this file system promises nothing for what is
 *   overwritten; -EINTR: interrupted again and again
 */
int sx_reserve(int fd, uint64_t bytes);

#endif
