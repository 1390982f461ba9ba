/* SPDX-License-Identifier: MIT */
/* From the stream to standard output. */
#ifndef CLI_SUB_BATCH_H
#define CLI_SUB_BATCH_H

#include "sub/sub.h"

/*
 * Waits for a message, gathers everything at hand, writes it, acknowledges it. CLI_SUB_MORE to go
 * on; else how it ended: 0 = clean end of the stream, -errno as of streamx_take and loop.h,
 * CLI_SUB_COUNT, or CLI_SUB_OUTPUT with errno's value in `*output_error`.
 */
#define CLI_SUB_MORE 1
#define CLI_SUB_COUNT 2
#define CLI_SUB_OUTPUT 3
int cli_sub_batch(struct cli_sub *sub, int *output_error);

#endif /* CLI_SUB_BATCH_H */
