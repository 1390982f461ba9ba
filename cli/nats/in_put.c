/* SPDX-License-Identifier: MIT */
/*
 * From the ledger into the stream, in order. As many messages as fit become one publication, whose
 * stamp is the JetStream sequence number of the last of them: a publication is there as a whole or
 * not at all, so that whoever takes up the stream after us knows exactly what is in it.
 */
#include "common/clock.h"
#include "common/directory.h"
#include "common/exit_status.h"
#include "common/report.h"
#include "nats/in.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MESSAGES_MAX 512u
#define OVERHEAD 8u /* of each message in a batch: see streamx_putv */

/* ---- making the stream ---- */

static int create_failed(const struct bridge_in *in, int error)
{
    const char *name = in->bridge.options->name;

    switch (error) {
    case -EEXIST:
        cli_report("%s: a live stream of that name exists, or a dead one of another kind", name);
        return CLI_STATUS_CREATE;
    case -EMSGSIZE:
        cli_report(
            "%s: the stream of that name that was left has shorter slots; streamx rm removes "
            "it",
            name);
        return CLI_STATUS_CREATE;
    case -EPROTOTYPE:
        cli_report("%s: the stream of that name that was left is none of a bridge; streamx rm "
                   "removes it",
                   name);
        return CLI_STATUS_CREATE;
    case -EPERM:
    case -EACCES:
        cli_report("%s: not permitted to make the stream in %s", name, cli_directory());
        return CLI_STATUS_PERMISSION;
    default:
        cli_report("%s: cannot create the stream in %s: %s", name, cli_directory(),
                   strerror(-error));
        return CLI_STATUS_CREATE;
    }
}

/* What an earlier bridge had put is in the stream, and told by it. */
static void take_up(struct bridge_in *in, const struct streamx_info *info)
{
    in->resumed = info->published > 0;
    in->put_seq = in->resumed_at = info->published;
#ifdef STREAMX_STAMPS
    in->put_through = info->last_stamp;
#endif
    if (in->resumed)
        cli_report_detail("%s: taken up after message %" PRIu64 ", JetStream's %" PRIu64,
                          in->bridge.options->name, in->put_seq, in->put_through);
}

static int create(struct bridge_in *in)
{
    struct streamx_options options = in->bridge.options->stream;

    options.slot_size = in->slot_size;
#ifdef STREAMX_RESUME
    options.flags = STREAMX_RESUME | STREAMX_STAMPS;
#endif
    return streamx_create(&in->producer, in->bridge.options->name, &options);
}

/*
 * The stamps are of a JetStream stream that is no more: the consumer has never handed out so much, and
 * the stream does not even have it. Then the old stream is replaced.
 */
static bool is_of_another(const struct bridge_in *in)
{
    const struct bridge_jetstream_facts *facts = &in->bridge.link.facts;

    return in->put_through > facts->delivered && in->put_through > facts->last_seq;
}

int bridge_in_create(struct bridge_in *in)
{
    const char *name = in->bridge.options->name;
    struct streamx_info info;
    int result;

    in->slot_size = in->bridge.options->stream.slot_size;
    if (in->slot_size == 0)
        in->slot_size = (uint32_t)in->bridge.link.facts.max_payload;
    in->put_seq = in->resumed_at = in->put_through = in->acknowledged = 0;
    result = create(in);
    if (result == 0 && streamx_inspect(name, &info, sizeof info) == 0)
        take_up(in, &info);
    if (result == 0 && is_of_another(in)) {
        cli_report("%s: what was left of it came from another JetStream stream; replaced", name);
        streamx_abandon(in->producer);
        in->producer = NULL;
        in->resumed = false;
        in->put_seq = in->resumed_at = in->put_through = 0;
        streamx_remove(name, 0);
        result = create(in);
    }
    return result == 0 ? BRIDGE_MORE : create_failed(in, result);
}

/* ---- what a message is ---- */

enum kind {
    KIND_MESSAGE,  /* to be put */
    KIND_REPEATED, /* the source has sent it twice, or we began in the middle of its parts */
    KIND_PART,     /* the first part of one */
    KIND_END,      /* the end of the source's stream */
    KIND_GAP,      /* something is missing before it */
    KIND_OTHER     /* of another stream than those before it, which had no end */
};

static void read_id(struct bridge_message_id *id, natsMsg *msg)
{
    const char *text = NULL;

    if (natsMsgHeader_Get(msg, BRIDGE_HEADER_ID, &text) != NATS_OK)
        text = NULL;
    bridge_message_id_parse(id, text);
}

/* `last` is what comes before it. A message that is of no bridge is just a message. */
static enum kind classify(const struct bridge_message_id *id, const struct bridge_message_id *last)
{
    bool first = last->source.text[0] == '\0';

