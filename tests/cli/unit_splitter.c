/* SPDX-License-Identifier: MIT */
/*
 * The splitter: whatever pieces the bytes come in, the same messages come out, none of them cut,
 * and every batch fits into one publication.
 */
#include "common/splitter.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT 100u
#define BATCH_MAX 64u

/* The framings under test. */
static struct cli_framing framing_of(enum cli_framing_kind kind, const char *delimiter, size_t len)
{
    struct cli_framing framing = {.kind = kind, .delimiter_len = len};

    memcpy(framing.delimiter, delimiter, len);
    return framing;
}

/* What came out: each message as "<...>", and how it ended. */
struct result {
    char text[16384];
    size_t used;
    int end;
    uint64_t committed;
    size_t fault_bytes, fault_wanted;
};

static void note(struct result *result, const struct iovec *message)
{
    ck_assert_uint_lt(result->used + message->iov_len + 3, sizeof result->text);
    result->text[result->used++] = '<';
    memcpy(result->text + result->used, message->iov_base, message->iov_len);
    result->used += message->iov_len;
    result->text[result->used++] = '>';
    result->text[result->used] = '\0';
}

static void check_fits(const struct iovec *batch, int count)
{
    size_t bytes = 0;

    for (int i = 0; i < count; i++)
        bytes += batch[i].iov_len + CLI_SPLITTER_OVERHEAD;
    if (count == 1)
        ck_assert_uint_le(batch[0].iov_len, LIMIT);
    else
        ck_assert_uint_le(bytes, LIMIT);
}

/* Takes out all there is; the last batch's result. */
static int drain(struct cli_splitter *splitter, unsigned most, struct result *result)
{
    struct iovec batch[BATCH_MAX];
    bool full;
    int count;

    while ((count = cli_splitter_batch(splitter, batch, most, &full)) > 0) {
        check_fits(batch, count);
        for (int i = 0; i < count; i++)
            note(result, batch + i);
        cli_splitter_commit(splitter);
    }
    return count;
}

/* Splits `len` bytes that come `piece` at a time, taking `most` messages at a time. */
static struct result split(const struct cli_framing *framing, const char *bytes, size_t len,
                           size_t piece, unsigned most)
{
    struct result result = {.used = 0};
    struct cli_splitter splitter;

    ck_assert_int_eq(cli_splitter_open(&splitter, framing, LIMIT, LIMIT), 0);
    while (len > 0 && result.end == 0) {
        size_t room, part;
        char *space;

        ck_assert_int_eq(cli_splitter_space(&splitter, &space, &room), 0);
        part = len < piece ? len : piece;
        ck_assert_uint_ge(room, part);
        memcpy(space, bytes, part);
        cli_splitter_filled(&splitter, part);
        bytes += part;
        len -= part;
        result.end = drain(&splitter, most, &result);
    }
    if (result.end == 0) {
        cli_splitter_ended(&splitter);
        result.end = drain(&splitter, most, &result);
    }
    result.committed = splitter.committed;
    result.fault_bytes = splitter.fault_bytes;
    result.fault_wanted = splitter.fault_wanted;
    cli_splitter_close(&splitter);
    return result;
}

/* Likewise for pieces of every size, and any number of messages at a time. */
static void check_split(const struct cli_framing *framing, const char *bytes, size_t len,
                        const char *expected, size_t expected_len, int end)
{
    for (size_t piece = 1; piece <= len + 1; piece++) {
        for (unsigned most = 1; most <= 4; most++) {
            struct result result = split(framing, bytes, len, piece, most);

            ck_assert_int_eq(result.end, end);
            ck_assert_uint_eq(result.used, expected_len);
            ck_assert_mem_eq(result.text, expected, expected_len);
        }
    }
}

#define CHECK_SPLIT(framing, bytes, expected, end)                                                 \
    check_split(framing, bytes, sizeof(bytes) - 1, expected, sizeof(expected) - 1, end)

START_TEST(lines_come_out_whole_and_the_unterminated_last_one_too)
{
    struct cli_framing lines = framing_of(CLI_FRAMING_LINE, "\n", 1);

    CHECK_SPLIT(&lines, "", "", 0);
    CHECK_SPLIT(&lines, "\n", "<>", 0);
    CHECK_SPLIT(&lines, "one\ntwo\n", "<one><two>", 0);
    CHECK_SPLIT(&lines, "one\n\n\ntwo", "<one><><><two>", 0);
    CHECK_SPLIT(&lines, "a\0b\r\nc", "<a\0b\r><c>", 0);
}
END_TEST

