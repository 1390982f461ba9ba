/* SPDX-License-Identifier: MIT */
/* The gathered output: what comes out of the other end, and what is known about it on failure. */
#include "common/clock.h"
#include "common/output.h"
#include "support.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGE ((size_t)20000) /* long enough to be referred to instead of copied */

static struct cli_framing framing_of(enum cli_framing_kind kind, const char *delimiter, size_t len)
{
    struct cli_framing framing = {.kind = kind, .delimiter_len = len};

    memcpy(framing.delimiter, delimiter, len);
    return framing;
}

/* Writes messages of these lengths to a file, and compares it with what is expected. */
static void check_written(enum cli_output_place place, const struct cli_framing *framing)
{
    static const size_t lens[] = {3, 0, LARGE, 5, LARGE, LARGE + 1, 1};
    enum { COUNT = sizeof lens / sizeof lens[0] };
    char *payload = malloc(2 * LARGE), *expected = malloc(8 * LARGE), *got = malloc(8 * LARGE);
    int file = open(stream_dir(), O_TMPFILE | O_RDWR, 0600);
    struct cli_output output;
    size_t used = 0;
    unsigned written;

    ck_assert(payload && expected && got && file >= 0);
    for (size_t i = 0; i < 2 * LARGE; i++)
        payload[i] = (char)(i * 7 + i / 251);
    ck_assert_int_eq(cli_output_open(&output, file, place), 0);
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_int_eq(cli_output_framed(&output, framing, payload + i, lens[i], 0), 0);
        if (framing->kind == CLI_FRAMING_LENGTH) {
            const unsigned char prefix[4] = {0, 0, (unsigned char)(lens[i] >> 8),
                                             (unsigned char)lens[i]};

            memcpy(expected + used, prefix, sizeof prefix);
            used += sizeof prefix;
        }
        memcpy(expected + used, payload + i, lens[i]);
        used += lens[i];
        memcpy(expected + used, framing->delimiter, framing->delimiter_len);
        used += framing->delimiter_len;
    }
    if (place == CLI_OUTPUT_COPY)
        memset(payload, 0, 2 * LARGE);
    ck_assert_int_eq(cli_output_write(&output, CLI_CLOCK_NEVER, &written), 0);
    ck_assert_uint_eq(written, COUNT);
    ck_assert_int_eq(pread(file, got, 8 * LARGE, 0), (ssize_t)used);
    ck_assert_mem_eq(got, expected, used);
    cli_output_close(&output);
    close(file);
    free(payload);
    free(expected);
    free(got);
}

START_TEST(messages_are_written_in_order_with_their_framing)
{
    struct cli_framing lines = framing_of(CLI_FRAMING_LINE, "\n", 1);
    struct cli_framing string = framing_of(CLI_FRAMING_STRING, "\0--", 3);
    struct cli_framing prefixed = framing_of(CLI_FRAMING_LENGTH, "", 0);
    struct cli_framing raw = framing_of(CLI_FRAMING_RAW, "", 0);

    for (int place = CLI_OUTPUT_REFER; place <= CLI_OUTPUT_COPY; place++) {
        check_written((enum cli_output_place)place, &lines);
        check_written((enum cli_output_place)place, &string);
        check_written((enum cli_output_place)place, &prefixed);
        check_written((enum cli_output_place)place, &raw);
    }
}
END_TEST

START_TEST(it_is_full_before_it_overflows)
{
    struct cli_framing raw = framing_of(CLI_FRAMING_RAW, "", 0);
    struct cli_framing prefixed = framing_of(CLI_FRAMING_LENGTH, "", 0);
    char *large = calloc(1, LARGE);
    struct cli_output output;
    unsigned count = 0, written;

    ck_assert_ptr_nonnull(large);
    ck_assert_int_eq(cli_output_open(&output, open("/dev/null", O_WRONLY), CLI_OUTPUT_REFER), 0);
    for (; !cli_output_is_full(&output); count++)
        ck_assert_int_eq(cli_output_framed(&output, &raw, "", 0, 0), 0);
    ck_assert_int_eq(cli_output_write(&output, CLI_CLOCK_NEVER, &written), 0);
    ck_assert_uint_eq(written, count);
    for (count = 0; !cli_output_is_full(&output); count++)
        ck_assert_int_eq(cli_output_framed(&output, &prefixed, large, LARGE, 0), 0);
    ck_assert_int_eq(cli_output_write(&output, CLI_CLOCK_NEVER, &written), 0);
    ck_assert_uint_eq(written, count);
    close(output.fd);
    cli_output_close(&output);
    free(large);
}
END_TEST

