/* SPDX-License-Identifier: MIT */
/*
 * Finding, making and judging the JetStream stream.
 *
 * A stream that throws away what nobody has read would lose messages without a word to either side,
 * so it is refused unless the user has said that this is wanted.
 */
#include "nats/stream.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define API_MS 3000
#define API_NAMES "$JS.API.STREAM.NAMES"

/* The name of the stream in an answer to API_NAMES. */
static enum bridge_failure_kind read_name(char name[BRIDGE_STREAM_MAX], natsMsg *answer,
                                          const char *subject, struct bridge_failure *failure)
{
    json_t *json =
        json_loadb(natsMsg_GetData(answer), (size_t)natsMsg_GetDataLength(answer), 0, NULL);
    const char *found = json_string_value(json_array_get(json_object_get(json, "streams"), 0));
    const char *error =
        json_string_value(json_object_get(json_object_get(json, "error"), "description"));

    failure->kind = BRIDGE_FAILURE_NONE;
    if (error)
        bridge_failure_set(failure, BRIDGE_FAILURE_PASSING, "JetStream: %s", error);
    else if (!found)
        bridge_failure_set(failure, BRIDGE_FAILURE_ABSENT, "no JetStream stream takes subject %s",
                           subject);
    else
        snprintf(name, BRIDGE_STREAM_MAX, "%s", found);
    json_decref(json);
    return failure->kind;
}

static enum bridge_failure_kind find_stream(char name[BRIDGE_STREAM_MAX], natsConnection *nc,
                                            const struct bridge_jetstream_options *options,
                                            struct bridge_failure *failure)
{
    char request[BRIDGE_SUBJECT_MAX + 32];
    natsMsg *answer = NULL;
    natsStatus s;

    if (options->stream) {
        snprintf(name, BRIDGE_STREAM_MAX, "%s", options->stream);
        return BRIDGE_FAILURE_NONE;
    }
    snprintf(request, sizeof request, "{\"subject\":\"%s\"}", options->subject);
    s = natsConnection_RequestString(&answer, nc, API_NAMES, request, API_MS);
    if (s == NATS_NO_RESPONDERS)
        return bridge_failure_set(failure, BRIDGE_FAILURE_PASSING, "JetStream does not answer");
    if (s != NATS_OK)
        return bridge_failure_of(failure, "JetStream", s, 0);
    read_name(name, answer, options->subject, failure);
    natsMsg_Destroy(answer);
    return failure->kind;
}

/* A name for a stream to be made: the subject, with what a name may not hold replaced. */
static void name_for(char name[BRIDGE_STREAM_MAX], const struct bridge_jetstream_options *options)
{
    snprintf(name, BRIDGE_STREAM_MAX, "%s", options->stream ? options->stream : options->subject);
    for (; *name != '\0'; name++)
        if (strchr(". */\\>\t", *name))
            *name = '-';
}

static enum bridge_failure_kind make_stream(char name[BRIDGE_STREAM_MAX], jsCtx *js,
                                            const struct bridge_jetstream_options *options,
                                            struct bridge_failure *failure)
{
    const char *subjects[] = {options->subject};
    jsStreamConfig config;
    jsErrCode code = 0;
    natsStatus s;

    name_for(name, options);
    jsStreamConfig_Init(&config);
    config.Name = name;
    config.Description = "made by streamx-nats";
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Retention = options->retention;
    config.Storage = options->storage;
    config.Replicas = options->replicas;
    config.MaxMsgs = options->max_msgs;
    config.MaxBytes = options->max_bytes;
    config.MaxAge = options->max_age_ns;
    config.Discard = js_DiscardNew; /* a full stream is to hold the bridge up */
    s = js_AddStream(NULL, js, &config, NULL, &code);
    if (s != NATS_OK)
        return bridge_failure_of(failure, "cannot make the JetStream stream", s, code);
    return BRIDGE_FAILURE_NONE;
}

/* Why the stream may lose what nobody has read; NULL if it does not. */
static const char *why_lossy(const jsStreamConfig *config)
{
    if (config->Retention == js_InterestPolicy)
        return "keeps messages only while there is interest in them";
    if (config->MaxAge > 0)
        return "discards messages by age";
    if (config->Discard == js_DiscardOld && (config->MaxMsgs > 0 || config->MaxBytes > 0))
        return "discards its oldest messages when it is full";
    if (config->MaxMsgsPerSubject > 0 &&
        !(config->Discard == js_DiscardNew && config->DiscardNewPerSubject))
        return "discards the oldest messages of a subject";
    return NULL;
}

static enum bridge_failure_kind judge(const jsStreamInfo *info,
                                      const struct bridge_jetstream_options *options,
                                      struct bridge_failure *failure)
{
    const char *lossy = why_lossy(info->Config);

    if (info->Config->NoAck)
        return bridge_failure_set(failure, BRIDGE_FAILURE_UNFIT,
                                  "JetStream stream %s acknowledges nothing (no_ack)",
                                  info->Config->Name);
    if (info->Config->Sealed)
        return bridge_failure_set(failure, BRIDGE_FAILURE_UNFIT, "JetStream stream %s is sealed",
                                  info->Config->Name);
    if (lossy && !options->lossy)
        return bridge_failure_set(failure, BRIDGE_FAILURE_UNFIT,
                                  "JetStream stream %s %s; --lossy accepts that",
                                  info->Config->Name, lossy);
    return BRIDGE_FAILURE_NONE;
}

