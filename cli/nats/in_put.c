/* SPDX-License-Identifier: MIT */
/*
 * From the ledger into the stream, in order. As many messages as fit become one publication, whose
 * stamp is the JetStream sequence number of the last of them: a publication is there as a whole or
 * not at all, so that whoever takes up the stream after us knows exactly what is in it.
 */
#include "nats/in_put.h"

#include "common/report.h"
#include "nats/in_end.h"
#include "nats/in_outcome.h"
#include "nats/in_parts.h"
#include "nats/kind.h"

#include <string.h>

static bool fits(const struct bridge_batch *batch, size_t len, uint32_t slot_size)
{
    if (batch->count == 0)
        return true;
    if (slot_size > BRIDGE_BATCH_BYTES)
        slot_size = BRIDGE_BATCH_BYTES;
    return batch->count < BRIDGE_BATCH_MAX &&
           batch->bytes + len + BRIDGE_BATCH_OVERHEAD <= slot_size;
}

static void add(struct bridge_batch *batch, const struct bridge_entry *entry, enum bridge_kind kind,
                const struct bridge_message_id *id)
{
    if (kind == BRIDGE_KIND_MESSAGE) {
        struct iovec *message = batch->messages + batch->count++;

        message->iov_base = (void *)(uintptr_t)natsMsg_GetData(entry->msg);
        message->iov_len = (size_t)natsMsg_GetDataLength(entry->msg);
        batch->bytes += message->iov_len + BRIDGE_BATCH_OVERHEAD;
        if (id->source.text[0] != '\0')
            batch->last = *id;
    }
    batch->entries++;
    batch->js_seq = entry->js_seq;
}

/* Gathers what can be put together. Returns the kind of what comes then; BRIDGE_KIND_MESSAGE:
 * nothing in the way. */
static enum bridge_kind gather(const struct bridge_in *in, struct bridge_batch *batch)
{
    struct bridge_entry *entry;

    batch->count = 0;
    batch->bytes = batch->entries = 0;
    batch->js_seq = in->put_through;
    batch->last = in->last;
    while ((entry = bridge_ledger_unput(&in->ledger, batch->entries)) != NULL) {
        struct bridge_message_id id;
        enum bridge_kind kind;

        bridge_read_id(&id, entry->msg);
        kind = bridge_kind_of(&id, &batch->last);
        if (kind != BRIDGE_KIND_MESSAGE && kind != BRIDGE_KIND_REPEATED)
            return kind;
        if (kind == BRIDGE_KIND_MESSAGE &&
            !fits(batch, (size_t)natsMsg_GetDataLength(entry->msg), in->slot_size))
            return BRIDGE_KIND_MESSAGE;
        add(batch, entry, kind, &id);
    }
    return BRIDGE_KIND_MESSAGE;
}

static int put_batch(struct bridge_in *in, const struct bridge_batch *batch, bool *progressed)
{
    int result = 0;

    if (batch->count > 0) {
        streamx_stamp(in->producer, batch->js_seq);
        result = streamx_putv(in->producer, batch->messages, batch->count, STREAMX_NOWAIT);
    }
    if (result != 0)
        return bridge_in_put_failed(in, result, batch->messages[0].iov_len);
    bridge_in_note_put(in, batch, progressed);
    return BRIDGE_MORE;
}

/* As if what is missing had come. */
static int pass_gap(struct bridge_in *in, const struct bridge_message_id *id)
{
    int status = bridge_in_report_gap(in, id);

    if (id->part > 1) {
        bridge_in_skip(in, id);
        return status;
    }
    in->last = *id;
    in->last.seq = id->end ? id->seq : id->seq - 1;
    in->last.end = false;
    return status;
}

static int put_other(struct bridge_in *in, enum bridge_kind kind, bool *progressed)
{
    struct bridge_entry *entry = bridge_ledger_unput(&in->ledger, 0);
    const char *how = NULL;
    struct bridge_message_id id;

    switch (kind) {
    case BRIDGE_KIND_PART:
        return bridge_in_put_parts(in, progressed);
    case BRIDGE_KIND_END:
        if (natsMsgHeader_Get(entry->msg, BRIDGE_HEADER_END, &how) != NATS_OK)
            how = BRIDGE_END_DIED;
        bridge_in_begin_end(in, strcmp(how, BRIDGE_END_CLEAN) == 0);
        return BRIDGE_MORE;
    case BRIDGE_KIND_OTHER:
        cli_report("%s: the source goes on with another stream; the one before had no end",
                   in->bridge.options->name);
        bridge_in_begin_end(in, false);
        return BRIDGE_MORE;
    default:
        bridge_read_id(&id, entry->msg);
        return pass_gap(in, &id);
    }
}

int bridge_in_put(struct bridge_in *in, bool *progressed)
{
    struct bridge_batch batch;
    int status = BRIDGE_MORE;

    in->blocked = false;
    while (status == BRIDGE_MORE && !in->blocked && in->phase == BRIDGE_IN_RUNNING &&
           bridge_ledger_unput(&in->ledger, 0)) {
        enum bridge_kind next = gather(in, &batch);
        uint64_t before = in->put_through;

        if (batch.entries > 0)
            status = put_batch(in, &batch, progressed);
        else
            status = put_other(in, next, progressed);
        if (in->put_through == before && in->phase == BRIDGE_IN_RUNNING && next != BRIDGE_KIND_GAP)
            break; /* parts are missing, or there is no room */
    }
    return status;
}