/* A pipe that holds 4096 bytes takes the first messages; then the reader goes away. */
START_TEST(after_a_failure_it_is_known_which_messages_are_out)
{
    struct cli_framing lines = framing_of(CLI_FRAMING_LINE, "\n", 1);
    char message[999];
    struct cli_output output;
    unsigned written;
    int ends[2];

    memset(message, 'x', sizeof message);
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    ck_assert_int_eq(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    ck_assert_ptr_ne(signal(SIGPIPE, SIG_IGN), SIG_ERR);
    ck_assert_int_eq(cli_output_open(&output, ends[1], CLI_OUTPUT_REFER), 0);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(cli_output_framed(&output, &lines, message, sizeof message, 0), 0);
    ck_assert_int_eq(cli_output_write(&output, cli_clock_after(BRIEFLY), &written), -EINTR);
    ck_assert_uint_eq(written, 4);
    close(ends[0]);
    ck_assert_int_eq(cli_output_framed(&output, &lines, message, sizeof message, 0), 0);
    ck_assert_int_eq(cli_output_write(&output, CLI_CLOCK_NEVER, &written), -EPIPE);
    ck_assert_uint_eq(written, 0);
    close(ends[1]);
    cli_output_close(&output);
}
END_TEST

/* Messages that lie one behind the other with their delimiters are one piece, however short. */
START_TEST(what_lies_together_is_written_together)
{
    struct cli_framing lines = framing_of(CLI_FRAMING_LINE, "\n", 1);
    struct cli_framing string = framing_of(CLI_FRAMING_STRING, "--", 2);
    int file = open(stream_dir(), O_TMPFILE | O_RDWR, 0600);
    const char text[] = "one\ntwo\n\nfour!five--six--seven";
    struct cli_output output;
    char got[64];
    unsigned written;

    ck_assert_int_eq(cli_output_open(&output, file, CLI_OUTPUT_REFER), 0);
    ck_assert(!cli_output_run(&output, &lines, text, 3, 1)); /* there is no run yet */
    ck_assert_int_eq(cli_output_framed(&output, &lines, text, 3, 1), 0);
    ck_assert(cli_output_run(&output, &lines, text + 4, 3, 1));
    ck_assert(cli_output_run(&output, &lines, text + 8, 0, 1));
    ck_assert_uint_eq(output.piece_count, 1);
    ck_assert_uint_eq(output.used, 0);
    ck_assert(!cli_output_run(&output, &lines, text + 9, 4, 1)); /* not its delimiter */
    ck_assert_int_eq(cli_output_framed(&output, &lines, text + 9, 4, 1), 0);
    ck_assert_int_eq(cli_output_framed(&output, &string, text + 14, 4, 2), 0);
    ck_assert_int_eq(cli_output_framed(&output, &string, text + 20, 3, 2), 0);
    ck_assert_int_eq(cli_output_framed(&output, &string, text + 25, 5, 0), 0);
    ck_assert_int_eq(cli_output_write(&output, CLI_CLOCK_NEVER, &written), 0);
    ck_assert_uint_eq(written, 7);
    ck_assert_int_eq(pread(file, got, sizeof got, 0), 32);
    ck_assert_mem_eq(got, "one\ntwo\n\nfour\nfive--six--seven--", 32);
    cli_output_close(&output);
    close(file);
}
END_TEST

int main(void)
{
    return RUN_TESTS("output", what_lies_together_is_written_together,
                     messages_are_written_in_order_with_their_framing,
                     it_is_full_before_it_overflows,
                     after_a_failure_it_is_known_which_messages_are_out);
}
