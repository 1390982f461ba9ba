/* SPDX-License-Identifier: MIT */
/* What the parts of streamx-sub share. */
#ifndef CLI_SUB_H
#define CLI_SUB_H

#include "common/output.h"
#include "common/progress.h"
#include "sub/options.h"

#include <stdbool.h>
#include <stdint.h>

struct cli_sub {
    struct cli_sub_options options;
    struct streamx_consumer *consumer;
    struct cli_output output;
    int64_t run_deadline_ns; /* --timeout */
    int64_t idle_since_ns;   /* the last message, or the start */
    bool verify;             /* this one may be evicted while it copies */
    bool has_pending;        /* a message is taken, and not yet in the output */
    struct streamx_message pending;
    uint64_t first_seq; /* of the messages in the output */
    struct cli_progress progress;
    uint64_t received; /* messages that went into the output */
    uint64_t last_seq; /* of the last one of this stream; 0: none yet */
    bool attached;     /* it has been, to any stream */
    uint64_t missed;   /* messages that a tap did not see between two that it saw */
};

#endif /* CLI_SUB_H */