    if (id->source.text[0] == '\0')
        return KIND_MESSAGE;
    if (!first && !bridge_source_same(&id->source, &last->source))
        return last->end ? (id->part > 1 ? KIND_GAP : KIND_MESSAGE) : KIND_OTHER;
    if (id->end)
        return !first && id->seq > last->seq ? KIND_GAP : KIND_END;
    if (first && id->part > 1)
        return KIND_REPEATED;
    if (!first && id->seq <= last->seq)
        return KIND_REPEATED;
    if (!first && id->seq > last->seq + 1)
        return KIND_GAP;
    if (id->part > 1)
        return KIND_GAP;
    return id->parts > 1 ? KIND_PART : KIND_MESSAGE;
}

/* ---- putting ---- */

/* Messages that become one publication. */
struct batch {
    struct iovec messages[MESSAGES_MAX];
    unsigned count;
    size_t bytes;                  /* with what each costs besides */
    size_t entries;                /* of the ledger, repeated ones included */
    uint64_t js_seq;               /* of the last of them */
    struct bridge_message_id last; /* likewise */
};

static bool fits(const struct batch *batch, size_t len, uint32_t slot_size)
{
    if (batch->count == 0)
        return true;
    return batch->count < MESSAGES_MAX && batch->bytes + len + OVERHEAD <= slot_size;
}

static void add(struct batch *batch, const struct bridge_entry *entry, enum kind kind,
                const struct bridge_message_id *id)
{
    if (kind == KIND_MESSAGE) {
        struct iovec *message = batch->messages + batch->count++;

        message->iov_base = (void *)(uintptr_t)natsMsg_GetData(entry->msg);
        message->iov_len = (size_t)natsMsg_GetDataLength(entry->msg);
        batch->bytes += message->iov_len + OVERHEAD;
        if (id->source.text[0] != '\0')
            batch->last = *id;
    }
    batch->entries++;
    batch->js_seq = entry->js_seq;
}

/* Gathers what can be put together. Returns the kind of what comes then; KIND_MESSAGE: nothing in
 * the way. */
static enum kind gather(const struct bridge_in *in, struct batch *batch)
{
    struct bridge_entry *entry;

    batch->count = 0;
    batch->bytes = batch->entries = 0;
    batch->js_seq = in->put_through;
    batch->last = in->last;
    while ((entry = bridge_ledger_unput(&in->ledger, batch->entries)) != NULL) {
        struct bridge_message_id id;
        enum kind kind;

        read_id(&id, entry->msg);
        kind = classify(&id, &batch->last);
        if (kind != KIND_MESSAGE && kind != KIND_REPEATED)
            return kind;
        if (kind == KIND_MESSAGE &&
            !fits(batch, (size_t)natsMsg_GetDataLength(entry->msg), in->slot_size))
            return KIND_MESSAGE;
        add(batch, entry, kind, &id);
    }
    return KIND_MESSAGE;
}

static int put_failed(struct bridge_in *in, int result, size_t len)
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

static void stamp(struct bridge_in *in, uint64_t js_seq)
{
#ifdef STREAMX_STAMPS
    streamx_stamp(in->producer, js_seq);
#else
    (void)in;
    (void)js_seq;
#endif
}

static void is_put(struct bridge_in *in, const struct batch *batch, bool *progressed)
{
    in->put_seq += batch->count;
    in->put_through = batch->js_seq;
    in->last = batch->last;
    bridge_ledger_put(&in->ledger, batch->entries, in->put_seq);
    cli_progress_add(&in->progress, batch->count, batch->bytes - batch->count * OVERHEAD);
    *progressed = true;
}

static int put_batch(struct bridge_in *in, const struct batch *batch, bool *progressed)
{
    int result = 0;

    if (batch->count > 0) {
        stamp(in, batch->js_seq);
        result = streamx_putv(in->producer, batch->messages, batch->count, STREAMX_NOWAIT);
    }
    if (result != 0)
        return put_failed(in, result, batch->messages[0].iov_len);
    is_put(in, batch, progressed);
    return BRIDGE_MORE;
}

/* ---- messages in parts ---- */

/* How many entries make up the message, and its length: 0 = they are not all here yet. */
static size_t collect(const struct bridge_in *in, const struct bridge_message_id *first,
                      size_t *len, bool *broken)
{
    struct bridge_entry *entry;
    uint32_t part = 1;

    *len = 0;
    for (size_t i = 0; (entry = bridge_ledger_unput(&in->ledger, i)) != NULL; i++) {
        struct bridge_message_id id;

        read_id(&id, entry->msg);
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

        read_id(&id, msg);
        if (id.part != part)
            continue;
        memcpy(to, natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg));
        to += natsMsg_GetDataLength(msg);
        part++;
    }
}

