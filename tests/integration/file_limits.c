/* SPDX-License-Identifier: MIT */
/*
 * The process's own limits show as errors of create and subscribe, and leave nothing behind.
 */
#include "streams.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static void limit(__rlimit_resource_t resource, rlim_t to)
{
    const struct rlimit both = {to, to};

    ck_assert_int_eq(setrlimit(resource, &both), 0);
}

static void create_with_small_files(struct link parent, void *arg)
{
    struct streamx_producer *producer;

    (void)arg;
    limit(RLIMIT_FSIZE, 64 * 1024);
    say(parent, streamx_create(&producer, "s", NULL));
    say(parent, streamx_create(&producer, "small", &(struct streamx_options){.slot_size = 64}));
    put_text(producer, "fits");
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}

START_TEST(file_size_limit_is_an_error_and_no_signal)
{
    struct child child = child_start(create_with_small_files, NULL);

    ck_assert_int_eq(hear(child.link), -EFBIG);
    ck_assert_int_eq(hear(child.link), 0);
    child_join(&child);
}
END_TEST

static void use_up_descriptors(void)
{
    limit(RLIMIT_NOFILE, 32);
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
        ;
    ck_assert_int_eq(errno, EMFILE);
}

static void call_without_descriptors(struct link parent, void *arg)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    struct streamx_info info;

    (void)arg;
    use_up_descriptors();
    say(parent, streamx_create(&producer, "new", NULL));
    say(parent, streamx_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT));
    say(parent, streamx_inspect("s", &info, sizeof info));
}

START_TEST(descriptor_limit_is_an_error)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child child = child_start(call_without_descriptors, NULL);

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(hear(child.link), -EMFILE);
    child_join(&child);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

static void serve_without_descriptors(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)arg;
    use_up_descriptors();
    put_text(producer, "a");
    say(parent, 1);
    put_text(producer, "b");
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}

static void die_attached(struct link parent, void *arg)
{
    (void)arg;
    join("s");
    say(parent, 1);
    hear(parent);
}

START_TEST(open_stream_needs_no_more_descriptors)
{
    struct child producer = child_start(serve_without_descriptors, NULL);
    struct streamx_consumer *consumer = join("s");
    struct child dying;

    ck_assert_int_eq(hear(producer.link), 1);
    dying = child_start(die_attached, NULL);
    ck_assert_int_eq(hear(dying.link), 1);
    next_text(consumer, 1, "a");
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    child_kill(&dying);
    next_text(consumer, 2, "b");
    ack_all(consumer);
    child_join(&producer);
    ck_assert_int_eq(try_next(consumer), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

int main(void)
{
    return RUN_TESTS("file_limits", file_size_limit_is_an_error_and_no_signal,
                     descriptor_limit_is_an_error, open_stream_needs_no_more_descriptors);
}
