/* SPDX-License-Identifier: MIT */
/* The parts of streamx-sub. */
#ifndef SX_SUB_H
#define SX_SUB_H

#include "common/framing_write.h"
#include "common/progress.h"
#include "sub/options_sub.h"

#include <stdbool.h>
#include <stdint.h>

struct sx_sub {
    struct sx_sub_options options;
    struct streamx_consumer *consumer;
    struct sx_output output;
    int64_t run_deadline_ns; /* --timeout */
    int64_t idle_since_ns;   /* the last message, or the start */
    bool verify;             /* this one may be evicted while it copies */
    bool has_pending;        /* a message is taken, and not yet in the output */
    struct streamx_message pending;
    uint64_t first_seq; /* of the messages in the output */
    struct sx_progress progress;
    uint64_t received; /* messages that went into the output */
};

/* ---- sub_batch.c: from the stream to standard output ---- */

/*
 * Waits for a message, gathers everything at hand, writes it, acknowledges it. SX_SUB_MORE to go
 * on; else how it ended: 0 = clean end of the stream, -errno as of streamx_take and loop.h,
 * SX_SUB_COUNT, or SX_SUB_OUTPUT with errno's value in `*output_error`.
 */
#define SX_SUB_MORE 1
#define SX_SUB_COUNT 2
#define SX_SUB_OUTPUT 3
int sx_sub_batch(struct sx_sub *sub, int *output_error);

#endif /* SX_SUB_H */
