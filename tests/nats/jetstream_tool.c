/* SPDX-License-Identifier: MIT */
/*
 * Looks at a JetStream stream from outside, and changes it: what the tests of the bridge need of a
 * client that is none of ours.
 *
 *     jetstream_tool add STREAM SUBJECT [OPTION=VALUE]...  makes it (max_msgs, max_bytes,
 *     discard=old,
 *                                                          retention=interest, max_age, no_ack)
 *     jetstream_tool limit STREAM NUMBER                   most messages from now on; -1 = any
 *     number jetstream_tool purge|delete|last|count STREAM        count: messages that are there
 *     jetstream_tool dump STREAM                           each message as a line, from the first
 *     to
 *                                                          the last that there is
 *     jetstream_tool ids STREAM                            their Nats-Msg-Id, without the source
 *     jetstream_tool publish SUBJECT                       each line of standard input as a message
 *     jetstream_tool pending STREAM CONSUMER               messages handed out, not acknowledged
 *     jetstream_tool handed_out STREAM CONSUMER            deliveries so far, repeated ones too
 *     jetstream_tool forget STREAM CONSUMER                deletes the consumer
 *
 * The server is $NATS_URL. Exit status 0, or 1 with a reason on standard error.
 */
#include <inttypes.h>
#include <nats/nats.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 10000

static void check(natsStatus s, const char *what)
{
    if (s == NATS_OK)
        return;
    fprintf(stderr, "jetstream_tool: %s: %s: %s\n", what, natsStatus_GetText(s),
            nats_GetLastError(NULL) ? nats_GetLastError(NULL) : "");
    exit(1);
}

static bool value_of(const char *argument, const char *option, const char **value)
{
    size_t len = strlen(option);

    *value = argument + len + 1;
    return strncmp(argument, option, len) == 0 && argument[len] == '=';
}

static void add(jsCtx *js, int argc, char **argv)
{
    const char *subjects[] = {argv[1]}, *value;
    jsStreamConfig config;

    check(jsStreamConfig_Init(&config), "init");
    config.Name = argv[0];
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Discard = js_DiscardNew;
    for (int i = 2; i < argc; i++) {
        if (value_of(argv[i], "max_msgs", &value))
            config.MaxMsgs = atoll(value);
        else if (value_of(argv[i], "max_bytes", &value))
            config.MaxBytes = atoll(value);
        else if (value_of(argv[i], "max_age", &value))
            config.MaxAge = atoll(value) * 1000000000;
        else if (value_of(argv[i], "no_ack", &value))
            config.NoAck = true;
        else if (value_of(argv[i], "discard", &value))
            config.Discard = js_DiscardOld;
        else if (value_of(argv[i], "retention", &value))
            config.Retention = *value == 'i' ? js_InterestPolicy : js_WorkQueuePolicy;
    }
    check(js_AddStream(NULL, js, &config, NULL, NULL), "add");
}

static jsStreamInfo *info_of(jsCtx *js, const char *stream)
{
    jsStreamInfo *info = NULL;

    check(js_GetStreamInfo(&info, js, stream, NULL, NULL), stream);
    return info;
}

static void limit(jsCtx *js, const char *stream, const char *number)
{
    jsStreamInfo *info = info_of(js, stream);

    info->Config->MaxMsgs = atoll(number);
    check(js_UpdateStream(NULL, js, info->Config, NULL, NULL), "limit");
    jsStreamInfo_Destroy(info);
}

static void show(natsMsg *msg, bool ids)
{
    const char *id = NULL;

    if (!ids) {
        fwrite(natsMsg_GetData(msg), 1, (size_t)natsMsg_GetDataLength(msg), stdout);
    } else if (natsMsgHeader_Get(msg, "Nats-Msg-Id", &id) == NATS_OK && strrchr(id, '-')) {
        fputs(strrchr(id, '-') + 1, stdout);
    }
    putchar('\n');
}

static void dump(jsCtx *js, const char *stream, bool ids)
{
    jsStreamInfo *info = info_of(js, stream);
    natsSubscription *sub = NULL;
    jsSubOptions options;

    check(jsSubOptions_Init(&options), "init");
    options.Ordered = true;
    options.Stream = stream;
    check(js_SubscribeSync(&sub, js, info->Config->Subjects[0], NULL, &options, NULL), "subscribe");
    for (uint64_t i = 0; i < info->State.Msgs; i++) {
        natsMsg *msg = NULL;

        check(natsSubscription_NextMsg(&msg, sub, WAIT_MS), "next");
        show(msg, ids);
        natsMsg_Destroy(msg);
    }
    natsSubscription_Destroy(sub);
    jsStreamInfo_Destroy(info);
}

static void count(jsCtx *js, const char *stream, bool last)
{
    jsStreamInfo *info = info_of(js, stream);

    printf("%" PRIu64 "\n", last ? info->State.LastSeq : info->State.Msgs);
    jsStreamInfo_Destroy(info);
}

static void publish(jsCtx *js, const char *subject)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    while ((len = getline(&line, &room, stdin)) > 0)
        check(js_Publish(NULL, js, subject, line, (int)len - 1, NULL, NULL), "publish");
    free(line);
}

static void look(jsCtx *js, const char *stream, const char *consumer, bool all)
{
    jsConsumerInfo *info = NULL;

    check(js_GetConsumerInfo(&info, js, stream, consumer, NULL, NULL), consumer);
    printf("%" PRId64 "\n", all ? (int64_t)info->Delivered.Consumer : info->NumAckPending);
    jsConsumerInfo_Destroy(info);
}

static void run(jsCtx *js, const char *command, int argc, char **argv)
{
    if (argc >= 2 && strcmp(command, "add") == 0)
        add(js, argc, argv);
    else if (argc == 2 && strcmp(command, "limit") == 0)
        limit(js, argv[0], argv[1]);
    else if (argc == 2 && (strcmp(command, "pending") == 0 || strcmp(command, "handed_out") == 0))
        look(js, argv[0], argv[1], command[0] == 'h');
    else if (argc == 2 && strcmp(command, "forget") == 0)
        check(js_DeleteConsumer(js, argv[0], argv[1], NULL, NULL), "forget");
    else if (argc == 1 && strcmp(command, "purge") == 0)
        check(js_PurgeStream(js, argv[0], NULL, NULL), "purge");
    else if (argc == 1 && strcmp(command, "delete") == 0)
        check(js_DeleteStream(js, argv[0], NULL, NULL), "delete");
    else if (argc == 1 && (strcmp(command, "count") == 0 || strcmp(command, "last") == 0))
        count(js, argv[0], command[0] == 'l');
    else if (argc == 1 && (strcmp(command, "dump") == 0 || strcmp(command, "ids") == 0))
        dump(js, argv[0], command[0] == 'i');
    else if (argc == 1 && strcmp(command, "publish") == 0)
        publish(js, argv[0]);
    else
        check(NATS_INVALID_ARG, "usage");
}

int main(int argc, char **argv)
{
    const char *url = getenv("NATS_URL");
    natsConnection *nc = NULL;
    jsCtx *js = NULL;

    if (argc < 3)
        check(NATS_INVALID_ARG, "usage");
    check(natsConnection_ConnectTo(&nc, url ? url : NATS_DEFAULT_URL), "connect");
    check(natsConnection_JetStream(&js, nc, NULL), "JetStream");
    run(js, argv[1], argc - 2, argv + 2);
    jsCtx_Destroy(js);
    natsConnection_Destroy(nc);
    nats_Close();
    return 0;
}
