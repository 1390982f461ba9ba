/* SPDX-License-Identifier: MIT */
/* What each option's value may be, and where it goes. */
#include "nats/option_values.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/options.h"
#include "common/quantity.h"
#include "common/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH_MAX 4096u

/* ---- the server ---- */

static int set_server(struct bridge_server_options *server, char *text)
{
    char *password;

    if (!bridge_server_add(server, text))
        return cli_report_usage("--server: not an address of the form nats://HOST:PORT or "
                                "tls://HOST:PORT, or too many");
    /* whoever lists the processes is not to read what stands before the host */
    password = strrchr(text, '@');
    if (password)
        memset(text, 'x', (size_t)(password - text));
    return CLI_OPTIONS_GO_ON;
}

/* A file that cannot be read is found now, and not at the tenth attempt to connect. */
static int set_file(const char **file, const char *text)
{
    if (access(text, R_OK) != 0) {
        cli_report("%s: %s", text, strerror(errno));
        return errno == EACCES ? CLI_STATUS_PERMISSION : CLI_STATUS_FAILED;
    }
    *file = text;
    return CLI_OPTIONS_GO_ON;
}

static int set_password_file(struct bridge_server_options *server, const char *file)
{
    int result = bridge_server_password_file(server, file);

    if (result == 0)
        return CLI_OPTIONS_GO_ON;
    cli_report("%s: %s", file, result == -EINVAL ? "no password in it" : strerror(-result));
    return CLI_STATUS_FAILED;
}

static int set_user(struct bridge_server_options *server, const char *text)
{
    if (strlen(text) >= sizeof server->user || *text == '\0')
        return cli_report_usage("--user: too long, or empty");
    snprintf(server->user, sizeof server->user, "%s", text);
    return CLI_OPTIONS_GO_ON;
}

int bridge_options_server(struct bridge_server_options *server, int option, char *argument)
{
    switch (option) {
    case 's':
        return set_server(server, argument);
    case BRIDGE_OPTION_USER:
        return set_user(server, argument);
    case BRIDGE_OPTION_PASSWORD_FILE:
        return set_password_file(server, argument);
    case BRIDGE_OPTION_CREDS:
        return set_file(&server->creds, argument);
    case BRIDGE_OPTION_NKEY:
        return set_file(&server->nkey, argument);
    case BRIDGE_OPTION_TLS_CA:
        return set_file(&server->tls_ca, argument);
    case BRIDGE_OPTION_TLS_CERT:
        return set_file(&server->tls_cert, argument);
    case BRIDGE_OPTION_TLS_KEY:
        return set_file(&server->tls_key, argument);
    default:
        server->tls = true;
        return CLI_OPTIONS_GO_ON;
    }
}

/* ---- the JetStream stream ---- */

static int set_retention(struct bridge_jetstream_options *jetstream, const char *text)
{
    if (strcmp(text, "limits") == 0)
        jetstream->retention = js_LimitsPolicy;
    else if (strcmp(text, "workqueue") == 0)
        jetstream->retention = js_WorkQueuePolicy;
    else if (strcmp(text, "interest") == 0)
        jetstream->retention = js_InterestPolicy;
    else
        return cli_options_bad_number("--retention", text, "limits, workqueue or interest");
    return CLI_OPTIONS_GO_ON;
}

static int set_storage(struct bridge_jetstream_options *jetstream, const char *text)
{
    if (strcmp(text, "file") == 0)
        jetstream->storage = js_FileStorage;
    else if (strcmp(text, "memory") == 0)
        jetstream->storage = js_MemoryStorage;
    else
        return cli_options_bad_number("--storage", text, "file or memory");
    return CLI_OPTIONS_GO_ON;
}

int bridge_options_set_number(int64_t *number, const char *option, const char *text, uint64_t most)
{
    uint64_t value;

    if (!cli_quantity_count(text, 1, most, &value))
        return cli_options_bad_number(option, text, "a number from 1, or too large");
    *number = (int64_t)value;
    return CLI_OPTIONS_GO_ON;
}

static int set_bytes(int64_t *bytes, const char *option, const char *text, uint64_t most)
{
    uint64_t value;

    if (!cli_quantity_size(text, 1, most, &value))
        return cli_options_bad_number(option, text, "a size such as 64K, 1M or 1G");
    *bytes = (int64_t)value;
    return CLI_OPTIONS_GO_ON;
}

int bridge_options_set_duration(int64_t *duration_ns, const char *option, const char *text)
{
    if (!cli_quantity_duration(text, duration_ns))
        return cli_options_bad_number(option, text, "a time such as 500ms, 2s or 1m");
    return CLI_OPTIONS_GO_ON;
}

