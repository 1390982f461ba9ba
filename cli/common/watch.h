/* SPDX-License-Identifier: MIT */
/* Hears of streams that appear, so that nobody need look for them again and again. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

/*
 * A descriptor that is readable when a stream's name has come into the directory; to be opened
 * before the first look, lest one come in between, and closed by close(2). -1: none is available.
 */
int cli_watch_open(void);

/*
 * Reads what has happened, and calls `each` for the name of every stream that has come. NULL stands
 * for any: some were missed.
 */
void cli_watch_read(int fd, void (*each)(const char *name, void *arg), void *arg);

#endif /* CLI_WATCH_H */
