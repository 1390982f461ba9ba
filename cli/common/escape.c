/* SPDX-License-Identifier: MIT */
/*
 * Reads backslash escapes, those of C; an unknown one is an error, since its writer meant something
 * by it.
 */
#include "common/escape.h"

#include <string.h>

#define OCTAL_DIGITS 3

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static size_t read_hex(const char *text, char *byte)
{
    int high = hex_digit(text[2]);
    int low = high < 0 ? -1 : hex_digit(text[3]);

    if (low < 0)
        return 0;
    *byte = (char)(high * 16 + low);
    return 4;
}

/* One to three octal digits, so that \0 is a NUL byte and \033 an escape character. */
static size_t read_octal(const char *text, char *byte)
{
    unsigned value = 0;
    size_t len = 1;

    for (; len <= OCTAL_DIGITS && text[len] >= '0' && text[len] <= '7'; len++)
        value = value * 8 + (unsigned)(text[len] - '0');
    if (value > 0xff)
        return 0;
    *byte = (char)value;
    return len;
}

size_t cli_escape_read(const char *text, char *byte)
{
    static const char letters[] = "abefnrtv\\", bytes[] = "\a\b\033\f\n\r\t\v\\";
    const char *letter;

    if (text[1] == 'x')
        return read_hex(text, byte);
    if (text[1] >= '0' && text[1] <= '7')
        return read_octal(text, byte);
    letter = text[1] != '\0' ? strchr(letters, text[1]) : NULL;
    if (!letter)
        return 0;
    *byte = bytes[letter - letters];
    return 2;
}

bool cli_escape_expand(const char *text, char *bytes, size_t room, size_t *len)
{
    size_t used = 0, step;

    for (; *text != '\0'; text += step) {
        char byte = *text;

        step = byte == '\\' ? cli_escape_read(text, &byte) : 1;
        if (step == 0 || used == room)
            return false;
        bytes[used++] = byte;
    }
    *len = used;
    return true;
}
