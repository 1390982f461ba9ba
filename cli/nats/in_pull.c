/* SPDX-License-Identifier: MIT */
/*
 * Asking for messages, and taking them into the ledger in the order of their sequence numbers.
 *
 * On one connection new messages come in order, and none is left out. What was handed to a
 * connection that is gone comes again, but only once the server has noticed, and behind newer ones.
 * So after each connecting the consumer is looked at: as long as it has more messages out than we
 * have in hand, nothing that comes is put, and everything is sorted in.
 */
#include "nats/in_pull.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/report.h"
#include "nats/in_ack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_NS (10 * CLI_CLOCK_SECOND)  /* how long the server keeps a request */
#define GRACE_NS (6 * CLI_CLOCK_SECOND) /* beyond which it has forgotten it, or us */
#define FACTS_NS (CLI_CLOCK_SECOND / 4) /* between looks at the consumer while holding */
#define MOST_BYTES (64u * 1024 * 1024)  /* in messages that are not put */
#define SECOND_LOOK_NS CLI_CLOCK_SECOND /* after connecting: what went to the old connection */
#define VAIN_LOOKS 8u                   /* before it is asked whether they can come at all */
#define STRANGERS_MAX 8u
#define STRANGERS_NS (ASK_NS + GRACE_NS) /* no connection of ours is remembered for longer */
#define PULL "$JS.API.CONSUMER.MSG.NEXT"

/* Notes what was handed out, is not known to be acknowledged, and is not in hand. */
static void note_absent(const struct bridge_in *in, struct bridge_wish *wish)
{
    const struct bridge_jetstream_facts *facts = &in->bridge.link.facts;
    size_t i = in->ledger.first;

    for (uint64_t js_seq = facts->ack_floor + 1; js_seq <= facts->delivered; js_seq++) {
        while (i < in->ledger.end && in->ledger.entries[i].js_seq < js_seq)
            i++;
        if (i < in->ledger.end && in->ledger.entries[i].js_seq == js_seq)
            continue;
        wish->absent_more = wish->absent_count == BRIDGE_ABSENT_MAX;
        if (wish->absent_more)
            return;
        wish->absent[wish->absent_count++] = js_seq;
    }
}

static bool may_be_absent(const struct bridge_in *in)
{
    const struct bridge_jetstream_facts *facts = &in->bridge.link.facts;
    uint64_t base = in->put_through > facts->ack_floor ? in->put_through : facts->ack_floor;
    size_t here = 0;
    const struct bridge_entry *entry;

    if (facts->delivered <= base)
        return false;
    while ((entry = bridge_ledger_unput(&in->ledger, here)) && entry->js_seq <= facts->delivered)
        here++;
    return here < facts->delivered - base;
}

/* What the server waits for may be old, and put: then it is acknowledged when it comes, if it does.
 */
bool bridge_in_is_holding(const struct bridge_in *in)
{
    return in->doubtful || (in->missing > 0 && !in->gone && may_be_absent(in));
}

/* What is put is not waited for with the putting, but it is to be acknowledged again before we
 * go. */
bool bridge_in_is_missing(const struct bridge_in *in)
{
    return in->missing > 0 && in->vain_looks < VAIN_LOOKS;
}

/* After a while of vain waiting the server is asked whether what is waited for is there at all. */
static void ask_about_absent(struct bridge_in *in)
{
    struct bridge_wish *wish = &in->bridge.link.wish;

    wish->absent_count = 0;
    wish->absent_more = false;
    wish->put_through = in->put_through;
    if (in->missing > 0)
        in->vain_looks++;
    if (in->missing > 0 && !in->doubtful && in->vain_looks >= VAIN_LOOKS)
        note_absent(in, wish);
}

/* What is in hand of what the server has handed out; one that was killed may not know of all
 * that. */
static int64_t count_through(const struct bridge_in *in, uint64_t js_seq)
{
    size_t i = in->ledger.end;

    while (i > in->ledger.first && in->ledger.entries[i - 1].js_seq > js_seq)
        i--;
    return (int64_t)(i - in->ledger.first);
}

/* What the server waits for in vain counts among what may be out at a time. */
static void make_spare(struct bridge_in *in)
{
    struct bridge_wish *wish = &in->bridge.link.wish;

    if (in->vain_looks < VAIN_LOOKS || in->missing <= in->spare)
        return;
    wish->most_pending += in->missing - in->spare;
    in->spare = in->missing;
    in->second_look_ns = cli_clock_now();
}