START_TEST(nul_and_string_delimiters_split_like_lines)
{
    struct cli_framing nul = framing_of(CLI_FRAMING_NUL, "", 1);
    struct cli_framing string = framing_of(CLI_FRAMING_STRING, "\r\n", 2);
    struct cli_framing repeated = framing_of(CLI_FRAMING_STRING, "aab", 3);

    CHECK_SPLIT(&nul, "one\ntwo\0\0three", "<one\ntwo><><three>", 0);
    CHECK_SPLIT(&string, "one\r\n\r\ntw\ro\r", "<one><><tw\ro\r>", 0);
    CHECK_SPLIT(&repeated, "xaaabaabyaa", "<xa><><yaa>", 0);
}
END_TEST

START_TEST(prefixed_messages_may_hold_anything)
{
    struct cli_framing prefixed = framing_of(CLI_FRAMING_LENGTH, "", 0);

    CHECK_SPLIT(&prefixed, "\0\0\0\3one\0\0\0\0\0\0\0\5\n\0\0\0\1", "<one><><\n\0\0\0\1>", 0);
}
END_TEST

START_TEST(a_cut_prefixed_message_is_an_error_after_the_ones_before_it)
{
    struct cli_framing prefixed = framing_of(CLI_FRAMING_LENGTH, "", 0);
    struct result result;

    CHECK_SPLIT(&prefixed, "\0\0\0\3one\0\0\0\3tw", "<one>", -EBADMSG);
    CHECK_SPLIT(&prefixed, "\0\0\0\3one\0\0\0", "<one>", -EBADMSG);
    result = split(&prefixed, "\0\0\0\3one\0\0\0\3tw", 13, 13, 1);
    ck_assert_uint_eq(result.committed, 1);
    ck_assert_uint_eq(result.fault_bytes, 2);
    ck_assert_uint_eq(result.fault_wanted, 3);
}
END_TEST

/* A message of so many 'x', with a message before it and the delimiter after it. */
static size_t long_input(char *bytes, const struct cli_framing *framing, size_t len,
                         bool terminated)
{
    size_t used = 0;

    bytes[used++] = 'a';
    memcpy(bytes + used, framing->delimiter, framing->delimiter_len);
    used += framing->delimiter_len;
    memset(bytes + used, 'x', len);
    used += len;
    if (terminated) {
        memcpy(bytes + used, framing->delimiter, framing->delimiter_len);
        used += framing->delimiter_len;
    }
    return used;
}

static void check_limit(const struct cli_framing *framing, bool terminated)
{
    char bytes[3 * LIMIT], expected[2 * LIMIT];
    size_t len = long_input(bytes, framing, LIMIT, terminated);
    size_t expected_len = 3 + 1 + LIMIT + 1;

    memcpy(expected, "<a><", 4);
    memset(expected + 4, 'x', LIMIT);
    expected[expected_len - 1] = '>';
    check_split(framing, bytes, len, expected, expected_len, 0);
    len = long_input(bytes, framing, LIMIT + 1, terminated);
    check_split(framing, bytes, len, "<a>", 3, -EMSGSIZE);
    len = long_input(bytes, framing, LIMIT + 90, terminated);
    check_split(framing, bytes, len, "<a>", 3, -EMSGSIZE);
}

START_TEST(a_message_may_be_as_long_as_the_limit_and_no_longer)
{
    struct cli_framing lines = framing_of(CLI_FRAMING_LINE, "\n", 1);
    struct cli_framing string = framing_of(CLI_FRAMING_STRING, "---", 3);

    check_limit(&lines, true);
    check_limit(&lines, false);
    check_limit(&string, true);
    check_limit(&string, false);
}
END_TEST

START_TEST(a_prefix_beyond_the_limit_is_refused_before_its_bytes_have_come)
{
    struct cli_framing prefixed = framing_of(CLI_FRAMING_LENGTH, "", 0);
    struct result result;

    CHECK_SPLIT(&prefixed, "\0\0\0\1a\0\0\0\x65", "<a>", -EMSGSIZE);
    result = split(&prefixed, "\xff\xff\xff\xff", 4, 4, 1);
    ck_assert_int_eq(result.end, -EMSGSIZE);
    ck_assert_uint_eq(result.fault_bytes, UINT32_MAX);
}
END_TEST

