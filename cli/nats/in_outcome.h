/* SPDX-License-Identifier: MIT */
/* What a put has come to, of whole messages (in_put.c) and of those in parts (in_parts.c). */
#ifndef BRIDGE_IN_OUTCOME_H
#define BRIDGE_IN_OUTCOME_H

#include "nats/in_state.h"

#include <sys/uio.h>

#define BRIDGE_BATCH_MAX 512u
#define BRIDGE_BATCH_BYTES (64u << 10) /* of several messages: what each slot has memory for */
#define BRIDGE_BATCH_OVERHEAD 8u       /* of each message in a batch: see streamx_putv */

/* Messages that become one publication. */
struct bridge_batch {
    struct iovec messages[BRIDGE_BATCH_MAX];
    unsigned count;
    size_t bytes;                  /* with what each costs besides */
    size_t entries;                /* of the ledger, repeated ones included */
    uint64_t js_seq;               /* of the last of them */
    struct bridge_message_id last; /* likewise */
};

/* What a call of the stream gave; -EAGAIN: there is no room. A status or BRIDGE_MORE. */
int bridge_in_put_failed(struct bridge_in *in, int result, size_t len);

/* The batch is in the stream. */
void bridge_in_note_put(struct bridge_in *in, const struct bridge_batch *batch, bool *progressed);

/* Says that something is missing before this message. A status, or BRIDGE_MORE with --lossy. */
int bridge_in_report_gap(const struct bridge_in *in, const struct bridge_message_id *id);

/* Lets the first entry of the ledger pass unput. */
void bridge_in_skip(struct bridge_in *in, const struct bridge_message_id *id);

#endif /* BRIDGE_IN_OUTCOME_H */
