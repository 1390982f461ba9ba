/* SPDX-License-Identifier: MIT */
/*
 * Text for people: what may be shown of bytes that others chose, how wide it is, and numbers with
 * units. Text is taken as UTF-8 whatever the locale, since names and labels are only bytes.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * How many of the `len` bytes at `text` the UTF-8 character takes that they begin with; its number
 * goes to `*code`. 0 if they begin with none.
 */
size_t cli_text_character(const char *text, size_t len, uint32_t *code);

/*
 * Replaces by '?' whatever could do more to a terminal than show a character: control characters
 * of either set (C0, DEL, C1), those that break lines or turn the direction of writing, and bytes
 * that are not UTF-8. The text may become shorter.
 */
void cli_text_clean(char *text);

/* How many columns of a terminal the text takes: some characters take none, or two. */
size_t cli_text_columns(const char *text);

/* How many of the `len` bytes at `text` fit into `columns` columns. */
size_t cli_text_fitting(const char *text, size_t len, size_t columns);

/* "850ms", "3.2s", "4m10s", "2h05m", "3d04h" */
void cli_text_duration(char *text, size_t size, uint64_t duration_ns);

/* Three digits and a letter for a power of `base`, which is 1000 or 1024: "12.3M". */
void cli_text_amount(char *text, size_t size, double amount, unsigned base);

#endif /* CLI_TEXT_H */
