/* SPDX-License-Identifier: MIT */
/* Reads backslash escapes; an unknown one is an error, since its writer meant something by it. */
#include "common/escape.h"

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

size_t cli_escape_read(const char *text, char *byte)
{
    switch (text[1]) {
    case 'n':
        *byte = '\n';
        return 2;
    case 't':
        *byte = '\t';
        return 2;
    case 'r':
        *byte = '\r';
        return 2;
    case '0':
        *byte = '\0';
        return 2;
    case '\\':
        *byte = '\\';
        return 2;
    case 'x':
        return read_hex(text, byte);
    default:
        return 0;
    }
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
