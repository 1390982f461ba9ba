/* SPDX-License-Identifier: MIT */
/*
 * A message that came in parts: once all of them are in the ledger they are copied one behind the
 * other, into the slot itself.
 */
#include "nats/in_parts.h"

#include "nats/in_outcome.h"
#include "nats/kind.h"

#include <errno.h>
#include <string.h>

/* How many entries make up the message, and its length: 0 = they are not all here yet. */
static size_t collect(const struct bridge_in *in, const struct bridge_message_id *first,
                      size_t *len, bool *broken)
{
    struct bridge_entry *entry;
    uint32_t part = 1;

    *len = 0;
    for (size_t i = 0; (entry = bridge_ledger_unput(&in->ledger, i)) != NULL; i++) {
        struct bridge_message_id id;

        bridge_read_id(&id, entry->msg);
        if (!bridge_source_same(&id.source, &first->source) || id.seq != first->seq ||
            id.parts != first->parts || id.part > part) {
            *broken = true;
            return 0;
        }
        if (id.part < part)
            continue; /* sent twice */
        *len += (size_t)natsMsg_GetDataLength(entry->msg);
        if (part++ == first->parts)
            return i + 1;
    }
    return 0;
}

/* The parts, one behind the other, in the slot itself. */
static void join(const struct bridge_in *in, size_t entries, char *to)
{
    uint32_t part = 1;

    for (size_t i = 0; i < entries; i++) {
        natsMsg *msg = bridge_ledger_unput(&in->ledger, i)->msg;
        struct bridge_message_id id;

        bridge_read_id(&id, msg);
        if (id.part != part)
            continue;
        memcpy(to, natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg));
        to += natsMsg_GetDataLength(msg);
        part++;
    }
}

static int put_joined(struct bridge_in *in, const struct bridge_batch *whole, size_t len,
                      bool *progressed)
{
    size_t capacity;
    void *to;
    int result = streamx_loan_at_least(in->producer, len, &to, &capacity, STREAMX_NOWAIT);

    if (result != 0)
        return bridge_in_put_failed(in, result, len);
    join(in, whole->entries, to);
    streamx_stamp(in->producer, whole->js_seq);
    result = streamx_publish(in->producer, len);
    if (result != 0)
        return bridge_in_put_failed(in, result, len);
    bridge_in_note_put(in, whole, progressed);
    return BRIDGE_MORE;
}

/* All the parts must be allowed to be out at a time, or the last of them never comes. */
static void make_room(struct bridge_in *in, uint32_t parts)
{
    int64_t needed = in->bridge.options->jetstream.batch + 2 * (int64_t)parts + in->spare;

    if (in->bridge.link.wish.most_pending >= needed)
        return;
    in->bridge.link.wish.most_pending = needed;
    in->bridge.link.wish.in_hand = (int64_t)bridge_ledger_count(&in->ledger);
    bridge_link_look_again(&in->bridge.link);
}

int bridge_in_put_parts(struct bridge_in *in, bool *progressed)
{
    struct bridge_message_id first;
    struct bridge_batch whole = {.count = 1};
    bool broken = false;
    size_t len;
    int status;

    bridge_read_id(&first, bridge_ledger_unput(&in->ledger, 0)->msg);
    whole.entries = collect(in, &first, &len, &broken);
    whole.bytes = len + BRIDGE_BATCH_OVERHEAD;
    whole.last = first;
    if (broken) {
        status = bridge_in_report_gap(in, &first);
        bridge_in_skip(in, &first);
        return status;
    }
    if (len > in->slot_size)
        return bridge_in_put_failed(in, -EMSGSIZE, len);
    if (whole.entries > 0) {
        whole.js_seq = bridge_ledger_unput(&in->ledger, whole.entries - 1)->js_seq;
        return put_joined(in, &whole, len, progressed);
    }
    make_room(in, first.parts);
    return BRIDGE_MORE;
}
