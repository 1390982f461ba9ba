/* SPDX-License-Identifier: MIT */
/*
 * What lies under a stream's name and is no stream of ours is refused by every call, changed by
 * none, and never waited for.
 */
#include "streams.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where every layout has its version; see lib/README.md. */
enum { VERSION_OFFSET = 8 };

static void expect_refusal(int error)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    struct streamx_info info;

    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT), error);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, PATIENCE), error);
    ck_assert_int_eq(streamx_inspect("s", &info, sizeof info), error);
    ck_assert_int_eq(streamx_create(&producer, "s", NULL), -EPERM);
    ck_assert_int_eq(streamx_remove("s", 0), -EPERM);
    ck_assert_int_eq(streamx_remove("s", STREAMX_FORCE), -EPERM);
}

static void write_file(const void *content, size_t size)
{
    int fd = open(stream_path("s"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, size), (ssize_t)size);
    close(fd);
}

START_TEST(empty_file_is_no_stream)
{
    write_file("", 0);
    expect_refusal(-EPERM);
    ck_assert_int_eq(unlink(stream_path("s")), 0);
}
END_TEST

START_TEST(garbage_is_no_stream)
{
    static unsigned char bytes[3 * 65536];
    static const size_t sizes[] = {1, 7, 8, 4095, 4096, 4097, 8192, sizeof bytes};
    uint32_t state = 1;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)((state = state * 1664525 + 1013904223) >> 24);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct stat status;

        write_file(bytes, sizes[i]);
        expect_refusal(-EPERM);
        ck_assert_int_eq(stat(stream_path("s"), &status), 0);
        ck_assert_int_eq(status.st_size, (off_t)sizes[i]);
    }
    ck_assert_int_eq(unlink(stream_path("s")), 0);
}
END_TEST

START_TEST(zeroes_are_no_stream)
{
    static const char zeroes[3 * 65536];

    write_file(zeroes, sizeof zeroes);
    expect_refusal(-EPERM);
    ck_assert_int_eq(unlink(stream_path("s")), 0);
}
END_TEST

START_TEST(fifo_is_no_stream_and_is_not_waited_for)
{
    ck_assert_int_eq(mkfifo(stream_path("s"), 0600), 0);
    expect_refusal(-EPERM);
    ck_assert_int_eq(unlink(stream_path("s")), 0);
}
END_TEST

START_TEST(directory_is_no_stream)
{
    ck_assert_int_eq(mkdir(stream_path("s"), 0700), 0);
    expect_refusal(-EPERM);
    ck_assert_int_eq(rmdir(stream_path("s")), 0);
}
END_TEST

START_TEST(symbolic_link_is_not_followed)
{
    struct streamx_producer *producer = make_stream("real", NULL);

    ck_assert_int_eq(symlink("streamx.real", stream_path("s")), 0);
    expect_refusal(-EPERM);
    ck_assert_int_eq(unlink(stream_path("s")), 0);
    ck_assert_int_eq(symlink("/nonexistent", stream_path("s")), 0);
    expect_refusal(-EPERM);
    ck_assert_int_eq(unlink(stream_path("s")), 0);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

static void make_leftover(struct link parent, void *arg)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    (void)parent;
    (void)arg;
    put_text(producer, "a");
    _exit(0);
}

static off_t leave_a_dead_stream(void)
{
    struct child producer = child_start(make_leftover, NULL);
    struct stat status;

    child_join(&producer);
    ck_assert_int_eq(stat(stream_path("s"), &status), 0);
    return status.st_size;
}

START_TEST(stream_of_another_size_than_it_says_is_no_stream)
{
    off_t size = leave_a_dead_stream();
    const off_t sizes[] = {size - 1, size + 1, size + 4096, size / 2, 4096, 64, 1};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct streamx_consumer *consumer;
        struct streamx_info info;

        ck_assert_int_eq(truncate(stream_path("s"), sizes[i]), 0);
        ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT), -EPERM);
        ck_assert_int_eq(streamx_inspect("s", &info, sizeof info), -EPERM);
    }
    ck_assert_int_eq(unlink(stream_path("s")), 0);
}
END_TEST

