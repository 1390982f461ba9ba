/* SPDX-License-Identifier: MIT */
/* One stream that streamx-sub reads: attaching to it, leaving it, and how it ended. */
#ifndef CLI_SUB_READER_H
#define CLI_SUB_READER_H

#include "sub/company.h"
#include "sub/sub.h"

#include <streamx.h>

/*
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

/* NULL if there is no memory. */
struct cli_reader *cli_reader_new(const struct cli_sub *sub, const char *name, bool is_match);
void cli_reader_free(struct cli_reader *reader);

/*
 * Looks for the stream, and attaches to it if it is there. CLI_STATUS_DONE, or the exit status with
 * which it has ended, whose reason has been reported.
 */
int cli_reader_look(struct cli_sub *sub, struct cli_reader *reader);

/* HELD: goes on when everybody who follows the name is here. */
void cli_reader_release(struct cli_sub *sub, struct cli_reader *reader);

/*
 * After the stream or a wait has ended in that way (see batch.h): leaves the stream and reports.
 * The exit status; of a stream that --follow goes on from, CLI_STATUS_DONE.
 */
int cli_reader_end(struct cli_sub *sub, struct cli_reader *reader, int ending, int output_error);

#endif /* CLI_SUB_READER_H */
