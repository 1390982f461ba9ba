/* SPDX-License-Identifier: MIT */
/*
 * streamx-sub's coming to a stream, and what may happen between two of its calls: the name is given
 * to another stream, or taken away.
 */
#include "common/clock.h"
#include "common/exit_status.h"
#include "streams.h"
#include "sub/reader.h"
#include "support.h"

/* What happens just before the subscribing (--wrap), and just after it; NULL: nothing. */
static void (*before)(void), (*after)(void);

int __real_streamx_subscribe(struct streamx_consumer **consumer, const char *name,
                             const struct streamx_subscribe_options *options, int64_t timeout_ns);
int __wrap_streamx_subscribe(struct streamx_consumer **consumer, const char *name,
                             const struct streamx_subscribe_options *options, int64_t timeout_ns);

int __wrap_streamx_subscribe(struct streamx_consumer **consumer, const char *name,
                             const struct streamx_subscribe_options *options, int64_t timeout_ns)
{
    int result;

    if (before)
        before();
    result = __real_streamx_subscribe(consumer, name, options, timeout_ns);
    if (after)
        after();
    before = after = NULL;
    return result;
}

static struct cli_sub follower(void)
{
    return (struct cli_sub){.options = {.follow = true},
                            .watch_fd = -1,
                            .hint_ns = CLI_CLOCK_NEVER,
                            .gone_ns = CLI_CLOCK_NEVER};
}

static struct cli_reader *come(struct cli_sub *sub)
{
    struct cli_reader *reader = cli_reader_new(sub, "x", false);

    ck_assert_ptr_nonnull(reader);
    return reader;
}

static void look_for_it(struct cli_sub *sub, struct cli_reader *reader)
{
    ck_assert_int_eq(cli_reader_look(sub, reader), CLI_STATUS_DONE);
    ck_assert_ptr_nonnull(reader->consumer);
}

static void part(struct cli_reader *reader, struct streamx_producer *producer)
{
    cli_reader_free(reader);
    streamx_close(producer, STREAMX_NOWAIT);
}

static struct streamx_producer *first, *second;

static void replace_it(void)
{
    streamx_close(first, STREAMX_NOWAIT);
    second = make_stream("x", NULL);
}

static void remove_it(void)
{
    ck_assert_int_eq(streamx_remove("x", STREAMX_FORCE), 0);
}

START_TEST(stream_that_has_taken_the_name_is_not_ones_own)
{
    struct cli_sub sub = follower();
    struct cli_reader *early = come(&sub), *late = come(&sub);

    first = make_stream("x", NULL);
    after = replace_it;
    look_for_it(&sub, early);
    ck_assert_uint_ne(early->created_ns, look("x").created_ns);
    look_for_it(&sub, late);
    ck_assert_uint_eq(late->created_ns, look("x").created_ns);
    ck_assert_int_eq(late->state, CLI_READER_HELD);

    ck_assert_int_eq(cli_reader_end(&sub, early, 0, 0), CLI_STATUS_DONE);
    look_for_it(&sub, early);
    ck_assert_int_eq(early->state, CLI_READER_ATTACHED);
    cli_reader_release(&sub, late);
    ck_assert_int_eq(late->state, CLI_READER_ATTACHED);
    cli_reader_free(early);
    part(late, second);
}
END_TEST

START_TEST(stream_that_had_taken_the_name_just_before_is)
{
    struct cli_sub sub = follower();
    struct cli_reader *reader = come(&sub);

    first = make_stream("x", NULL);
    before = replace_it;
    look_for_it(&sub, reader);
    ck_assert_uint_eq(reader->created_ns, look("x").created_ns);
    part(reader, second);
}
END_TEST

START_TEST(of_a_stream_without_a_name_nothing_is_known)
{
    struct cli_sub sub = follower();
    struct cli_reader *reader = come(&sub);

    first = make_stream("x", NULL);
    after = remove_it;
    look_for_it(&sub, reader);
    ck_assert_int_eq(reader->state, CLI_READER_ATTACHED);
    ck_assert(reader->verify);
    part(reader, first);
}
END_TEST

/* However late the first look comes. */
START_TEST(stream_made_after_the_reader_came_was_waited_for)
{
    struct cli_sub sub = follower();
    struct cli_reader *early, *late;

    early = come(&sub);
    first = make_stream("x", NULL);
    look_for_it(&sub, early);
    ck_assert(early->was_absent);
    late = come(&sub);
    look_for_it(&sub, late);
    ck_assert(!late->was_absent);
    cli_reader_free(early);
    part(late, first);
}
END_TEST

START_TEST(of_the_stream_that_one_has_been_at_nothing_was_missed)
{
    struct cli_sub sub = follower();
    struct cli_reader *reader = come(&sub);

    first = make_stream("x", NULL);
    look_for_it(&sub, reader);
    ck_assert_int_eq(cli_reader_end(&sub, reader, -EOWNERDEAD, 0), CLI_STATUS_DONE);
    look_for_it(&sub, reader);
    ck_assert(!reader->was_absent);
    part(reader, first);
}
END_TEST

int main(void)
{
    return RUN_TESTS("reader", stream_that_has_taken_the_name_is_not_ones_own,
                     stream_that_had_taken_the_name_just_before_is,
                     of_a_stream_without_a_name_nothing_is_known,
                     stream_made_after_the_reader_came_was_waited_for,
                     of_the_stream_that_one_has_been_at_nothing_was_missed);
}
