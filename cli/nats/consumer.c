/* SPDX-License-Identifier: MIT */
/*
 * The durable consumer: made where there is none, looked at, and adjusted to what the bridge wants
 * of it at the moment.
 */
#include "nats/consumer.h"

#include "nats/stream.h"

#include <inttypes.h>
#include <stdio.h>

#define HURRY_NS 200000000 /* of acknowledgments that nobody will make any more */

static void set_start(jsConsumerConfig *config, const struct bridge_jetstream_options *options,
                      const struct bridge_wish *wish)
{
    static const jsDeliverPolicy policies[] = {
        [BRIDGE_FROM_ALL] = js_DeliverAll,
        [BRIDGE_FROM_NEW] = js_DeliverNew,
        [BRIDGE_FROM_SEQ] = js_DeliverByStartSequence,
        [BRIDGE_FROM_TIME] = js_DeliverByStartTime,
    };

    config->DeliverPolicy = policies[options->from];
    if (options->from == BRIDGE_FROM_SEQ)
        config->OptStartSeq = options->from_seq;
    if (options->from == BRIDGE_FROM_TIME)
        config->OptStartTime = options->from_time_ns;
    if (wish->start_seq > 0 && options->from != BRIDGE_FROM_ALL) {
        config->DeliverPolicy = js_DeliverByStartSequence;
        config->OptStartSeq = wish->start_seq;
        config->OptStartTime = 0;
    }
}

static natsStatus make_consumer(jsConsumerInfo **info, jsCtx *js, const char *stream,
                                const struct bridge_jetstream_options *options,
                                const struct bridge_wish *wish, jsErrCode *code)
{
    jsConsumerConfig config;

    jsConsumerConfig_Init(&config);
    config.Durable = options->durable;
    config.Description = "made by streamx-nats";
    config.AckPolicy = js_AckExplicit;
    config.ReplayPolicy = js_ReplayInstant;
    config.FilterSubject = options->subject;
    config.AckWait = options->ack_wait_ns;
    config.MaxAckPending = wish->most_pending;
    set_start(&config, options, wish);
    return js_AddConsumer(info, js, stream, &config, NULL, code);
}

/*
 * Gives the consumer the time for acknowledgments and the limit that go with the wish of this look;
 * the next one may give it others. That the server may refuse costs nothing but time: what a dead
 * bridge had comes again after the long wait then.
 */
static bool adjust(jsConsumerInfo *info, jsCtx *js, const struct bridge_jetstream_options *options,
                   const struct bridge_wish *wish)
{
    bool hurry = wish->hurry && info->NumAckPending > wish->in_hand;
    int64_t ack_wait_ns = hurry ? HURRY_NS : options->ack_wait_ns;

    if (info->Config->AckWait == ack_wait_ns && info->Config->MaxAckPending == wish->most_pending)
        return hurry;
    info->Config->AckWait = ack_wait_ns;
    info->Config->MaxAckPending = wish->most_pending;
    return js_UpdateConsumer(NULL, js, info->Stream, info->Config, NULL, NULL) == NATS_OK && hurry;
}

/* By the subject that the server would have named with the message; it keeps the rest itself. */
static void acknowledge(natsConnection *nc, const char *stream, const char *durable,
                        uint64_t js_seq)
{
    char subject[BRIDGE_STREAM_MAX + BRIDGE_DURABLE_MAX + 64];

    snprintf(subject, sizeof subject, "$JS.ACK.%s.%s.1.%" PRIu64 ".0.0.0", stream, durable, js_seq);
    natsConnection_PublishString(nc, subject, "+ACK");
}

/*
 * A message that was discarded while it was handed out stays pending with the server, which cannot
 * hand it out again. So does one that was acknowledged, if the server was killed before it had
 * noted that. Server 2.9 tries one of them each time when it is asked for messages; if there are
 * many, that is all it ever does. So they are acknowledged: they cannot be of use to anybody.
 * True: all that are asked about and not put are gone.
 */
static bool settle_absent(natsConnection *nc, jsCtx *js, const char *stream,
                          const struct bridge_jetstream_options *options,
                          const struct bridge_wish *wish)
{
    bool gone = wish->absent_count > 0 && !wish->absent_more;
    natsStatus s = NATS_OK;

    for (unsigned i = 0; i < wish->absent_count && (s == NATS_OK || s == NATS_NOT_FOUND); i++) {
        natsMsg *msg = NULL;

        s = js_GetMsg(&msg, js, stream, wish->absent[i], NULL, NULL);
        natsMsg_Destroy(msg);
        if (s == NATS_NOT_FOUND)
            acknowledge(nc, stream, options->durable, wish->absent[i]);
        else if (wish->absent[i] > wish->put_through)
            gone = false;
    }
    return gone && (s == NATS_OK || s == NATS_NOT_FOUND);
}

static enum bridge_failure_kind judge_consumer(const jsConsumerInfo *info,
                                               const struct bridge_jetstream_options *options,
                                               struct bridge_failure *failure)
{
    const jsConsumerConfig *config = info->Config;

    if (config->DeliverSubject && *config->DeliverSubject != '\0')
        return bridge_failure_set(failure, BRIDGE_FAILURE_UNFIT,
                                  "consumer %s is one that is pushed to", options->durable);
    if (config->AckPolicy != js_AckExplicit)
        return bridge_failure_set(failure, BRIDGE_FAILURE_UNFIT,
                                  "consumer %s does not acknowledge explicitly", options->durable);
    return BRIDGE_FAILURE_NONE;
}

static enum bridge_failure_kind reach_consumer(natsConnection *nc, jsCtx *js,
                                               const struct bridge_jetstream_options *options,
                                               const struct bridge_wish *wish,
                                               struct bridge_jetstream_facts *facts,
                                               struct bridge_failure *failure)
{
    jsConsumerInfo *info = NULL;
    jsErrCode code = 0;
    natsStatus s;

    facts->absent_gone = settle_absent(nc, js, facts->stream, options, wish);
    s = js_GetConsumerInfo(&info, js, facts->stream, options->durable, NULL, &code);
    if (s == NATS_NOT_FOUND)
        s = make_consumer(&info, js, facts->stream, options, wish, &code);
    if (s != NATS_OK)
        return bridge_failure_of(failure, "consumer", s, code);
    failure->kind = judge_consumer(info, options, failure);
    facts->delivered = info->Delivered.Stream;
    facts->handed_out = info->Delivered.Consumer;
    facts->ack_floor = info->AckFloor.Stream;
    facts->pending = info->NumAckPending;
    if (failure->kind == BRIDGE_FAILURE_NONE)
        facts->hurried = adjust(info, js, options, wish);
    jsConsumerInfo_Destroy(info);
    return failure->kind;
}

enum bridge_failure_kind bridge_survey_in(natsConnection *nc,
                                          const struct bridge_jetstream_options *options,
                                          const struct bridge_wish *wish,
                                          struct bridge_jetstream_facts *facts,
                                          struct bridge_failure *failure)
{
    jsCtx *js = NULL;
    enum bridge_failure_kind kind = bridge_open_context(&js, nc, failure);

    *facts = (struct bridge_jetstream_facts){.last_seq = 0};
    if (kind == BRIDGE_FAILURE_NONE)
        kind = bridge_reach_stream(nc, js, options, facts, failure);
    if (kind == BRIDGE_FAILURE_NONE)
        kind = reach_consumer(nc, js, options, wish, facts, failure);
    jsCtx_Destroy(js);
    return kind;
}
