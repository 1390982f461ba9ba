/* SPDX-License-Identifier: MIT */
/*
 * How far a program is: a line on the terminal that is drawn anew twice a second (--progress), and
 * one line in answer to SIGUSR1.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <streamx.h>

struct cli_progress {
    const char *name;       /* of the stream */
    bool drawn;             /* --progress, and standard error is a terminal */
    bool publisher;         /* shows who is there, and who is waited for */
    uint64_t messages;      /* so far */
    uint64_t bytes;         /* in them */
    int64_t since_ns;       /* the start */
    int64_t last_ns;        /* the last look ... */
    uint64_t last_messages; /* ... and what there was then */
    uint64_t last_bytes;
};

/* Starts the clock, and has the loop call for it. */
void cli_progress_start(struct cli_progress *progress, const char *name, bool publisher,
                        bool drawn);

/* `messages` more are done. */
void cli_progress_add(struct cli_progress *progress, uint64_t messages, uint64_t bytes);

/* How many subscribers a publisher waits for before it can go on; 0: none, as far as is known. */
unsigned cli_progress_lacking(const struct streamx_info *info);

/* Draws the line for the last time. */
void cli_progress_end(struct cli_progress *progress);

#endif /* CLI_PROGRESS_H */