START_TEST(a_batch_that_was_not_committed_comes_again_with_what_has_been_added)
{
    struct cli_framing lines = framing_of(CLI_FRAMING_LINE, "\n", 1);
    struct cli_splitter splitter;
    struct iovec batch[BATCH_MAX];
    char *space;
    size_t room;
    bool full;

    ck_assert_int_eq(cli_splitter_open(&splitter, &lines, LIMIT, LIMIT), 0);
    ck_assert_int_eq(cli_splitter_space(&splitter, &space, &room), 0);
    memcpy(space, "one\ntw", 6);
    cli_splitter_filled(&splitter, 6);
    ck_assert_int_eq(cli_splitter_batch(&splitter, batch, BATCH_MAX, &full), 1);
    ck_assert(!full);
    ck_assert_int_eq(cli_splitter_space(&splitter, &space, &room), 0);
    memcpy(space, "o\n", 2);
    cli_splitter_filled(&splitter, 2);
    ck_assert_int_eq(cli_splitter_batch(&splitter, batch, BATCH_MAX, &full), 2);
    ck_assert_uint_eq(batch[1].iov_len, 3);
    ck_assert_mem_eq(batch[1].iov_base, "two", 3);
    cli_splitter_close(&splitter);
}
END_TEST

/* Lines of random length, many reads long, against the lines that were put in. */
START_TEST(a_long_input_comes_out_as_it_went_in)
{
    enum { TOTAL = 3000000 };
    struct cli_framing lines = framing_of(CLI_FRAMING_LINE, "\n", 1);
    char *input = malloc(TOTAL), *output = malloc(TOTAL);
    size_t in = 0, out = 0, at = 0;
    struct cli_splitter splitter;
    struct iovec batch[BATCH_MAX];
    unsigned seed = 7;
    bool full;

    ck_assert(input && output);
    while (in < TOTAL) {
        size_t len = (size_t)rand_r(&seed) % LIMIT;

        for (size_t i = 0; i < len && in < TOTAL; i++)
            input[in++] = (char)('a' + i % 26);
        if (in < TOTAL)
            input[in++] = '\n';
    }
    input[TOTAL - 1] = '\n';
    ck_assert_int_eq(cli_splitter_open(&splitter, &lines, LIMIT, LIMIT), 0);
    while (at < TOTAL || out < TOTAL) {
        int count = cli_splitter_batch(&splitter, batch, BATCH_MAX, &full);
        size_t room, part = (size_t)rand_r(&seed) % 70000;
        char *space;

        ck_assert_int_ge(count, 0);
        check_fits(batch, count);
        for (int i = 0; i < count; i++) {
            ck_assert_uint_le(out + batch[i].iov_len + 1, TOTAL);
            memcpy(output + out, batch[i].iov_base, batch[i].iov_len);
            out += batch[i].iov_len;
            output[out++] = '\n';
        }
        if (count > 0)
            cli_splitter_commit(&splitter);
        if (count > 0 && full)
            continue;
        ck_assert_int_eq(cli_splitter_space(&splitter, &space, &room), 0);
        part = part < room ? part : room;
        part = part < TOTAL - at ? part : TOTAL - at;
        memcpy(space, input + at, part);
        at += part;
        cli_splitter_filled(&splitter, part);
    }
    ck_assert_mem_eq(input, output, TOTAL);
    cli_splitter_close(&splitter);
    free(input);
    free(output);
}
END_TEST

int main(void)
{
    return RUN_TESTS("splitter", lines_come_out_whole_and_the_unterminated_last_one_too,
                     nul_and_string_delimiters_split_like_lines,
                     prefixed_messages_may_hold_anything,
                     a_cut_prefixed_message_is_an_error_after_the_ones_before_it,
                     a_message_may_be_as_long_as_the_limit_and_no_longer,
                     a_prefix_beyond_the_limit_is_refused_before_its_bytes_have_come,
                     a_batch_that_was_not_committed_comes_again_with_what_has_been_added,
                     a_long_input_comes_out_as_it_went_in);
}
