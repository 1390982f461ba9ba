/* SPDX-License-Identifier: MIT */
/* From a stream to standard output. */
#ifndef CLI_SUB_BATCH_H
#define CLI_SUB_BATCH_H

#include "sub/state.h"

/*
 * Gathers everything that the stream has at hand, after waiting for a first message if it `waits`,
 * writes it, acknowledges it. CLI_SUB_MORE to go on, CLI_SUB_NOTHING if nothing was at hand; else
 * how it ended: 0 = clean end of the stream, -errno as of streamx_take and loop.h, CLI_SUB_COUNT,
 * or CLI_SUB_OUTPUT with errno's value in `*output_error`.
 */
int cli_sub_batch(struct cli_sub *sub, struct cli_reader *reader, bool waits, int *output_error);

#endif /* CLI_SUB_BATCH_H */