static bool takes_only(const jsStreamConfig *config, const char *subject)
{
    return config->SubjectsLen == 1 && strcmp(config->Subjects[0], subject) == 0 &&
           !config->Mirror && config->SourcesLen == 0;
}

static size_t longest_of(natsConnection *nc, const jsStreamConfig *config)
{
    int64_t most = natsConnection_GetMaxPayload(nc);

    if (config->MaxMsgSize > 0 && config->MaxMsgSize < most)
        most = config->MaxMsgSize;
    return most > (int64_t)BRIDGE_HEADER_ROOM ? (size_t)most - BRIDGE_HEADER_ROOM : 0;
}

/*
 * The newest message of ours. In a stream of our own that is the newest of all; there, and
 * elsewhere too, it may be gone, when whoever read it has acknowledged it: then the newest that is
 * left.
 */
static enum bridge_failure_kind find_last(struct bridge_jetstream_facts *facts, jsCtx *js,
                                          const char *subject, struct bridge_failure *failure)
{
    natsMsg *msg = NULL;
    const char *id = NULL;
    jsErrCode code = 0;
    natsStatus s = js_GetLastMsg(&msg, js, facts->stream, subject, NULL, &code);

    if (s == NATS_NOT_FOUND)
        return BRIDGE_FAILURE_NONE;
    if (s != NATS_OK)
        return bridge_failure_of(failure, "cannot read the last message", s, code);
    if (natsMsgHeader_Get(msg, BRIDGE_HEADER_ID, &id) == NATS_OK)
        bridge_message_id_parse(&facts->last, id);
    natsMsg_Destroy(msg);
    return BRIDGE_FAILURE_NONE;
}

static enum bridge_failure_kind look_at_stream(struct bridge_jetstream_facts *facts,
                                               natsConnection *nc, jsCtx *js,
                                               const struct bridge_jetstream_options *options,
                                               struct bridge_failure *failure)
{
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    natsStatus s = js_GetStreamInfo(&info, js, facts->stream, NULL, &code);

    if (s == NATS_NOT_FOUND)
        return bridge_failure_set(failure, BRIDGE_FAILURE_ABSENT, "no JetStream stream %s",
                                  facts->stream);
    if (s != NATS_OK)
        return bridge_failure_of(failure, "JetStream", s, code);
    failure->kind = judge(info, options, failure);
    facts->last_seq = info->State.LastSeq;
    facts->own = takes_only(info->Config, options->subject);
    facts->longest = longest_of(nc, info->Config);
    facts->max_payload = (size_t)natsConnection_GetMaxPayload(nc);
    if (failure->kind == BRIDGE_FAILURE_NONE && facts->longest == 0)
        bridge_failure_set(failure, BRIDGE_FAILURE_UNFIT,
                           "the server's longest message is too short");
    jsStreamInfo_Destroy(info);
    return failure->kind;
}

/* The stream, found and looked at; made if that is asked for. */
enum bridge_failure_kind bridge_reach_stream(natsConnection *nc, jsCtx *js,
                                             const struct bridge_jetstream_options *options,
                                             struct bridge_jetstream_facts *facts,
                                             struct bridge_failure *failure)
{
    enum bridge_failure_kind kind = find_stream(facts->stream, nc, options, failure);

    if (kind == BRIDGE_FAILURE_NONE)
        kind = look_at_stream(facts, nc, js, options, failure);
    if (kind == BRIDGE_FAILURE_ABSENT && options->create) {
        kind = make_stream(facts->stream, js, options, failure);
        if (kind == BRIDGE_FAILURE_NONE)
            kind = look_at_stream(facts, nc, js, options, failure);
    }
    return kind;
}

enum bridge_failure_kind bridge_open_context(jsCtx **js, natsConnection *nc,
                                             struct bridge_failure *failure)
{
    jsOptions options;
    natsStatus s = jsOptions_Init(&options);

    options.Wait = API_MS;
    if (s == NATS_OK)
        s = natsConnection_JetStream(js, nc, &options);
    if (s != NATS_OK)
        return bridge_failure_of(failure, "JetStream", s, 0);
    return BRIDGE_FAILURE_NONE;
}

enum bridge_failure_kind bridge_survey_out(natsConnection *nc,
                                           const struct bridge_jetstream_options *options,
                                           const struct bridge_wish *wish,
                                           struct bridge_jetstream_facts *facts,
                                           struct bridge_failure *failure)
{
    jsCtx *js = NULL;
    enum bridge_failure_kind kind = bridge_open_context(&js, nc, failure);

    (void)wish;
    *facts = (struct bridge_jetstream_facts){.last_seq = 0};
    if (kind == BRIDGE_FAILURE_NONE)
        kind = bridge_reach_stream(nc, js, options, facts, failure);
    if (kind == BRIDGE_FAILURE_NONE)
        kind = find_last(facts, js, options->subject, failure);
    jsCtx_Destroy(js);
    return kind;
}
