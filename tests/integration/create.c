/* SPDX-License-Identifier: MIT */
/*
 * create: names, options, permissions, and that there is one live stream of a name.
 */
#include "streams.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int try_create(const char *name, const struct streamx_options *options)
{
    struct streamx_producer *producer;
    int created = streamx_create(&producer, name, options);

    if (created == 0)
        ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    return created;
}

START_TEST(bad_names_are_refused_everywhere)
{
    static const char *const bad[] = {"",  ".",    "..",   ".hidden", "a/b",
                                      "/", "a\nb", "\x01", "a\x1f"};
    struct streamx_consumer *consumer;
    struct streamx_info info;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(try_create(bad[i], NULL), -EINVAL);
        ck_assert_int_eq(streamx_subscribe(&consumer, bad[i], NULL, STREAMX_NOWAIT), -EINVAL);
        ck_assert_int_eq(streamx_inspect(bad[i], &info, sizeof info), -EINVAL);
        ck_assert_int_eq(streamx_remove(bad[i], 0), -EINVAL);
    }
}
END_TEST

START_TEST(name_may_have_200_bytes_and_not_more)
{
    char name[STREAMX_NAME_MAX + 2];

    memset(name, 'n', sizeof name);
    name[STREAMX_NAME_MAX + 1] = '\0';
    ck_assert_int_eq(try_create(name, NULL), -EINVAL);
    name[STREAMX_NAME_MAX] = '\0';
    ck_assert_int_eq(try_create(name, NULL), 0);
}
END_TEST

START_TEST(unusual_names_are_names)
{
    static const char *const good[] = {"a",  "a.b", "-", " ", "a b", "gr\xc3\xbc\xc3\x9f",
                                       "%s", "~"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct streamx_producer *producer = make_stream(good[i], NULL);

        ck_assert_str_eq(look(good[i]).name, good[i]);
        streamx_unsubscribe(join(good[i]));
        ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    }
}
END_TEST

