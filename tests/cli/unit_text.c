/* SPDX-License-Identifier: MIT */
/* Text for people: what is shown of bytes that others chose, and how wide it is. */
#include "common/text.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

static void check_clean(const char *text, const char *expected)
{
    char copy[64];

    snprintf(copy, sizeof copy, "%s", text);
    cli_text_clean(copy);
    ck_assert_str_eq(copy, expected);
}

START_TEST(what_a_terminal_would_act_upon_is_replaced)
{
    check_clean("plain", "plain");
    check_clean("", "");
    check_clean("a\x1b[1mb\x7f\n\t", "a?[1mb???");
    check_clean("\xc2\x9b"
                "31m\xc2\x80\xc2\x9f\xc2\xa0",
                "?31m??\xc2\xa0"); /* C1 in UTF-8; a blank that does not break is none */
    check_clean("\x9b"
                "31m",
                "?31m"); /* C1 as a terminal of 8 bits has it */
    check_clean("a\xe2\x80\xae"
                "b\xe2\x80\xa8"
                "c\xe2\x81\xa6",
                "a?b?c?"); /* turn, break, isolate */
}
END_TEST

START_TEST(what_is_not_utf8_is_replaced_byte_by_byte)
{
    check_clean("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    check_clean("\xff\xc3", "??");
    check_clean("\xc3(", "?(");
    check_clean("\xc0\xaf\xe0\x80\xaf", "?????"); /* longer than need be */
    check_clean("\xed\xa0\x80", "???");           /* half of a pair */
    check_clean("\xf4\x90\x80\x80\xf5", "?????"); /* beyond the last one */
    check_clean("\xe2\x82", "??");                /* cut off */
}
END_TEST

START_TEST(columns_are_those_of_a_terminal)
{
    ck_assert_uint_eq(cli_text_columns(""), 0);
    ck_assert_uint_eq(cli_text_columns("abc"), 3);
    ck_assert_uint_eq(cli_text_columns("\xc3\xa4\xe2\x82\xac"), 2);
    ck_assert_uint_eq(cli_text_columns("\xe6\xbc\xa2\xe5\xad\x97"), 4); /* wide */
    ck_assert_uint_eq(cli_text_columns("e\xcc\x81"), 1); /* with an accent of its own */
    ck_assert_uint_eq(cli_text_columns("\xff\xfe"), 2);
}
END_TEST

START_TEST(text_is_cut_between_characters)
{
    static const char wide[] = "a\xe6\xbc\xa2\xe5\xad\x97";

    ck_assert_uint_eq(cli_text_fitting(wide, strlen(wide), 0), 0);
    ck_assert_uint_eq(cli_text_fitting(wide, strlen(wide), 1), 1);
    ck_assert_uint_eq(cli_text_fitting(wide, strlen(wide), 2), 1);
    ck_assert_uint_eq(cli_text_fitting(wide, strlen(wide), 3), 4);
    ck_assert_uint_eq(cli_text_fitting(wide, strlen(wide), 9), 7);
    ck_assert_uint_eq(cli_text_fitting("e\xcc\x81z", 4, 1), 3);
}
END_TEST

int main(void)
{
    return RUN_TESTS("text", what_a_terminal_would_act_upon_is_replaced,
                     what_is_not_utf8_is_replaced_byte_by_byte, columns_are_those_of_a_terminal,
                     text_is_cut_between_characters);
}