START_TEST(stream_of_another_layout_version_is_told_apart)
{
    struct streamx_consumer *consumer;
    struct streamx_info info;
    uint32_t version;
    int fd;

    leave_a_dead_stream();
    fd = open(stream_path("s"), O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pread(fd, &version, sizeof version, VERSION_OFFSET), sizeof version);
    version++;
    ck_assert_int_eq(pwrite(fd, &version, sizeof version, VERSION_OFFSET), sizeof version);
    close(fd);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT), -EPROTO);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, PATIENCE), -EPROTO);
    ck_assert_int_eq(streamx_inspect("s", &info, sizeof info), -EPROTO);
    ck_assert_int_eq(unlink(stream_path("s")), 0);
}
END_TEST

/* Becomes nobody, makes a stream that everybody may write to, and holds it or leaves it behind. */
static void hold_as_nobody(struct link parent, void *arg)
{
    const bool *hold = arg;
    struct streamx_producer *producer;

    ck_assert_int_eq(setgid(65534), 0);
    ck_assert_int_eq(setuid(65534), 0);
    producer = make_stream("s", &(struct streamx_options){.mode = 0666});
    put_text(producer, "a");
    say(parent, 1);
    if (*hold)
        hear(parent);
    _exit(0);
}

static void meet_another_users_stream(bool live)
{
    const struct streamx_subscribe_options any = {.flags = STREAMX_ANY_OWNER};
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    struct child nobody = child_start(hold_as_nobody, &live);

    ck_assert_int_eq(hear(nobody.link), 1);
    if (!live)
        child_join(&nobody);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT), -EPERM);
    ck_assert_int_eq(streamx_create(&producer, "s", NULL), -EPERM);
    ck_assert_uint_eq(look("s").uid, 65534);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", &any, STREAMX_NOWAIT), 0);
    take_text(consumer, 1, "a");
    streamx_unsubscribe(consumer);
    ck_assert_int_eq(streamx_remove("s", STREAMX_FORCE), 0); /* root may */
    if (live)
        child_kill(&nobody);
}

START_TEST(another_users_stream_is_refused_unless_asked_for)
{
    if (geteuid() != 0)
        return; /* cannot become somebody else */
    ck_assert_int_eq(chmod(stream_dir(), 01777), 0);
    meet_another_users_stream(true);
    meet_another_users_stream(false);
}
END_TEST

static void meet_what_root_made(struct link parent, void *arg)
{
    struct streamx_consumer *consumer;
    struct streamx_producer *producer;

    (void)arg;
    ck_assert_int_eq(setgid(65534), 0);
    ck_assert_int_eq(setuid(65534), 0);
    say(parent, streamx_subscribe(&consumer, "private", NULL, STREAMX_NOWAIT));
    say(parent, streamx_create(&producer, "private", NULL));
    say(parent, streamx_remove("private", STREAMX_FORCE));
    say(parent, streamx_subscribe(&consumer, "public", NULL, STREAMX_NOWAIT));
    take_text(consumer, 1, "for all");
    streamx_unsubscribe(consumer);
}

START_TEST(roots_stream_is_open_to_whom_its_mode_admits)
{
    struct streamx_producer *private, *public;
    struct child nobody;

    if (geteuid() != 0)
        return; /* cannot become somebody else */
    private = make_stream("private", NULL);
    public = make_stream("public", &(struct streamx_options){.mode = 0666});
    put_text(public, "for all");
    ck_assert_int_eq(chmod(stream_dir(), 01777), 0);
    nobody = child_start(meet_what_root_made, NULL);
    ck_assert_int_eq(hear(nobody.link), -EPERM);
    ck_assert_int_eq(hear(nobody.link), -EPERM);
    ck_assert_int_eq(hear(nobody.link), -EPERM);
    ck_assert_int_eq(hear(nobody.link), 0);
    child_join(&nobody);
    ck_assert_int_eq(streamx_close(private, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_close(public, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("refusal", empty_file_is_no_stream, garbage_is_no_stream, zeroes_are_no_stream,
                     fifo_is_no_stream_and_is_not_waited_for, directory_is_no_stream,
                     symbolic_link_is_not_followed,
                     stream_of_another_size_than_it_says_is_no_stream,
                     stream_of_another_layout_version_is_told_apart,
                     another_users_stream_is_refused_unless_asked_for,
                     roots_stream_is_open_to_whom_its_mode_admits);
}
