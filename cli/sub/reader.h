/* SPDX-License-Identifier: MIT */
/* One stream that streamx-sub reads: attaching to it, leaving it, and how it ended. */
#ifndef CLI_SUB_READER_H
#define CLI_SUB_READER_H

#include "sub/state.h"

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
