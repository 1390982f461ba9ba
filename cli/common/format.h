/* SPDX-License-Identifier: MIT */
/*
 * Messages as text by a format of the user's (--format). JSON is sub/json.h's.
 *
 * Tokens: %p payload, %l its length, %s sequence number, %n stream, %T time in nanoseconds of
 * CLOCK_MONOTONIC, %I time as ISO 8601 in UTC, %x payload in hex, %b in base64, %% a percent sign;
 * and the escapes of escape.h. Nothing is added.
 */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include "common/output.h"

#include <stdbool.h>
#include <streamx.h>

struct cli_format;

/*
 * Reads a format; `*format` is to be freed by cli_format_free. Else -ENOMEM, or -EINVAL with
 * `*wrong` pointing at the token or escape that is none.
 */
int cli_format_parse(struct cli_format **format, const char *text, const char **wrong);
void cli_format_free(struct cli_format *format);

/* Whether it shows the time, so that the stream must have timestamps. */
bool cli_format_shows_time(const struct cli_format *format);

/* Adds the message to the output. -ENOMEM, or 0. */
int cli_format_write(const struct cli_format *format, struct cli_output *output, const char *stream,
                     const struct streamx_message *message);

/* The bytes in base64; to be freed. NULL if there is no memory. JSON needs it too. */
char *cli_format_base64(const void *data, size_t len);

/* A time of CLOCK_MONOTONIC as ISO 8601, in UTC. JSON needs it too. */
#define CLI_FORMAT_TIME_MAX 64
void cli_format_time(char text[CLI_FORMAT_TIME_MAX], uint64_t time_ns);

#endif /* CLI_FORMAT_H */
