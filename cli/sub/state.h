/* SPDX-License-Identifier: MIT */
/*
 * What the parts of streamx-sub share. names.c knows which streams there are to read, reader.c
 * attaches to one and leaves it, batch.c carries its messages to standard output, company.c looks
 * after those who follow the same name, run.c does it all by turns.
 */
#ifndef CLI_SUB_STATE_H
#define CLI_SUB_STATE_H

#include "common/output.h"
#include "common/progress.h"
#include "sub/company.h"
#include "sub/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <streamx.h>

/* How reading has ended, beside 0 and -errno, or not (batch.h). */
#define CLI_SUB_MORE 1
#define CLI_SUB_COUNT 2
#define CLI_SUB_OUTPUT 3
#define CLI_SUB_NOTHING 4

/*
 * One stream that is read.
 *
 *  ABSENT ----> HELD ----> ATTACHED ----> ENDED
 *    ^                         |
 *    +------- --follow --------+
 */
enum cli_reader_state {
    CLI_READER_ABSENT,   /* waits for the stream to appear */
    CLI_READER_HELD,     /* attached; waits for the others who follow that name */
    CLI_READER_ATTACHED, /* reads */
    CLI_READER_ENDED
};

struct cli_reader {
    char name[STREAMX_NAME_MAX + 1];
    char shown[STREAMX_NAME_MAX + 1]; /* the name as %n writes it */
    enum cli_reader_state state;
    bool is_match; /* it was found by a pattern */
    struct streamx_consumer *consumer;
    uint64_t created_ns; /* tells this stream from others of the name; 0: not known */
    uint64_t found_ns;   /* likewise, which one was there when it began; 0: none */
    int64_t look_ns;     /* when to look for it again */
    bool was_absent;     /* it was waited for, so that nothing of it should be missed */
    bool has_begun;      /* a message of this stream has come */
    bool hint_given;     /* that it is not there */
    int64_t hold_ns;     /* HELD: the longest */
    bool verify;         /* this one may be evicted while it copies */
    bool has_pending;    /* a message is taken, and not yet in the output */
    struct streamx_message pending;
    uint64_t first_seq; /* of its messages in the output */
    uint64_t last_seq;  /* of the last one of this stream; 0: none yet */
    uint64_t received;  /* its messages so far, those of earlier streams too */
    struct cli_company company;
};

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

#endif /* CLI_SUB_STATE_H */
