/* SPDX-License-Identifier: MIT */
/* Numbers and escapes of the command line: what is read, and that everything else is refused. */
#include "common/escape.h"
#include "common/quantity.h"
#include "support.h"

#include <string.h>

static void check_duration(const char *text, int64_t expected_ns)
{
    int64_t duration_ns = -7;

    ck_assert_msg(cli_quantity_duration(text, &duration_ns) == (expected_ns >= 0), "'%s'", text);
    ck_assert_int_eq(duration_ns, expected_ns >= 0 ? expected_ns : -7);
}

START_TEST(durations_have_units_and_fractions)
{
    check_duration("0", 0);
    check_duration("1", 1000000000);
    check_duration("2s", 2000000000);
    check_duration("1.5", 1500000000);
    check_duration(".25s", 250000000);
    check_duration("250ms", 250000000);
    check_duration("0.5ms", 500000);
    check_duration("1m", INT64_C(60000000000));
    check_duration("0.25m", INT64_C(15000000000));
    check_duration("1.0000000019", 1000000001);
    check_duration("1min", INT64_C(60000000000));
    check_duration("250us", 250000);
    check_duration("1h", INT64_C(3600000000000));
    check_duration("1.5h", INT64_C(5400000000000));
    check_duration("2d", INT64_C(172800000000000));
    check_duration("0.000000001d", 86400);
    check_duration("106751d", INT64_C(9223286400000000000));
    check_duration("9223372036", INT64_C(9223372036000000000));
}
END_TEST

START_TEST(bad_durations_are_refused)
{
    static const char *const bad[] = {
        "",     "s",   "-1",  "+1",         " 1",           "1 ",
        "1x",   "1.",  ".",   "1.5.5",      "1e3",          "0x10",
        "1ms1", "1sm", "1H",  "1hh",        "1day",         "106752d",
        "1 ms", "inf", "nan", "9223372037", "99999999999m", "99999999999999999999",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_duration(bad[i], -1);
}
END_TEST

static void check_size(const char *text, bool good, uint64_t expected)
{
    uint64_t bytes = 77;

    ck_assert_msg(cli_quantity_size(text, 1, 1u << 30, &bytes) == good, "'%s'", text);
    ck_assert_uint_eq(bytes, good ? expected : 77);
}

START_TEST(sizes_have_binary_units_and_a_range)
{
    check_size("1", true, 1);
    check_size("4096", true, 4096);
    check_size("64K", true, 65536);
    check_size("64k", true, 65536);
    check_size("3M", true, 3u << 20);
    check_size("1G", true, 1u << 30);
    check_size("64KiB", true, 65536);
    check_size("2MiB", true, 2u << 20);
    check_size("1GiB", true, 1u << 30);
    check_size("0", false, 0);
    check_size("2G", false, 0);
    check_size("1073741825", false, 0);
    check_size("18014398509481985K", false, 0);
    check_size("99999999999999999999G", false, 0);
    check_size("1T", false, 0);
    check_size("1KB", false, 0);
    check_size("1kb", false, 0);
    check_size("1Ki", false, 0);
    check_size("1KIB", false, 0);
    check_size("1iB", false, 0);
    check_size("1.5K", false, 0);
    check_size("-1", false, 0);
    check_size("K", false, 0);
    check_size("", false, 0);
}
END_TEST

START_TEST(counts_are_plain_decimal_numbers_in_a_range)
{
    uint64_t count = 77;

    ck_assert(cli_quantity_count("0", 0, UINT64_MAX, &count));
    ck_assert_uint_eq(count, 0);
    ck_assert(cli_quantity_count("18446744073709551615", 0, UINT64_MAX, &count));
    ck_assert_uint_eq(count, UINT64_MAX);
    ck_assert(!cli_quantity_count("18446744073709551616", 0, UINT64_MAX, &count));
    ck_assert(!cli_quantity_count("5", 6, 7, &count));
    ck_assert(!cli_quantity_count("8", 6, 7, &count));
    ck_assert(!cli_quantity_count("7 ", 6, 7, &count));
    ck_assert(!cli_quantity_count("-1", 0, UINT64_MAX, &count));
    ck_assert(!cli_quantity_count("1K", 0, UINT64_MAX, &count));
    ck_assert(!cli_quantity_count("", 0, UINT64_MAX, &count));
    ck_assert_uint_eq(count, UINT64_MAX);
}
END_TEST

START_TEST(modes_are_octal)
{
    uint32_t mode = 0;

    ck_assert(cli_quantity_mode("0660", &mode));
    ck_assert_uint_eq(mode, 0660);
    ck_assert(cli_quantity_mode("777", &mode));
    ck_assert_uint_eq(mode, 0777);
    ck_assert(!cli_quantity_mode("1777", &mode));
    ck_assert(!cli_quantity_mode("680", &mode));
    ck_assert(!cli_quantity_mode("u+w", &mode));
    ck_assert(!cli_quantity_mode("", &mode));
}
END_TEST

START_TEST(escapes_become_their_bytes)
{
    static const char expected[] = "a\n\t\r\0\\\x7f\xFFz\033[1m\n9\377\a\b\033\f\v";
    char bytes[32];
    size_t len;

    ck_assert(cli_escape_expand("a\\n\\t\\r\\0\\\\\\x7f\\xFfz\\033[1m\\129\\377\\a\\b\\e\\f\\v",
                                bytes, sizeof bytes, &len));
    ck_assert_uint_eq(len, sizeof expected - 1);
    ck_assert_mem_eq(bytes, expected, len);
    ck_assert(cli_escape_expand("", bytes, sizeof bytes, &len));
    ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(unknown_and_unfinished_escapes_are_refused)
{
    static const char *const bad[] = {"\\",    "a\\",   "\\q", "\\x",   "\\x1",    "\\xg1",
                                      "\\x1g", "\\400", "\\8", "\\777", "\\u00e4", "\\c"};
    char bytes[4];
    size_t len;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!cli_escape_expand(bad[i], bytes, sizeof bytes, &len), "'%s'", bad[i]);
    ck_assert(cli_escape_expand("1234", bytes, sizeof bytes, &len));
    ck_assert(!cli_escape_expand("12345", bytes, sizeof bytes, &len));
}
END_TEST

int main(void)
{
    return RUN_TESTS("quantities", durations_have_units_and_fractions, bad_durations_are_refused,
                     sizes_have_binary_units_and_a_range,
                     counts_are_plain_decimal_numbers_in_a_range, modes_are_octal,
                     escapes_become_their_bytes, unknown_and_unfinished_escapes_are_refused);
}
