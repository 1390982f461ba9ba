/* SPDX-License-Identifier: MIT */
/*
 * What a command of streamx shows: it is written in memory first, and to standard output in one
 * piece, since stdio loses what a non-blocking standard output does not take at once.
 */
#ifndef CLI_TOOL_PAGE_H
#define CLI_TOOL_PAGE_H

#include <stddef.h>
#include <stdio.h>

struct cli_page {
    FILE *file; /* to write to */
    char *text;
    size_t size;
};

/* -ENOMEM, or 0. */
int cli_page_open(struct cli_page *page);

/* Writes the page to standard output and frees it. 0, or -errno. */
int cli_page_write(struct cli_page *page);

/* Likewise, as the last thing that a command does: reports a failure. `status`, or
 * CLI_STATUS_FAILED. */
int cli_page_end(struct cli_page *page, int status);

#endif /* CLI_TOOL_PAGE_H */