int bridge_options_jetstream(struct bridge_jetstream_options *jetstream, int option,
                             const char *argument)
{
    switch (option) {
    case BRIDGE_OPTION_STREAM:
        jetstream->stream = argument;
        return CLI_OPTIONS_GO_ON;
    case BRIDGE_OPTION_CREATE:
        jetstream->create = true;
        return CLI_OPTIONS_GO_ON;
    case BRIDGE_OPTION_RETENTION:
        return set_retention(jetstream, argument);
    case BRIDGE_OPTION_STORAGE:
        return set_storage(jetstream, argument);
    case BRIDGE_OPTION_REPLICAS:
        return bridge_options_set_number(&jetstream->replicas, "--replicas", argument, 5);
    case BRIDGE_OPTION_MAX_MSGS:
        return bridge_options_set_number(&jetstream->max_msgs, "--max-msgs", argument, INT64_MAX);
    case BRIDGE_OPTION_MAX_BYTES:
        return set_bytes(&jetstream->max_bytes, "--max-bytes", argument, INT64_MAX);
    case BRIDGE_OPTION_MAX_AGE:
        return bridge_options_set_duration(&jetstream->max_age_ns, "--max-age", argument);
    default:
        jetstream->lossy = true;
        return CLI_OPTIONS_GO_ON;
    }
}

/* ---- in ---- */

static bool read_time(const char *text, int64_t *time_ns)
{
    struct tm broken = {.tm_year = 0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &broken);
    time_t seconds;

    if (!rest || *rest != '\0')
        return false;
    seconds = timegm(&broken);
    return !__builtin_mul_overflow((int64_t)seconds, CLI_CLOCK_SECOND, time_ns) && seconds >= 0;
}

static int set_from(struct bridge_jetstream_options *jetstream, const char *text)
{
    if (strcmp(text, "all") == 0)
        jetstream->from = BRIDGE_FROM_ALL;
    else if (strcmp(text, "new") == 0)
        jetstream->from = BRIDGE_FROM_NEW;
    else if (strncmp(text, "seq=", 4) == 0 &&
             cli_quantity_count(text + 4, 1, UINT64_MAX, &jetstream->from_seq))
        jetstream->from = BRIDGE_FROM_SEQ;
    else if (strncmp(text, "time=", 5) == 0 && read_time(text + 5, &jetstream->from_time_ns))
        jetstream->from = BRIDGE_FROM_TIME;
    else
        return cli_options_bad_number("--from", text,
                                      "all, new, seq=N or time=YYYY-MM-DDTHH:MM:SSZ");
    return CLI_OPTIONS_GO_ON;
}

static int set_durable(struct bridge_jetstream_options *jetstream, const char *text)
{
    if (*text == '\0' || strlen(text) >= sizeof jetstream->durable || strpbrk(text, ".*> \t/\\\""))
        return cli_report_usage("--durable: '%s' is empty, too long, or holds a character that a "
                                "consumer's name may not hold",
                                text);
    snprintf(jetstream->durable, sizeof jetstream->durable, "%s", text);
    return CLI_OPTIONS_GO_ON;
}

static int set_mode(struct streamx_options *stream, const char *text)
{
    uint32_t mode;

    if (!cli_quantity_mode(text, &mode) || mode == 0)
        return cli_options_bad_number("--mode", text, "an octal number up to 777");
    stream->mode = mode;
    return CLI_OPTIONS_GO_ON;
}

static int set_stream_number(uint32_t *number, const char *option, const char *text, uint64_t least,
                             uint64_t most)
{
    uint64_t value;

    if (!cli_quantity_count(text, least, most, &value))
        return cli_options_bad_number(option, text, "a number that is possible here");
    *number = (uint32_t)value;
    return CLI_OPTIONS_GO_ON;
}

int bridge_options_in(struct bridge_jetstream_options *jetstream, struct streamx_options *stream,
                      int option, const char *argument)
{
    int64_t bytes = 0;
    int result;

    switch (option) {
    case BRIDGE_OPTION_DURABLE:
        return set_durable(jetstream, argument);
    case BRIDGE_OPTION_FROM:
        return set_from(jetstream, argument);
    case BRIDGE_OPTION_BATCH:
        return bridge_options_set_number(&jetstream->batch, "--batch", argument, BATCH_MAX);
    case BRIDGE_OPTION_ACK_WAIT:
        return bridge_options_set_duration(&jetstream->ack_wait_ns, "--ack-wait", argument);
    case BRIDGE_OPTION_SLOTS:
        return set_stream_number(&stream->slots, "--slots", argument, 1, STREAMX_SLOTS_MAX);
    case 'm':
        result = set_bytes(&bytes, "--max-size", argument, STREAMX_SLOT_SIZE_MAX);
        stream->slot_size = (uint32_t)bytes;
        return result;
    case 'W':
        return set_stream_number(&stream->min_consumers, "--wait-consumers", argument, 0,
                                 STREAMX_CONSUMERS_MAX);
    default:
        return set_mode(stream, argument);
    }
}
