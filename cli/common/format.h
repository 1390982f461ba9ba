/* SPDX-License-Identifier: MIT */
/*
 * Messages as text: by a format of the user's (--format), or as JSON (--json).
 *
 * Tokens: %p payload, %l its length, %s sequence number, %n stream, %T time in nanoseconds of
 * CLOCK_MONOTONIC, %I time as ISO 8601 in UTC, %x payload in hex, %b in base64, %% a percent sign;
 * and the escapes of escape.h. Nothing is added.
 */
#ifndef SX_FORMAT_H
#define SX_FORMAT_H

#include "common/framing_write.h"

#include <stdbool.h>
#include <streamx.h>

struct sx_format;

/*
 * Reads a format; `*format` is to be freed by sx_format_free. Else -ENOMEM, or -EINVAL with
 * `*wrong` pointing at the token or escape that is none.
 */
int sx_format_parse(struct sx_format **format, const char *text, const char **wrong);
void sx_format_free(struct sx_format *format);

/* Whether it shows the time, so that the stream must have timestamps. */
bool sx_format_shows_time(const struct sx_format *format);

/* Adds the message to the output. -ENOMEM, or 0. */
int sx_format_write(const struct sx_format *format, struct sx_output *output, const char *stream,
                    const struct streamx_message *message);

/* Encoders that JSON needs too; the text is to be freed, and NULL if there is no memory. */
char *sx_format_base64(const void *data, size_t len);

#define SX_FORMAT_TIME_MAX 64
void sx_format_time(char text[SX_FORMAT_TIME_MAX], uint64_t time_ns);

#endif /* SX_FORMAT_H */