/* There are new facts, perhaps of a new connection. */
void bridge_in_place(struct bridge_in *in)
{
    const struct bridge_jetstream_facts *facts = &in->bridge.link.facts;
    bool held = bridge_in_is_holding(in);

    if (strcmp(in->inbox, in->bridge.link.inbox) != 0) {
        memcpy(in->inbox, in->bridge.link.inbox, sizeof in->inbox);
        in->handed_out = facts->handed_out;
        in->asked = 0;
        in->strangers = 0;
        in->strangers_from_ns = cli_clock_after(STRANGERS_NS);
        in->second_look_ns = cli_clock_after(SECOND_LOOK_NS);
    }
    in->missing = facts->pending - count_through(in, facts->delivered);
    in->doubtful = false;
    in->gone = facts->absent_gone;
    in->ask_facts_ns = cli_clock_after(FACTS_NS);
    make_spare(in);
    if (in->missing <= 0)
        in->vain_looks = 0;
    if (bridge_in_is_holding(in) && !held)
        cli_report_detail("%s: %" PRId64 " messages that were handed out before are waited for",
                          in->bridge.options->name, in->missing);
}

/* A message that was put, before the server lost sight of that, or by an earlier bridge. */
static void add_old(struct bridge_in *in, uint64_t js_seq, natsMsg *msg, bool *failed)
{
    if (js_seq > in->told_through) {
        if (bridge_ledger_add(&in->ledger, js_seq, msg,
                              in->resumed_at ? in->resumed_at : in->put_seq, failed) &&
            in->missing > 0)
            in->missing--;
        return;
    }
    natsConnection_PublishString(in->bridge.link.nc, natsMsg_GetReply(msg), "+ACK");
    in->bridge.link.unsent = true;
    natsMsg_Destroy(msg);
}

/*
 * The consumer counts what it hands out. A gap is what somebody else got: a connection of ours that
 * the server has not yet seen closed, which may get every other message as long as its last request
 * is kept; or another bridge.
 */
static int check_handed_out(struct bridge_in *in, uint64_t number)
{
    bool gap = number != in->handed_out + 1;

    in->handed_out = number;
    if (!gap)
        return BRIDGE_MORE;
    in->doubtful = true;
    in->ask_facts_ns = 0;
    if (cli_clock_until(in->strangers_from_ns, 1) > 0 || ++in->strangers < STRANGERS_MAX)
        return BRIDGE_MORE;
    cli_report("%s: somebody else takes messages from the durable consumer %s",
               in->bridge.options->name, in->bridge.options->jetstream.durable);
    return CLI_STATUS_CREATE;
}

static int add_message(struct bridge_in *in, natsMsg *msg)
{
    jsMsgMetaData *meta = NULL;
    bool failed = false;
    uint64_t js_seq;
    int status;

    if (natsMsg_GetMetaData(&meta, msg) != NATS_OK) {
        natsMsg_Destroy(msg);
        return BRIDGE_MORE; /* nothing of JetStream */
    }
    js_seq = meta->Sequence.Stream;
    status = check_handed_out(in, meta->Sequence.Consumer);
    jsMsgMetaData_Destroy(meta);
    if (in->asked > 0)
        in->asked--;
    if (js_seq <= in->put_through)
        add_old(in, js_seq, msg, &failed);
    else if (bridge_ledger_add(&in->ledger, js_seq, msg, 0, &failed) &&
             js_seq <= in->bridge.link.facts.delivered && in->missing > 0)
        in->missing--;
    if (failed) {
        cli_report("%s", strerror(ENOMEM));
        return CLI_STATUS_FAILED;
    }
    return status;
}

/* Word about a request: it has expired, or the consumer is gone. */
static int take_status(struct bridge_in *in, natsMsg *msg)
{
    const char *code = "", *text = "", *dot = strrchr(natsMsg_GetSubject(msg), '.');
    bool current = dot && strtoull(dot + 1, NULL, 10) == in->request;
    int status = BRIDGE_MORE;

    natsMsgHeader_Get(msg, "Status", &code);
    natsMsgHeader_Get(msg, "Description", &text);
    if (current && strcmp(code, "100") != 0) {
        in->asked = 0;
        if (strcmp(code, "404") != 0 && strcmp(code, "408") != 0)
            cli_report_detail("%s: the server says: %s %s", in->bridge.options->name, code, text);
        if (strcmp(code, "409") == 0 || strcmp(code, "503") == 0)
            bridge_lose(&in->bridge, "the consumer does not answer");
    }
    natsMsg_Destroy(msg);
    return status;
}

