/* SPDX-License-Identifier: MIT */
/*
 * The bridge as a publisher: sending, and hearing what became of it.
 *
 * In a JetStream stream of our own each message says after which one it must be stored. So what was
 * sent is stored in order or refused, however many are under way, and late bytes of an old
 * connection change nothing. A refusal stops the sending until all is answered; then the server is
 * asked how far it came, and it goes on from there. In a stream that others publish to as well one
 * message is under way at a time.
 */
#include "nats/out_send.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/report.h"
#include "nats/out_stream.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEND_AT_ONCE 256
#define FIRST_REFUSAL_NS (10 * CLI_CLOCK_MILLISECOND)
#define LAST_REFUSAL_NS CLI_CLOCK_SECOND
#define SERVER_ERROR 500 /* from this code on it is the server's own trouble */

void bridge_out_place(struct bridge_out *out)
{
    const struct bridge_jetstream_facts *facts = &out->bridge.link.facts;

    if (out->attached && bridge_source_same(&facts->last.source, &out->source))
        bridge_window_known(&out->window, facts->last.seq, facts->last.part, facts->last.parts);
    bridge_window_rewind(&out->window);
    out->predicted = facts->last_seq;
    out->certain = false;
    out->answered_ns = cli_clock_now();
    out->placed = true;
    if (strcmp(out->stream, facts->stream) != 0) {
        memcpy(out->stream, facts->stream, sizeof out->stream);
        out->stored = 0;
    }
    cli_report_detail("%s: JetStream stream %s is at %" PRIu64 "%s", out->bridge.options->name,
                      facts->stream, facts->last_seq,
                      facts->own ? "" : "; it takes other subjects too: one message at a time");
}

static natsStatus set_headers(natsMsg *msg, const struct bridge_out *out,
                              const struct bridge_window_message *message, uint32_t part)
{
    struct bridge_message_id id = {.source = out->source,
                                   .seq = message->seq,
                                   .part = part + 1,
                                   .parts = message->parts,
                                   .end = message->end};
    char text[BRIDGE_MESSAGE_ID_MAX], number[32];
    natsStatus s;

    bridge_message_id_format(text, &id);
    s = natsMsgHeader_Set(msg, BRIDGE_HEADER_ID, text);
    if (s == NATS_OK && out->bridge.link.facts.own) {
        snprintf(number, sizeof number, "%" PRIu64, out->predicted);
        s = natsMsgHeader_Set(msg, BRIDGE_HEADER_EXPECTED, number);
    }
    if (s == NATS_OK && message->end)
        s = natsMsgHeader_Set(msg, BRIDGE_HEADER_END,
                              out->ending == 0 ? BRIDGE_END_CLEAN : BRIDGE_END_DIED);
    return s;
}

/* A copy of the part, ready to be sent; it is to be destroyed. */
static natsStatus make(natsMsg **msg, const struct bridge_out *out,
                       const struct bridge_window_message *message, uint32_t part)
{
    size_t start = part * out->part_bytes, len = message->len - start;
    char reply[sizeof out->bridge.link.inbox + 24];
    natsStatus s;

    if (len > out->part_bytes)
        len = out->part_bytes;
    snprintf(reply, sizeof reply, "%s.%" PRIu64, out->bridge.link.inbox, out->window.sent_end);
    s = natsMsg_Create(msg, out->bridge.options->jetstream.subject, reply,
                       message->data ? (const char *)message->data + start : NULL, (int)len);
    if (s == NATS_OK)
        s = set_headers(*msg, out, message, part);
    return s;
}

static int send_failed(struct bridge_out *out, natsStatus s)
{
    if (s == NATS_NO_MEMORY) {
        cli_report("%s", strerror(ENOMEM));
        return CLI_STATUS_FAILED;
    }
    out->placed = false;
    bridge_lose(&out->bridge, natsStatus_GetText(s));
    return BRIDGE_MORE;
}

static int send_one(struct bridge_out *out, const struct bridge_window_message *message,
                    uint32_t part)
{
    natsMsg *msg = NULL;
    natsStatus s = make(&msg, out, message, part);

    if (s == NATS_OK && bridge_out_evicted(out)) {
        natsMsg_Destroy(msg);
        return BRIDGE_MORE; /* not sent; the next take tells */
    }
    if (s == NATS_OK)
        s = natsConnection_PublishMsg(out->bridge.link.nc, msg);
    natsMsg_Destroy(msg);
    if (s != NATS_OK)
        return send_failed(out, s);
    if (out->window.unanswered == 0)
        out->answered_ns = cli_clock_now();
    bridge_window_sent(&out->window);
    out->bridge.link.unsent = true;
    out->predicted++;
    return BRIDGE_MORE;
}

int bridge_out_send(struct bridge_out *out, bool *progressed)
{
    uint64_t most = out->bridge.link.facts.own && out->certain ? out->bridge.options->window : 1;
    int status = BRIDGE_MORE;

    for (int i = 0; i < SEND_AT_ONCE && status == BRIDGE_MORE && out->placed; i++) {
        uint64_t number = out->window.sent_end;
        uint32_t part;
        const struct bridge_window_message *message = bridge_window_next(&out->window, most, &part);

        if (!message || cli_clock_until(out->resume_ns, 1) > 0)
            break;
        status = send_one(out, message, part);
        if (out->window.sent_end == number)
            break;
        *progressed = true;
    }
    return status;
}

