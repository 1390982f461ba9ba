/* SPDX-License-Identifier: MIT */
/*
 * The durable consumer: made where there is none, looked at, and adjusted to what the bridge wants
 * of it at the moment.
 */
#include "nats/consumer.h"

#include "nats/stream.h"

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

/*
 * A message that was discarded while it was handed out stays pending with the server, which cannot
 * hand it out again. So does one that was acknowledged, if the server was killed before it had
 * noted that.
 */
static bool are_gone(jsCtx *js, const char *stream, const struct bridge_wish *wish)
{
    bool gone = wish->absent_count > 0;

    for (unsigned i = 0; i < wish->absent_count && gone; i++) {
        natsMsg *msg = NULL;

        gone = js_GetMsg(&msg, js, stream, wish->absent[i], NULL, NULL) == NATS_NOT_FOUND;
        natsMsg_Destroy(msg);
    }
    return gone;
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

static enum bridge_failure_kind reach_consumer(jsCtx *js,
                                               const struct bridge_jetstream_options *options,
                                               const struct bridge_wish *wish,
                                               struct bridge_jetstream_facts *facts,
                                               struct bridge_failure *failure)
{
    jsConsumerInfo *info = NULL;
    jsErrCode code = 0;
    natsStatus s = js_GetConsumerInfo(&info, js, facts->stream, options->durable, NULL, &code);

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
        facts->absent_gone = are_gone(js, facts->stream, wish);
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
        kind = reach_consumer(js, options, wish, facts, failure);
    jsCtx_Destroy(js);
    return kind;
}
