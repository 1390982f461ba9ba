/* SPDX-License-Identifier: MIT */
/*
 * streamx-sub's loop body against a stream that is played here: what is written and acknowledged,
 * and when, if it is evicted at the worst moment, or its output fails. The calls below take the
 * library's place.
 */
#include "common/clock.h"
#include "sub/batch.h"
#include "support.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct {
    const char *messages[8]; /* what take gives; NULL: `then` */
    unsigned taken;
    int then;
    int ack_result;
    uint64_t acknowledged;
    off_t written_before_ack;
    int output;
} play;

int streamx_take(struct streamx_consumer *consumer, struct streamx_message *message,
                 int64_t timeout_ns)
{
    (void)consumer;
    (void)timeout_ns;
    if (!play.messages[play.taken])
        return play.then;
    *message = (struct streamx_message){.data = play.messages[play.taken],
                                        .len = strlen(play.messages[play.taken]),
                                        .seq = play.taken + 1};
    play.taken++;
    return 1;
}

int streamx_take_parts(struct streamx_consumer *consumer, struct streamx_parts *parts,
                       unsigned most, int64_t timeout_ns)
{
    (void)most;
    *parts = (struct streamx_parts){.count = 1};
    return streamx_take(consumer, &parts->first, timeout_ns);
}

int streamx_ack(struct streamx_consumer *consumer, uint64_t through_seq)
{
    (void)consumer;
    play.written_before_ack = lseek(play.output, 0, SEEK_CUR);
    if (play.ack_result == 0)
        play.acknowledged = through_seq;
    return play.ack_result;
}

/* Runs one batch of "one", "two", with `then` after them, to a file. */
static struct cli_reader reader;

static int batch(struct cli_sub *sub, int then, int *output_error)
{
    memset(&play, 0, sizeof play);
    play.messages[0] = "one";
    play.messages[1] = "two";
    play.then = then;
    play.output = open(stream_dir(), O_TMPFILE | O_RDWR, 0600);
    ck_assert_int_ge(play.output, 0);
    sub->run_deadline_ns = CLI_CLOCK_NEVER;
    sub->idle_deadline_ns = CLI_CLOCK_NEVER;
    sub->options.idle_timeout_ns = STREAMX_FOREVER;
    if (sub->options.count == 0)
        sub->options.count = UINT64_MAX;
    sub->options.common.framing = (struct cli_framing){.kind = CLI_FRAMING_RAW};
    ck_assert_int_eq(cli_output_open(&sub->output, play.output, CLI_OUTPUT_COPY), 0);
    return cli_sub_batch(sub, &reader, true, output_error);
}

static void check_written(struct cli_sub *sub, const char *expected)
{
    char got[64];

    ck_assert_int_eq(pread(play.output, got, sizeof got, 0), (ssize_t)strlen(expected));
    ck_assert_mem_eq(got, expected, strlen(expected));
    close(play.output);
    cli_output_close(&sub->output);
}

START_TEST(messages_are_acknowledged_after_they_are_written)
{
    struct cli_sub sub = {.received = 0};
    int output_error;

    ck_assert_int_eq(batch(&sub, 0, &output_error), 0);
    ck_assert_uint_eq(play.acknowledged, 2);
    ck_assert_int_eq(play.written_before_ack, 6);
    check_written(&sub, "onetwo");
}
END_TEST

START_TEST(or_before_that_if_asked_for)
{
    struct cli_sub sub = {.options.acknowledge_first = true};
    int output_error;

    ck_assert_int_eq(batch(&sub, -EOWNERDEAD, &output_error), -EOWNERDEAD);
    ck_assert_uint_eq(play.acknowledged, 2);
    ck_assert_int_eq(play.written_before_ack, 0);
    check_written(&sub, "onetwo");
}
END_TEST

START_TEST(nothing_is_written_of_what_an_eviction_has_made_void)
{
    struct cli_sub sub = {.received = 0};
    int output_error;

    reader.verify = true;
    ck_assert_int_eq(batch(&sub, -ESTALE, &output_error), -ESTALE);
    ck_assert_uint_eq(play.acknowledged, 0);
    check_written(&sub, "");
}
END_TEST

/* The count is reached with the last message, so that no take follows by itself. */
START_TEST(the_last_message_is_verified_too)
{
    struct cli_sub sub = {.options.count = 2};
    int output_error;

    reader.verify = true;
    ck_assert_int_eq(batch(&sub, -ESTALE, &output_error), -ESTALE);
    check_written(&sub, "");
}
END_TEST

START_TEST(what_the_verifying_take_brings_is_not_lost)
{
    struct cli_sub sub = {.options.unbuffered = true};
    int output_error;

    reader.verify = true;
    ck_assert_int_eq(batch(&sub, -EAGAIN, &output_error), CLI_SUB_MORE);
    ck_assert_uint_eq(play.acknowledged, 1);
    ck_assert_int_eq(cli_sub_batch(&sub, &reader, true, &output_error), CLI_SUB_MORE);
    ck_assert_uint_eq(play.acknowledged, 2);
    check_written(&sub, "onetwo");
}
END_TEST

START_TEST(nothing_is_written_if_acknowledging_first_fails)
{
    struct cli_sub sub = {.options.acknowledge_first = true};
    int output_error;

    batch(&sub, 0, &output_error);
    check_written(&sub, "onetwo");
    sub.output = (struct cli_output){.fd = -1};
    sub.received = 0;
    memset(&play, 0, sizeof play);
    play.messages[0] = "one";
    play.ack_result = -ESTALE;
    play.output = open(stream_dir(), O_TMPFILE | O_RDWR, 0600);
    ck_assert_int_eq(cli_output_open(&sub.output, play.output, CLI_OUTPUT_COPY), 0);
    ck_assert_int_eq(cli_sub_batch(&sub, &reader, true, &output_error), -ESTALE);
    check_written(&sub, "");
}
END_TEST

START_TEST(what_cannot_be_written_is_not_acknowledged)
{
    struct cli_sub sub = {.options.count = 1};
    int output_error = 0;

    ck_assert_int_eq(batch(&sub, 0, &output_error), CLI_SUB_COUNT);
    close(play.output);
    cli_output_close(&sub.output);
    sub.received = 0;
    play.taken = 0;
    play.acknowledged = 0;
    ck_assert_int_eq(cli_output_open(&sub.output, open("/dev/full", O_WRONLY), CLI_OUTPUT_COPY), 0);
    ck_assert_int_eq(cli_sub_batch(&sub, &reader, true, &output_error), CLI_SUB_OUTPUT);
    ck_assert_int_eq(output_error, ENOSPC);
    ck_assert_uint_eq(play.acknowledged, 0);
    close(sub.output.fd);
    cli_output_close(&sub.output);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "batch", messages_are_acknowledged_after_they_are_written, or_before_that_if_asked_for,
        nothing_is_written_of_what_an_eviction_has_made_void, the_last_message_is_verified_too,
        what_the_verifying_take_brings_is_not_lost, nothing_is_written_if_acknowledging_first_fails,
        what_cannot_be_written_is_not_acknowledged);
}
