/* SPDX-License-Identifier: MIT */
/* The backslash escapes of delimiters and formats. */
#ifndef CLI_ESCAPE_H
#define CLI_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads one escape at `text`, which starts with a backslash: \a \b \e \f \n \r \t \v \\,
 * one to three octal digits, or x and two hexadecimal ones. Stores its byte and returns its length
 * in the text, or 0 if it is none of these.
 */
size_t cli_escape_read(const char *text, char *byte);

/*
 * Replaces the escapes of `text`, and stores the result, which may hold NUL bytes, in
 * `bytes[0..room)`. False if an escape is wrong or the room too small.
 */
bool cli_escape_expand(const char *text, char *bytes, size_t room, size_t *len);

#endif /* CLI_ESCAPE_H */
