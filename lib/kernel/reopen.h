/* SPDX-License-Identifier: MIT */
/* An open file by its descriptor's name in /proc: to link it, and to open it once more. */
#ifndef SX_REOPEN_H
#define SX_REOPEN_H

#define SX_REOPEN_PATH 40 /* bytes, the terminating NUL included */

void sx_reopen_path(char path[SX_REOPEN_PATH], int fd);

/* A second, independent description of the same file, which no forked child shares yet.
 * -EOPNOTSUPP: there is no /proc; else as open(2) gives. */
int sx_reopen(int fd, int flags);

#endif