static int take_one(struct bridge_in *in, natsMsg *msg)
{
    const char *reply = natsMsg_GetReply(msg);

    if (bridge_in_is_confirmation(msg)) {
        natsMsg_Destroy(msg);
        in->phase = BRIDGE_IN_CONFIRMED;
        return BRIDGE_MORE;
    }
    return reply && *reply != '\0' ? add_message(in, msg) : take_status(in, msg);
}

int bridge_in_receive(struct bridge_in *in, bool *progressed)
{
    natsMsg **messages;
    size_t count;
    enum bridge_mail mail = bridge_mailbox_take(in->bridge.link.mailbox, &messages, &count);
    int status = BRIDGE_MORE;

    for (size_t i = 0; i < count; i++) {
        if (status == BRIDGE_MORE && bridge_is_up(&in->bridge))
            status = take_one(in, messages[i]);
        else
            natsMsg_Destroy(messages[i]);
    }
    if (count > 0)
        *progressed = true;
    if (status != BRIDGE_MORE || mail == BRIDGE_MAIL)
        return status;
    return bridge_mail_ended(&in->bridge, mail, "take messages");
}

/* How many more may be here at once: what the consumer allows, and what memory is meant for it.
 * What is waited for in vain need not be vain for ever: there is room for it too as long as all
 * else waits. */
static int64_t room(const struct bridge_in *in)
{
    int64_t count = (int64_t)bridge_ledger_count(&in->ledger);
    int64_t spare = bridge_in_is_holding(in) ? 0 : in->spare;
    int64_t left = in->bridge.link.wish.most_pending - spare - count;
    size_t not_put = in->ledger.end - in->ledger.put;

    if (bridge_in_is_holding(in) || not_put == 0 ||
        in->bridge.link.wish.most_pending - in->spare > in->bridge.options->jetstream.batch)
        return left;
    if (in->ledger.bytes >= MOST_BYTES)
        return 0;
    count = (int64_t)((MOST_BYTES - in->ledger.bytes) / (in->ledger.bytes / not_put + 1));
    return count + 1 < left ? count + 1 : left;
}

static void request(struct bridge_in *in, int64_t count)
{
    char subject[BRIDGE_STREAM_MAX + BRIDGE_DURABLE_MAX + sizeof PULL + 2], body[128];
    char reply[sizeof in->bridge.link.inbox + 24];
    natsStatus s;

    snprintf(subject, sizeof subject, PULL ".%s.%s", in->bridge.link.facts.stream,
             in->bridge.options->jetstream.durable);
    snprintf(body, sizeof body, "{\"batch\":%" PRId64 ",\"expires\":%" PRId64 "}", count, ASK_NS);
    snprintf(reply, sizeof reply, "%s.%" PRIu64, in->bridge.link.inbox, ++in->request);
    s = natsConnection_PublishRequestString(in->bridge.link.nc, subject, reply, body);
    in->bridge.link.unsent = true;
    in->asked = count;
    in->asked_until_ns = cli_clock_after(ASK_NS + GRACE_NS);
    if (s != NATS_OK)
        bridge_lose(&in->bridge, natsStatus_GetText(s));
}

/* Whether to look at the consumer again: for what is still missing, as long as there is hope; to
 * take the hurry back; or once after connecting. */
static bool must_look(const struct bridge_in *in)
{
    if (in->doubtful || bridge_in_is_missing(in) || bridge_in_is_holding(in))
        return cli_clock_until(in->ask_facts_ns, 1) == 0;
    return in->bridge.link.facts.hurried || cli_clock_until(in->second_look_ns, 1) == 0;
}

/* One request at a time; the next one when half of the room is free again. */
void bridge_in_ask(struct bridge_in *in)
{
    int64_t count;

    if (in->asked > 0 && cli_clock_until(in->asked_until_ns, 1) == 0) {
        bridge_lose(&in->bridge, "no answer");
        return;
    }
    if (must_look(in)) {
        in->second_look_ns = CLI_CLOCK_NEVER;
        in->bridge.link.wish.in_hand = (int64_t)bridge_ledger_count(&in->ledger);
        in->bridge.link.wish.hurry =
            bridge_in_is_holding(in) || (bridge_in_is_missing(in) && in->vain_looks > 0);
        ask_about_absent(in);
        bridge_link_look_again(&in->bridge.link);
        return;
    }
    if (in->asked > 0)
        return;
    count = room(in);
    if (count > 0 &&
        (bridge_in_is_holding(in) || count >= (in->bridge.link.wish.most_pending - in->spare) / 2))
        request(in, count);
}
