/* SPDX-License-Identifier: MIT */
/* What the programs' JSON has in common. */
#include "common/json.h"

#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

json_t *cli_json_text(const char *text)
{
    size_t len = strlen(text), used = 0;
    char *valid = malloc(len * (sizeof replacement - 1) + 1);
    json_t *made;

    if (!valid)
        return NULL;
    while (len > 0) {
        uint32_t code;
        size_t length = cli_text_character(text, len, &code), step = length > 0 ? length : 1;
        size_t added = length > 0 ? length : sizeof replacement - 1;

        memcpy(valid + used, length > 0 ? text : replacement, added);
        used += added;
        text += step;
        len -= step;
    }
    made = json_stringn(valid, used);
    free(valid);
    return made;
}

/* ---- writing ---- */

struct dump {
    json_dump_callback_t call;
    void *arg;
};

/*
 * Where the first C1 control character of UTF-8 begins, at or behind `at`; `len` if there is none.
 */
static size_t find_c1(const char *text, size_t at, size_t len)
{
    for (; at + 1 < len; at++) {
        const char *lead = memchr(text + at, '\xc2', len - 1 - at);

        if (!lead)
            return len;
        at = (size_t)(lead - text);
        if (((unsigned char)lead[1] & 0xe0) == 0x80)
            return at;
    }
    return len;
}

static int escape(const char *text, size_t len, void *arg)
{
    const struct dump *dump = arg;
    size_t at = 0;
    char code[8];

    while (at < len) {
        size_t end = find_c1(text, at, len);

        if (end > at && dump->call(text + at, end - at, dump->arg) != 0)
            return -1;
        if (end == len)
            return 0;
        snprintf(code, sizeof code, "\\u00%02x", (unsigned)(unsigned char)text[end + 1]);
        if (dump->call(code, 6, dump->arg) != 0)
            return -1;
        at = end + 2;
    }
    return 0;
}

int cli_json_dump(const json_t *value, json_dump_callback_t call, void *arg)
{
    struct dump dump = {.call = call, .arg = arg};

    return json_dump_callback(value, escape, &dump, JSON_COMPACT | JSON_REAL_PRECISION(9));
}
