/* SPDX-License-Identifier: MIT */
/* Names of messages, written and read; nothing else knows their form. */
#include "nats/message_id.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_BYTES 36 /* hexadecimal digits and dashes */
#define BOOT_ID_DIGITS 32
#define END ".end"

/* The boot's id without its dashes. */
static int boot_id(char digits[BOOT_ID_BYTES + 1])
{
    char text[BOOT_ID_BYTES];
    size_t used = 0;
    int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (fd < 0)
        return -errno;
    got = read(fd, text, sizeof text);
    close(fd);
    if (got != (ssize_t)sizeof text)
        return -EIO;
    for (size_t i = 0; i < sizeof text; i++)
        if (text[i] != '-')
            digits[used++] = text[i];
    digits[used] = '\0';
    return 0;
}

int bridge_source_of(struct bridge_source *source, const struct streamx_info *info)
{
    char boot[BOOT_ID_BYTES + 1];
    int result = boot_id(boot);

    if (result != 0)
        return result;
    snprintf(source->text, sizeof source->text, "%s.%" PRIu64, boot, info->created_ns);
    return 0;
}

bool bridge_source_same(const struct bridge_source *a, const struct bridge_source *b)
{
    return strcmp(a->text, b->text) == 0;
}

void bridge_message_id_format(char text[BRIDGE_MESSAGE_ID_MAX], const struct bridge_message_id *id)
{
    int used = snprintf(text, BRIDGE_MESSAGE_ID_MAX, "%s-%" PRIu64, id->source.text, id->seq);

    if (id->end)
        snprintf(text + used, BRIDGE_MESSAGE_ID_MAX - (size_t)used, END);
    else if (id->parts > 1)
        snprintf(text + used, BRIDGE_MESSAGE_ID_MAX - (size_t)used, ".%" PRIu32 "/%" PRIu32,
                 id->part, id->parts);
}

/* A number from 1, after a given character; NULL if there is none. */
static const char *parse_number(const char *text, char before, uint32_t *number)
{
    unsigned long value;
    char *end;

    if (text[0] != before || text[1] < '1' || text[1] > '9')
        return NULL;
    errno = 0;
    value = strtoul(text + 1, &end, 10);
    *number = (uint32_t)value;
    return errno == 0 && value <= UINT32_MAX ? end : NULL;
}

/* What follows the number: nothing, an end, or a part. */
static bool parse_rest(struct bridge_message_id *id, const char *rest)
{
    id->part = id->parts = 1;
    id->end = strcmp(rest, END) == 0;
    if (*rest == '\0' || id->end)
        return true;
    rest = parse_number(rest, '.', &id->part);
    if (rest)
        rest = parse_number(rest, '/', &id->parts);
    return rest && *rest == '\0' && id->part <= id->parts;
}

static bool is_source(const char *text, size_t len)
{
    size_t digits = strspn(text, "0123456789abcdef");

    return digits == BOOT_ID_DIGITS && text[digits] == '.' &&
           strspn(text + digits + 1, "0123456789") == len - digits - 1;
}

bool bridge_message_id_parse(struct bridge_message_id *id, const char *text)
{
    const char *dash = text ? strrchr(text, '-') : NULL;
    char *rest;

    *id = (struct bridge_message_id){.seq = 0};
    if (!dash || dash - text >= BRIDGE_SOURCE_MAX || !is_source(text, (size_t)(dash - text)) ||
        dash[1] < '0' || dash[1] > '9')
        return false;
    errno = 0;
    id->seq = strtoull(dash + 1, &rest, 10);
    if (errno != 0 || !parse_rest(id, rest)) {
        *id = (struct bridge_message_id){.seq = 0};
        return false;
    }
    memcpy(id->source.text, text, (size_t)(dash - text));
    return true;
}