static int put_joined(struct bridge_in *in, const struct batch *whole, size_t len, bool *progressed)
{
    size_t capacity;
    void *to;
    int result = streamx_loan(in->producer, &to, &capacity, STREAMX_NOWAIT);

    if (result != 0)
        return put_failed(in, result, len);
    join(in, whole->entries, to);
    stamp(in, whole->js_seq);
    result = streamx_publish(in->producer, len);
    if (result != 0)
        return put_failed(in, result, len);
    is_put(in, whole, progressed);
    return BRIDGE_MORE;
}

static int missing(const struct bridge_in *in, const struct bridge_message_id *id)
{
    cli_report("%s: something is missing between message %" PRIu64 " and %" PRIu64 " of the "
               "source%s",
               in->bridge.options->name, in->last.seq, id->seq,
               in->bridge.options->jetstream.lossy ? "" : " (--lossy goes on)");
    return in->bridge.options->jetstream.lossy ? BRIDGE_MORE : CLI_STATUS_FAILED;
}

/* Lets the first entry pass unput. */
static void skip(struct bridge_in *in, const struct bridge_message_id *id)
{
    struct bridge_entry *entry = bridge_ledger_unput(&in->ledger, 0);

    in->put_through = entry->js_seq;
    in->last = *id;
    bridge_ledger_put(&in->ledger, 1, in->put_seq);
}

static int put_parts(struct bridge_in *in, bool *progressed)
{
    struct bridge_message_id first;
    struct batch whole = {.count = 1};
    bool broken = false;
    size_t len;
    int64_t needed;
    int status;

    read_id(&first, bridge_ledger_unput(&in->ledger, 0)->msg);
    whole.entries = collect(in, &first, &len, &broken);
    whole.bytes = len + OVERHEAD;
    whole.last = first;
    if (broken) {
        status = missing(in, &first);
        skip(in, &first);
        return status;
    }
    if (len > in->slot_size)
        return put_failed(in, -EMSGSIZE, len);
    if (whole.entries > 0) {
        whole.js_seq = bridge_ledger_unput(&in->ledger, whole.entries - 1)->js_seq;
        return put_joined(in, &whole, len, progressed);
    }
    needed = in->bridge.options->jetstream.batch + 2 * (int64_t)first.parts;
    if (in->bridge.link.wish.most_pending < needed) {
        in->bridge.link.wish.most_pending = needed;
        in->bridge.link.wish.in_hand = (int64_t)bridge_ledger_count(&in->ledger);
        bridge_link_look_again(&in->bridge.link);
    }
    return BRIDGE_MORE;
}

/* ---- whatever comes next ---- */

static int put_other(struct bridge_in *in, enum kind kind, bool *progressed)
{
    struct bridge_entry *entry = bridge_ledger_unput(&in->ledger, 0);
    const char *how = NULL;
    struct bridge_message_id id;
    int status;

    read_id(&id, entry->msg);
    switch (kind) {
    case KIND_PART:
        return put_parts(in, progressed);
    case KIND_END:
        if (natsMsgHeader_Get(entry->msg, BRIDGE_HEADER_END, &how) != NATS_OK)
            how = BRIDGE_END_DIED;
        bridge_in_begin_end(in, strcmp(how, BRIDGE_END_CLEAN) == 0);
        return BRIDGE_MORE;
    case KIND_OTHER:
        cli_report("%s: the source goes on with another stream; the one before had no end",
                   in->bridge.options->name);
        bridge_in_begin_end(in, false);
        return BRIDGE_MORE;
    default:
        break;
    }
    status = missing(in, &id);
    if (id.part > 1) {
        skip(in, &id);
    } else { /* as if what is missing had come */
        in->last = id;
        in->last.seq = id.end ? id.seq : id.seq - 1;
        in->last.end = false;
    }
    return status;
}

int bridge_in_put(struct bridge_in *in, bool *progressed)
{
    struct batch batch;
    int status = BRIDGE_MORE;

    in->blocked = false;
    while (status == BRIDGE_MORE && !in->blocked && in->phase == BRIDGE_IN_RUNNING &&
           bridge_ledger_unput(&in->ledger, 0)) {
        enum kind next = gather(in, &batch);
        uint64_t before = in->put_through;

        if (batch.entries > 0)
            status = put_batch(in, &batch, progressed);
        else
            status = put_other(in, next, progressed);
        if (in->put_through == before && in->phase == BRIDGE_IN_RUNNING && next != KIND_GAP)
            break; /* parts are missing, or there is no room */
    }
    return status;
}
