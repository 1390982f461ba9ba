/* SPDX-License-Identifier: MIT */
/* The user's formats: what each token becomes, and that what is none is refused. */
#include "common/format.h"
#include "support.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROOM 1024

/* What a message becomes. */
static void check_format(const char *text, const void *data, size_t len, const char *expected,
                         size_t expected_len)
{
    struct streamx_message message = {.data = data, .len = len, .seq = 42, .time_ns = 123456789};
    int file = open(stream_dir(), O_TMPFILE | O_RDWR, 0600);
    struct cli_format *format = NULL;
    struct cli_output output;
    const char *wrong = "";
    char got[ROOM];
    unsigned written;

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(cli_format_parse(&format, text, &wrong), 0);
    ck_assert_int_eq(cli_output_open(&output, file, CLI_OUTPUT_REFER), 0);
    ck_assert_int_eq(cli_format_write(format, &output, "name", &message), 0);
    ck_assert_int_eq(cli_output_write(&output, INT64_MAX, &written), 0);
    ck_assert_uint_eq(written, 1);
    ck_assert_int_eq(pread(file, got, sizeof got, 0), (ssize_t)expected_len);
    ck_assert_mem_eq(got, expected, expected_len);
    cli_output_close(&output);
    cli_format_free(format);
    close(file);
}

#define CHECK_FORMAT(text, data, expected)                                                         \
    check_format(text, data, sizeof(data) - 1, expected, sizeof(expected) - 1)

START_TEST(tokens_become_what_they_stand_for)
{
    CHECK_FORMAT("", "payload", "");
    CHECK_FORMAT("%p", "pay\0load", "pay\0load");
    CHECK_FORMAT("<%p%p>", "", "<>");
    CHECK_FORMAT("%n #%s: %l bytes\\n", "payload", "name #42: 7 bytes\n");
    CHECK_FORMAT("%T", "", "123456789");
    CHECK_FORMAT("100%%\\t\\0\\x41\\\\%%p", "payload", "100%\t\0A\\%p");
    CHECK_FORMAT("\\033[1m%p\\012", "payload", "\033[1mpayload\n");
    CHECK_FORMAT("%x", "\0\x0f\xf0\xffz", "000ff0ff7a");
}
END_TEST

START_TEST(base64_is_padded)
{
    CHECK_FORMAT("%b", "", "");
    CHECK_FORMAT("%b", "f", "Zg==");
    CHECK_FORMAT("%b", "fo", "Zm8=");
    CHECK_FORMAT("%b", "foo", "Zm9v");
    CHECK_FORMAT("%b", "foobar", "Zm9vYmFy");
    CHECK_FORMAT("%b", "\xff\xfe\xfb\0", "//77AA==");
}
END_TEST

/* Not time(2), which lags behind by up to a tick. */
static time_t wall_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

START_TEST(the_time_is_of_today)
{
    char text[CLI_FORMAT_TIME_MAX], today[32];
    time_t before = wall_seconds(), after;
    struct timespec now;
    struct tm fields;

    clock_gettime(CLOCK_MONOTONIC, &now);
    cli_format_time(text, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
    after = wall_seconds();
    ck_assert_uint_eq(strlen(text), strlen("2000-01-01T00:00:00.123456789Z"));
    ck_assert_int_eq(text[strlen(text) - 1], 'Z');
    text[19] = '\0';
    do { /* the second in which the time lies is one of those that have passed meanwhile */
        strftime(today, sizeof today, "%Y-%m-%dT%H:%M:%S", gmtime_r(&before, &fields));
    } while (strcmp(text, today) != 0 && before++ < after);
    ck_assert_str_eq(text, today);
}
END_TEST

START_TEST(what_is_no_token_is_refused_and_shown)
{
    static const char *const bad[] = {"%", "a%", "%q", "ab%z%p", "\\", "\\q", "%p\\x1", "%P"};
    static const size_t where[] = {0, 1, 0, 2, 0, 0, 2, 0};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct cli_format *format = NULL;
        const char *wrong = NULL;

        ck_assert_int_eq(cli_format_parse(&format, bad[i], &wrong), -EINVAL);
        ck_assert_ptr_eq(wrong, bad[i] + where[i]);
    }
}
END_TEST

START_TEST(it_is_known_whether_the_time_is_shown)
{
    static const char *const texts[] = {"%p%s%x", "%%T", "%T", "a%I"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct cli_format *format = NULL;
        const char *wrong;

        ck_assert_int_eq(cli_format_parse(&format, texts[i], &wrong), 0);
        ck_assert_int_eq(cli_format_shows_time(format), i >= 2);
        cli_format_free(format);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("format", tokens_become_what_they_stand_for, base64_is_padded,
                     the_time_is_of_today, what_is_no_token_is_refused_and_shown,
                     it_is_known_whether_the_time_is_shown);
}
