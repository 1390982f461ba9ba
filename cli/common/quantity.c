/* SPDX-License-Identifier: MIT */
/*
 * Reads counts, sizes, durations and modes. strtoull(3) and its kin are not used: they accept
 * signs, leading blanks and other bases, and a number that was mistyped should be refused.
 */
#include "common/quantity.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads digits, at least one, and moves `*text` past them. */
static bool read_digits(const char **text, uint64_t base, uint64_t *value)
{
    uint64_t sum = 0;

    if (!is_digit(**text))
        return false;
    for (; is_digit(**text); ++*text) {
        uint64_t digit = (uint64_t)(**text - '0');

        if (digit >= base || __builtin_mul_overflow(sum, base, &sum) ||
            __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    *value = sum;
    return true;
}

static bool store_within(uint64_t value, uint64_t least, uint64_t most, uint64_t *stored)
{
    if (value < least || value > most)
        return false;
    *stored = value;
    return true;
}

bool cli_quantity_count(const char *text, uint64_t least, uint64_t most, uint64_t *count)
{
    uint64_t value;

    if (!read_digits(&text, 10, &value) || *text != '\0')
        return false;
    return store_within(value, least, most, count);
}

static bool size_unit(const char *suffix, uint64_t *unit)
{
    static const char letters[] = "KMG";
    const char *letter;

    *unit = 1;
    if (suffix[0] == '\0')
        return true;
    letter = strchr(letters, suffix[0] >= 'a' ? suffix[0] - ('a' - 'A') : suffix[0]);
    if (!letter || suffix[1] != '\0')
        return false;
    *unit <<= 10 * (letter - letters + 1);
    return true;
}

bool cli_quantity_size(const char *text, uint64_t least, uint64_t most, uint64_t *bytes)
{
    uint64_t value, unit;

    if (!read_digits(&text, 10, &value) || !size_unit(text, &unit) ||
        __builtin_mul_overflow(value, unit, &value))
        return false;
    return store_within(value, least, most, bytes);
}

/* Reads a fraction's digits as billionths; further digits are below a nanosecond of a second. */
static bool read_fraction(const char **text, uint64_t *billionths)
{
    uint64_t weight = 100000000;

    *billionths = 0;
    if (!is_digit(**text))
        return false;
    for (; is_digit(**text); ++*text) {
        *billionths += weight * (uint64_t)(**text - '0');
        weight /= 10;
    }
    return true;
}

static bool duration_unit(const char *suffix, uint64_t *unit_ns)
{
    if (strcmp(suffix, "ms") == 0)
        *unit_ns = 1000000;
    else if (suffix[0] == '\0' || strcmp(suffix, "s") == 0)
        *unit_ns = 1000000000;
    else if (strcmp(suffix, "m") == 0)
        *unit_ns = UINT64_C(60000000000);
    else
        return false;
    return true;
}

bool cli_quantity_duration(const char *text, int64_t *duration_ns)
{
    uint64_t whole = 0, billionths = 0, unit_ns, total_ns;

    if (*text != '.' && !read_digits(&text, 10, &whole))
        return false;
    if (*text == '.') {
        ++text;
        if (!read_fraction(&text, &billionths))
            return false;
    }
    if (!duration_unit(text, &unit_ns) || __builtin_mul_overflow(whole, unit_ns, &total_ns))
        return false;
    /* below 10^9 x 6 x 10^7: no overflow */
    if (__builtin_add_overflow(total_ns, billionths * (unit_ns / 1000) / 1000000, &total_ns) ||
        total_ns >= INT64_MAX)
        return false;
    *duration_ns = (int64_t)total_ns;
    return true;
}

bool cli_quantity_mode(const char *text, uint32_t *mode)
{
    uint64_t value;

    if (!read_digits(&text, 8, &value) || *text != '\0' || value > 0777)
        return false;
    *mode = (uint32_t)value;
    return true;
}
