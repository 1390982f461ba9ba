/* SPDX-License-Identifier: MIT */
/*
 * A format is read once into steps, each a token or a run of literal bytes; writing a message goes
 * through the steps.
 */
#include "common/format.h"

#include "common/clock.h"
#include "common/escape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LITERAL '\0'

struct step {
    char token;   /* or LITERAL */
    size_t start; /* of a literal run in the format's bytes */
    size_t len;
};

struct cli_format {
    char *literals;
    size_t literal_len;
    size_t step_count;
    struct step steps[];
};

static void add_literal(struct cli_format *format, char byte)
{
    struct step *last = format->steps + format->step_count - 1;

    if (format->step_count == 0 || last->token != LITERAL)
        format->steps[format->step_count++] =
            (struct step){.token = LITERAL, .start = format->literal_len};
    format->steps[format->step_count - 1].len++;
    format->literals[format->literal_len++] = byte;
}

/* Reads one token, escape or byte; its length, or 0 if it is none. */
static size_t read_step(struct cli_format *format, const char *text)
{
    size_t len = 1;
    char byte = text[0];

    if (byte == '%' && text[1] != '\0' && strchr("plsnTIxb", text[1])) {
        format->steps[format->step_count++] = (struct step){.token = text[1]};
        return 2;
    }
    if (byte == '%' && text[1] != '%')
        return 0;
    if (byte == '%')
        len = 2;
    if (byte == '\\')
        len = cli_escape_read(text, &byte);
    if (len > 0)
        add_literal(format, byte);
    return len;
}

int cli_format_parse(struct cli_format **format, const char *text, const char **wrong)
{
    size_t most = strlen(text);
    struct cli_format *made = calloc(1, sizeof *made + most * sizeof made->steps[0]);

    if (!made || !(made->literals = malloc(most + 1))) {
        free(made);
        return -ENOMEM;
    }
    while (*text != '\0') {
        size_t len = read_step(made, text);

        if (len == 0) {
            *wrong = text;
            cli_format_free(made);
            return -EINVAL;
        }
        text += len;
    }
    *format = made;
    return 0;
}

void cli_format_free(struct cli_format *format)
{
    if (format)
        free(format->literals);
    free(format);
}

bool cli_format_shows_time(const struct cli_format *format)
{
    for (size_t i = 0; i < format->step_count; i++)
        if (format->steps[i].token == 'T' || format->steps[i].token == 'I')
            return true;
    return false;
}

char *cli_format_base64(const void *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *byte = data;
    char *text = malloc((len + 2) / 3 * 4 + 1), *at = text;

    if (!text)
        return NULL;
    for (; len > 0; len -= len < 3 ? len : 3, byte += 3) {
        unsigned bits = (unsigned)byte[0] << 16 | (len > 1 ? (unsigned)byte[1] << 8 : 0) |
                        (len > 2 ? byte[2] : 0);

        *at++ = digits[bits >> 18];
        *at++ = digits[bits >> 12 & 63];
        *at++ = len > 1 ? digits[bits >> 6 & 63] : '=';
        *at++ = len > 2 ? digits[bits & 63] : '=';
    }
    *at = '\0';
    return text;
}

static char *hex(const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *byte = data;
    char *text = malloc(2 * len + 1);

    if (!text)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[byte[i] >> 4];
        text[2 * i + 1] = digits[byte[i] & 15];
    }
    text[2 * len] = '\0';
    return text;
}

/*
 * The real time when CLOCK_MONOTONIC was 0. Two clocks cannot be read at once, so that every
 * reading differs by some nanoseconds; the first one is kept, for equal times to stay equal, until
 * somebody sets the clock.
 */
static int64_t wall_offset(void)
{
    static int64_t kept_ns = INT64_MIN;
    struct timespec wall;
    int64_t now_ns = cli_clock_now(), offset_ns;

    clock_gettime(CLOCK_REALTIME, &wall);
    offset_ns = (int64_t)wall.tv_sec * CLI_CLOCK_SECOND + wall.tv_nsec - now_ns;
    if (kept_ns == INT64_MIN || offset_ns - kept_ns > CLI_CLOCK_SECOND / 10 ||
        kept_ns - offset_ns > CLI_CLOCK_SECOND / 10)
        kept_ns = offset_ns;
    return kept_ns;
}

void cli_format_time(char text[CLI_FORMAT_TIME_MAX], uint64_t time_ns)
{
    int64_t wall_ns = wall_offset() + (int64_t)time_ns;
    time_t seconds = wall_ns / CLI_CLOCK_SECOND;
    struct tm fields;
    size_t used;

    gmtime_r(&seconds, &fields);
    used = strftime(text, CLI_FORMAT_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &fields);
    snprintf(text + used, CLI_FORMAT_TIME_MAX - used, ".%09dZ", (int)(wall_ns % CLI_CLOCK_SECOND));
}

static int write_number(struct cli_output *output, uint64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRIu64, number);

    return cli_output_copy(output, text, (size_t)len);
}

static int write_time(struct cli_output *output, uint64_t time_ns)
{
    char text[CLI_FORMAT_TIME_MAX];

    cli_format_time(text, time_ns);
    return cli_output_copy(output, text, strlen(text));
}

/* Writes a text that was made for it, and frees it. */
static int write_made(struct cli_output *output, char *text)
{
    int result = text ? cli_output_copy(output, text, strlen(text)) : -ENOMEM;

    free(text);
    return result;
}

static int write_step(const struct cli_format *format, const struct step *step,
                      struct cli_output *output, const char *stream,
                      const struct streamx_message *message)
{
    switch (step->token) {
    case 'p':
        return cli_output_copy(output, message->data, message->len);
    case 'l':
        return write_number(output, message->len);
    case 's':
        return write_number(output, message->seq);
    case 'n':
        return cli_output_copy(output, stream, strlen(stream));
    case 'T':
        return write_number(output, message->time_ns);
    case 'I':
        return write_time(output, message->time_ns);
    case 'x':
        return write_made(output, hex(message->data, message->len));
    case 'b':
        return write_made(output, cli_format_base64(message->data, message->len));
    default:
        return cli_output_copy(output, format->literals + step->start, step->len);
    }
}

int cli_format_write(const struct cli_format *format, struct cli_output *output, const char *stream,
                     const struct streamx_message *message)
{
    int result = 0;

    for (size_t i = 0; i < format->step_count && result == 0; i++)
        result = write_step(format, format->steps + i, output, stream, message);
    if (result == 0)
        cli_output_end_message(output);
    return result;
}
