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

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

/* K, M or G in either case, or KiB, MiB or GiB; KB is refused, since it may mean 1000. */
static bool size_unit(const char *suffix, uint64_t *unit)
{
    static const char letters[] = "KMG";
    const char *letter;

    *unit = 1;
    if (suffix[0] == '\0')
        return true;
    letter = strchr(letters, upper(suffix[0]));
    if (!letter || (suffix[1] != '\0' && strcmp(suffix + 1, "iB") != 0))
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
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {
        {"us", 1000},
        {"ms", 1000000},
        {"", 1000000000},
        {"s", 1000000000},
        {"m", UINT64_C(60) * 1000000000},
        {"min", UINT64_C(60) * 1000000000},
        {"h", UINT64_C(3600) * 1000000000},
        {"d", UINT64_C(86400) * 1000000000},
    };

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(suffix, units[i].name) == 0) {
            *unit_ns = units[i].ns;
            return true;
        }
    }
    return false;
}

/* A number of billionths of a unit, rounded down. */
static uint64_t part_of(uint64_t billionths, uint64_t unit_ns)
{
    const uint64_t billion = 1000000000;

    /* below 10^9 x 86400, or 10^9 x 10^6: no overflow */
    if (unit_ns >= billion)
        return billionths * (unit_ns / billion);
    return billionths * unit_ns / billion;
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
    if (__builtin_add_overflow(total_ns, part_of(billionths, unit_ns), &total_ns) ||
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
