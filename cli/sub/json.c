/* SPDX-License-Identifier: MIT */
/* Messages as JSON, one object a line, written by jansson. */
#include "sub/json.h"

#include "common/format.h"
#include "common/json.h"

#include <errno.h>
#include <stdlib.h>

/* The payload as it is if it is UTF-8, else in base64, under a key that says so. */
static int set_payload(json_t *object, const struct streamx_message *message)
{
    json_t *payload = json_stringn(message->len > 0 ? message->data : "", message->len);
    char *base64;
    int result;

    if (payload)
        return json_object_set_new(object, "payload", payload);
    base64 = cli_format_base64(message->data, message->len);
    if (!base64)
        return -1;
    result = json_object_set_new(object, "payload_b64", json_string(base64));
    free(base64);
    return result;
}

static json_t *object_of(const char *stream, const struct streamx_message *message)
{
    json_t *object = json_object();
    char time[CLI_FORMAT_TIME_MAX];
    int failed;

    failed = json_object_set_new(object, "stream", cli_json_text(stream)) != 0 ||
             json_object_set_new(object, "seq", json_integer((json_int_t)message->seq)) != 0 ||
             json_object_set_new(object, "len", json_integer((json_int_t)message->len)) != 0 ||
             set_payload(object, message) != 0;
    if (!failed && message->time_ns != 0) {
        cli_format_time(time, message->time_ns);
        failed = json_object_set_new(object, "ts", json_string(time)) != 0;
    }
    if (!failed)
        return object;
    json_decref(object);
    return NULL;
}

static int add(const char *text, size_t len, void *output)
{
    return cli_output_copy(output, text, len);
}

int cli_sub_json_write(struct cli_output *output, const char *stream,
                       const struct streamx_message *message)
{
    json_t *object = object_of(stream, message);
    int failed =
        !object || cli_json_dump(object, add, output) != 0 || cli_output_copy(output, "\n", 1) != 0;

    json_decref(object);
    if (failed)
        return -ENOMEM;
    cli_output_end_message(output);
    return 0;
}
