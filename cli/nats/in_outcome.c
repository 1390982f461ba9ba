/* SPDX-License-Identifier: MIT */
/* What was put, could not be put, is missing or is passed by: noted, and said where it must be. */
#include "nats/in_outcome.h"

#include "common/exit_status.h"
#include "common/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

int bridge_in_put_failed(struct bridge_in *in, int result, size_t len)
{
    if (result == -EAGAIN) {
        in->blocked = true;
        return BRIDGE_MORE;
    }
    if (result == -EMSGSIZE) {
        cli_report("%s: message %" PRIu64 " of JetStream stream %s has %zu bytes, and a slot holds "
                   "%u (--max-size)",
                   in->bridge.options->name, in->put_through + 1, in->bridge.link.facts.stream, len,
                   in->slot_size);
        return CLI_STATUS_DATA;
    }
    cli_report("%s: cannot put: %s", in->bridge.options->name, strerror(-result));
    return CLI_STATUS_FAILED;
}

void bridge_in_note_put(struct bridge_in *in, const struct bridge_batch *batch, bool *progressed)
{
    in->put_seq += batch->count;
    in->put_through = batch->js_seq;
    in->last = batch->last;
    bridge_ledger_put(&in->ledger, batch->entries, in->put_seq);
    cli_progress_add(&in->progress, batch->count,
                     batch->bytes - batch->count * BRIDGE_BATCH_OVERHEAD);
    *progressed = true;
}

int bridge_in_report_gap(const struct bridge_in *in, const struct bridge_message_id *id)
{
    cli_report("%s: something is missing between message %" PRIu64 " and %" PRIu64 " of the "
               "source%s",
               in->bridge.options->name, in->last.seq, id->seq,
               in->bridge.options->jetstream.lossy ? "" : " (--lossy goes on)");
    return in->bridge.options->jetstream.lossy ? BRIDGE_MORE : CLI_STATUS_FAILED;
}

void bridge_in_skip(struct bridge_in *in, const struct bridge_message_id *id)
{
    struct bridge_entry *entry = bridge_ledger_unput(&in->ledger, 0);

    in->put_through = entry->js_seq;
    in->last = *id;
    bridge_ledger_put(&in->ledger, 1, in->put_seq);
}
