/* SPDX-License-Identifier: MIT */
/*
 * What the parts of streamx-sub share. names.c knows which streams there are to read, reader.c
 * attaches to one and leaves it, batch.c carries its messages to standard output, company.c looks
 * after those who follow the same name, run.c does it all by turns.
 */
#ifndef CLI_SUB_H
#define CLI_SUB_H

#include "common/output.h"
#include "common/progress.h"
#include "sub/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_reader;

struct cli_sub {
    struct cli_sub_options options;
    struct cli_output output;
    struct cli_reader **readers; /* of each stream one */
    size_t reader_count;
    int watch_fd;             /* of names that appear; -1: none, or nobody waits for one */
    int64_t run_deadline_ns;  /* --timeout */
    int64_t idle_deadline_ns; /* --idle-timeout, from the last write or the start */
    int64_t hint_ns;          /* when it is said what is waited for */
    int64_t gone_ns;          /* --glob: since when every stream has ended */
    uint64_t received;        /* messages that went into the output */
    int worst;                /* exit status, so far */
    struct cli_progress progress;
    uint64_t missed;   /* messages that a tap did not see between two that it saw */
    bool was_attached; /* to any stream */
};

/* The deadline for a wait. */
static inline int64_t cli_sub_deadline(const struct cli_sub *sub)
{
    return sub->idle_deadline_ns < sub->run_deadline_ns ? sub->idle_deadline_ns
                                                        : sub->run_deadline_ns;
}

#endif /* CLI_SUB_H */