START_TEST(defaults_are_one_slot_of_64_kib_and_64_seats)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_info info = look("s");

    ck_assert_uint_eq(info.slots, 1);
    ck_assert_uint_eq(info.slot_size, 65536);
    ck_assert_uint_eq(info.max_consumers, 64);
    ck_assert_uint_eq(info.min_consumers, 0);
    ck_assert_uint_eq(info.mode, 0600);
    ck_assert_uint_eq(info.flags, 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(options_out_of_range_are_refused)
{
    const struct streamx_options bad[] = {{.slots = STREAMX_SLOTS_MAX + 1},
                                          {.slots = UINT32_MAX},
                                          {.slot_size = STREAMX_SLOT_SIZE_MAX + 1},
                                          {.slot_size = UINT32_MAX},
                                          {.max_consumers = STREAMX_CONSUMERS_MAX + 1},
                                          {.flags = 32},
                                          {.flags = 0x80000000u},
                                          {.spin_ns = -2},
                                          {.evict_after_ns = -1}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(try_create("s", &bad[i]), -EINVAL);
}
END_TEST

START_TEST(options_at_their_limits_are_accepted)
{
    const struct streamx_options good[] = {{.slots = STREAMX_SLOTS_MAX, .slot_size = 1},
                                           {.max_consumers = STREAMX_CONSUMERS_MAX},
                                           {.max_consumers = 1, .min_consumers = 1},
                                           {.flags = STREAMX_TIMESTAMPS | STREAMX_PIPE},
                                           {.spin_ns = -1},
                                           {.spin_ns = INT64_MAX}};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_int_eq(try_create("s", &good[i]), 0);
}
END_TEST

START_TEST(reserved_fields_must_be_zero)
{
    struct streamx_producer *producer = make_stream("held", NULL);
    struct streamx_consumer *consumer;

    for (int i = 0; i < 8; i++) {
        struct streamx_options options = {0};
        struct streamx_subscribe_options subscribe_options = {0};

        options.reserved[i % 7] = 1;
        subscribe_options.reserved[i] = UINT64_MAX;
        ck_assert_int_eq(try_create("s", &options), -EINVAL);
        ck_assert_int_eq(streamx_subscribe(&consumer, "held", &subscribe_options, STREAMX_NOWAIT),
                         -EINVAL);
    }
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(owner_must_be_allowed_to_read_and_to_write)
{
    static const uint32_t bad[] = {0400, 0200, 0466, 0266, 01600, 010000};
    static const uint32_t good[] = {0600, 0640, 0604, 0644, 0664, 0660, 0666, 0620, 0777};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(try_create("s", &(struct streamx_options){.mode = bad[i]}), -EINVAL);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_int_eq(try_create("s", &(struct streamx_options){.mode = good[i]}), 0);
}
END_TEST

START_TEST(mode_is_applied_whatever_the_umask)
{
    static const mode_t umasks[] = {0, 022, 077, 0777};
    const struct streamx_options options = {.mode = 0666};
    struct stat status;

    for (size_t i = 0; i < sizeof umasks / sizeof umasks[0]; i++) {
        mode_t old = umask(umasks[i]);
        struct streamx_producer *producer = make_stream("s", &options);

        umask(old);
        ck_assert_int_eq(stat(stream_path("s"), &status), 0);
        ck_assert_uint_eq(status.st_mode & 07777, 0666);
        ck_assert_uint_eq(look("s").mode, 0666);
        ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    }
}
END_TEST

static void create_again(struct link parent, void *arg)
{
    (void)arg;
    say(parent, try_create("s", NULL));
}

START_TEST(live_stream_of_that_name_is_not_replaced)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child other;

    ck_assert_int_eq(try_create("s", NULL), -EEXIST);
    other = child_start(create_again, NULL);
    ck_assert_int_eq(hear(other.link), -EEXIST);
    child_join(&other);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_uint_eq(look("s").published, 1);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
    ck_assert_int_eq(try_create("s", NULL), 0);
}
END_TEST

static void hold(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    say(parent, 1);
    hear(parent);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

START_TEST(stopped_producers_stream_is_not_replaced)
{
    struct child holder = child_start(hold, NULL);

    ck_assert_int_eq(hear(holder.link), 1);
    child_stop(&holder);
    ck_assert_int_eq(try_create("s", NULL), -EEXIST);
    child_continue(&holder);
    say(holder.link, 1);
    child_join(&holder);
}
END_TEST

START_TEST(streams_of_different_names_are_independent)
{
    struct streamx_producer *a = make_stream("a", NULL), *b = make_stream("b", NULL);
    struct streamx_consumer *of_a = join("a"), *of_b = join("b");

    put_text(a, "for a");
    put_text(b, "for b");
    next_text(of_b, 1, "for b");
    next_text(of_a, 1, "for a");
    streamx_unsubscribe(of_a);
    streamx_unsubscribe(of_b);
    ck_assert_int_eq(streamx_close(a, STREAMX_NOWAIT), -ETIMEDOUT);
    ck_assert_int_eq(streamx_close(b, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(errno_is_left_alone)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer;

    errno = 4711;
    ck_assert_int_eq(try_create("s", NULL), -EEXIST);
    ck_assert_int_eq(streamx_subscribe(&consumer, "none", NULL, STREAMX_NOWAIT), -ENOENT);
    ck_assert_int_eq(try_put(producer), 0);
    ck_assert_int_eq(streamx_put(producer, "x", 1, BRIEFLY), -ETIMEDOUT);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
    ck_assert_int_eq(errno, 4711);
}
END_TEST

START_TEST(directory_that_does_not_exist_is_an_error)
{
    ck_assert_int_eq(setenv("STREAMX_DIR", stream_path("none"), 1), 0);
    ck_assert_int_eq(try_create("s", NULL), -ENOENT);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "create", bad_names_are_refused_everywhere, name_may_have_200_bytes_and_not_more,
        unusual_names_are_names, defaults_are_one_slot_of_64_kib_and_64_seats,
        options_out_of_range_are_refused, options_at_their_limits_are_accepted,
        reserved_fields_must_be_zero, owner_must_be_allowed_to_read_and_to_write,
        mode_is_applied_whatever_the_umask, live_stream_of_that_name_is_not_replaced,
        stopped_producers_stream_is_not_replaced, streams_of_different_names_are_independent,
        errno_is_left_alone, directory_that_does_not_exist_is_an_error);
}
