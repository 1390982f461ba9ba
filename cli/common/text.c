/* SPDX-License-Identifier: MIT */
/*
 * Decodes UTF-8 by itself, because mbrtowc(3) decodes what the user's locale says; only the width
 * of a character is the C library's knowledge, asked for under a locale of our own.
 */
#include "common/text.h"

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* ---- characters ---- */

/* How many bytes a character takes, by its first one; 0 if no character begins so. */
static size_t length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0) /* 0xc0 and 0xc1 would begin what fits into one byte */
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/* Whether `code` is a character at all, and could not have been written in fewer bytes. */
static bool is_character(uint32_t code, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    return code >= least[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

size_t cli_text_character(const char *text, size_t len, uint32_t *code)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const unsigned char *byte = (const unsigned char *)text;
    size_t length = len > 0 ? length_of(byte[0]) : 0;

    if (length == 0 || length > len)
        return 0;
    *code = byte[0] & first_bits[length];
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (byte[i] & 0x3f);
    }
    return is_character(*code, length) ? length : 0;
}

/* Whether a terminal would do something else than show it. */
static bool does_something(uint32_t code)
{
    bool controls = code < ' ' || (code >= 0x7f && code <= 0x9f);
    bool breaks_lines = code == 0x2028 || code == 0x2029;
    bool turns = code == 0x061c || code == 0x200e || code == 0x200f ||
                 (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);

    return controls || breaks_lines || turns;
}

void cli_text_clean(char *text)
{
    size_t len = strlen(text);
    char *kept = text;

    while (len > 0) {
        uint32_t code = 0;
        size_t length = cli_text_character(text, len, &code), step = length > 0 ? length : 1;

        if (length == 0 || does_something(code)) {
            *kept++ = '?';
        } else {
            memmove(kept, text, length);
            kept += length;
        }
        text += step;
        len -= step;
    }
    *kept = '\0';
}

/* ---- columns ---- */

static size_t width_of(uint32_t code)
{
    static locale_t utf8;
    locale_t before;
    int width;

    if (code < 0x80)
        return 1;
    if (!utf8 && !(utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL)))
        return 1;
    before = uselocale(utf8);
    width = wcwidth((wchar_t)code);
    uselocale(before);
    return width >= 0 ? (size_t)width : 1;
}

/* Moves past the character, or the byte that is none, at `*at`; its columns. */
static size_t pass(const char *text, size_t len, size_t *at)
{
    uint32_t code = 0;
    size_t length = cli_text_character(text + *at, len - *at, &code);

    *at += length > 0 ? length : 1;
    return length > 0 ? width_of(code) : 1;
}

size_t cli_text_columns(const char *text)
{
    size_t len = strlen(text), at = 0, columns = 0;

    while (at < len)
        columns += pass(text, len, &at);
    return columns;
}

size_t cli_text_fitting(const char *text, size_t len, size_t columns)
{
    size_t at = 0, fitting = 0, used = 0;

    while (at < len) {
        used += pass(text, len, &at);
        if (used > columns)
            break;
        fitting = at;
    }
    return fitting;
}

/* ---- numbers ---- */

void cli_text_duration(char *text, size_t size, uint64_t duration_ns)
{
    unsigned long long ms = duration_ns / 1000000, seconds = ms / 1000, minutes = seconds / 60;

    if (ms < 1000)
        snprintf(text, size, "%llums", ms);
    else if (seconds < 60)
        snprintf(text, size, "%llu.%llus", seconds, ms % 1000 / 100);
    else if (minutes < 60)
        snprintf(text, size, "%llum%02llus", minutes, seconds % 60);
    else if (minutes < 24 * 60)
        snprintf(text, size, "%lluh%02llum", minutes / 60, minutes % 60);
    else
        snprintf(text, size, "%llud%02lluh", minutes / (24 * 60), minutes / 60 % 24);
}

void cli_text_amount(char *text, size_t size, double amount, unsigned base)
{
    static const char letters[] = "\0KMGTPE";
    size_t power = 0;

    while (amount >= base && power + 2 < sizeof letters) {
        amount /= base;
        power++;
    }
    /* one decimal, but for whole numbers, and where 99.95 would be rounded to four digits */
    snprintf(text, size, "%.*f%.1s",
             power > 0 && amount < 99.95 && amount > (double)(uint64_t)amount ? 1 : 0, amount,
             &letters[power]);
}