/* What JetStream said of one transmission. */
struct answer {
    bool stored;
    bool duplicate; /* it was there already */
    uint64_t seq;
    int code;     /* like HTTP's */
    int err_code; /* of JetStream */
    char text[128];
};

static void read_answer(struct answer *answer, natsMsg *msg)
{
    json_t *json, *error;
    const char *text;

    *answer = (struct answer){.code = 503};
    if (natsMsg_IsNoResponders(msg)) {
        snprintf(answer->text, sizeof answer->text, "JetStream does not answer");
        return;
    }
    json = json_loadb(natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg), 0, NULL);
    error = json_object_get(json, "error");
    answer->seq = (uint64_t)json_integer_value(json_object_get(json, "seq"));
    answer->stored = !error && answer->seq > 0;
    answer->duplicate = json_is_true(json_object_get(json, "duplicate"));
    if (error) {
        answer->code = (int)json_integer_value(json_object_get(error, "code"));
        answer->err_code = (int)json_integer_value(json_object_get(error, "err_code"));
    }
    text = json_string_value(json_object_get(error, "description"));
    snprintf(answer->text, sizeof answer->text, "%s", text ? text : "not understood");
    json_decref(json);
}

static bool is_about_order(const struct answer *answer)
{
    return answer->err_code == JSStreamWrongLastSequenceErr ||
           answer->err_code == JSStreamWrongLastMsgIDErr;
}

/*
 * The first message after a look goes alone. Old bytes may have been stored since, so that what was
 * predicted is too low; of many messages one could then by chance expect just what there is, and
 * be stored before those that should come first. Once one was stored where it was expected, the
 * prediction holds for all that follow, also for those in old bytes.
 */
static void make_certain(struct bridge_out *out, const struct answer *answer)
{
    if (out->certain)
        return;
    out->certain = !answer->duplicate;
    if (!answer->duplicate)
        out->predicted = answer->seq;
    else if (answer->seq > --out->predicted) /* as it was when that one was sent */
        out->predicted = answer->seq;
}

static void stored(struct bridge_out *out, uint64_t seq)
{
    if (seq > out->stored)
        out->stored = seq;
    if (out->full)
        cli_report("%s: JetStream stream %s has room again", out->bridge.options->name,
                   out->stream);
    out->full = false;
    out->refusal_ns = FIRST_REFUSAL_NS;
}

/* What is refused because of what was refused before it needs no word. */
static int refused(struct bridge_out *out, const struct answer *answer)
{
    if (is_about_order(answer))
        return BRIDGE_MORE;
    if (answer->code < SERVER_ERROR) {
        cli_report("%s: JetStream stream %s refuses the message: %s (%d)",
                   out->bridge.options->name, out->stream, answer->text, answer->err_code);
        return answer->err_code == JSStreamMessageExceedsMaximumErr ? CLI_STATUS_DATA
                                                                    : CLI_STATUS_FAILED;
    }
    if (!out->full)
        cli_report("%s: JetStream stream %s: %s; waiting", out->bridge.options->name, out->stream,
                   answer->text);
    out->full = true;
    out->resume_ns = cli_clock_after(out->refusal_ns);
    out->refusal_ns = out->refusal_ns * 2 < LAST_REFUSAL_NS ? out->refusal_ns * 2 : LAST_REFUSAL_NS;
    return BRIDGE_MORE;
}

static int take_answer(struct bridge_out *out, natsMsg *msg)
{
    const char *dot = strrchr(natsMsg_GetSubject(msg), '.');
    uint64_t number = dot ? strtoull(dot + 1, NULL, 10) : UINT64_MAX;
    struct answer answer;

    read_answer(&answer, msg);
    if (!bridge_window_answered(&out->window, number,
                                answer.stored ? BRIDGE_WINDOW_STORED : BRIDGE_WINDOW_REFUSED))
        return BRIDGE_MORE;
    out->answered_ns = cli_clock_now();
    if (!answer.stored)
        return refused(out, &answer);
    make_certain(out, &answer);
    stored(out, answer.seq);
    return BRIDGE_MORE;
}

int bridge_out_answers(struct bridge_out *out, bool *progressed)
{
    natsMsg **messages;
    size_t count;
    enum bridge_mail mail = bridge_mailbox_take(out->bridge.link.mailbox, &messages, &count);
    int status = BRIDGE_MORE;

    for (size_t i = 0; i < count; i++) {
        if (status == BRIDGE_MORE)
            status = take_answer(out, messages[i]);
        natsMsg_Destroy(messages[i]);
    }
    if (count > 0)
        *progressed = true;
    if (status != BRIDGE_MORE || mail == BRIDGE_MAIL)
        return status;
    out->placed = false;
    return bridge_mail_ended(&out->bridge, mail, "publish there");
}
