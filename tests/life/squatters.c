/* SPDX-License-Identifier: MIT */
/*
 * Names are shared by all users of the directory: one that another user has taken, in a sticky
 * directory, is refused by every call, and stays as it is. With two users other than root; skipped
 * unless root runs it.
 */
#include "streams.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SQUATTER = 65533, VICTIM = 65534 };

static void become(uid_t user)
{
    ck_assert_int_eq(setgid(user), 0);
    ck_assert_int_eq(setuid(user), 0);
}

static void put_bytes(const char *text, mode_t mode)
{
    int fd = open(stream_path("s"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void put_garbage(void)
{
    put_bytes("not yours", 0666);
}

static void put_nothing(void)
{
    put_bytes("", 0600);
}

static void put_link(void)
{
    ck_assert_int_eq(symlink("/etc/hostname", stream_path("s")), 0);
}

static void put_fifo(void)
{
    ck_assert_int_eq(mkfifo(stream_path("s"), 0666), 0);
}

/* A stream of a dead producer, which everybody may write to. */
static void put_dead_stream(void)
{
    put_text(make_stream("s", &(struct streamx_options){.mode = 0666}), "a");
}

static void squat(struct link parent, void *arg)
{
    void (*const *way)(void) = arg;

    (void)parent;
    become(SQUATTER);
    (*way)();
    _exit(0);
}

static void meet(struct link parent, void *arg)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;

    (void)arg;
    become(VICTIM);
    say(parent, streamx_create(&producer, "s", NULL));
    say(parent, streamx_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT));
    say(parent, streamx_subscribe(&consumer, "s", NULL, PATIENCE));
    say(parent, streamx_remove("s", STREAMX_FORCE));
}

static void expect_refusals(void (*way)(void))
{
    struct child squatter = child_start(squat, &way), victim;
    struct stat before, after;

    child_join(&squatter);
    ck_assert_int_eq(lstat(stream_path("s"), &before), 0);
    victim = child_start(meet, NULL);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(hear(victim.link), -EPERM);
    child_join(&victim);
    ck_assert_int_eq(lstat(stream_path("s"), &after), 0);
    ck_assert_uint_eq(after.st_ino, before.st_ino);
    ck_assert_int_eq(after.st_size, before.st_size);
    ck_assert_int_eq(unlink(stream_path("s")), 0);
}

START_TEST(squatted_name_is_refused_and_left_alone)
{
    static void (*const ways[])(void) = {put_garbage, put_nothing, put_link, put_fifo,
                                         put_dead_stream};

    ck_assert_int_eq(chmod(stream_dir(), 01777), 0);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        expect_refusals(ways[i]);
}
END_TEST

static void use_another_name(struct link parent, void *arg)
{
    struct streamx_producer *producer;

    (void)arg;
    become(VICTIM);
    producer = make_stream("t", NULL);
    say(parent, streamx_close(producer, STREAMX_NOWAIT));
}

START_TEST(other_names_in_the_directory_are_free)
{
    void (*way)(void) = put_garbage;
    struct child child;

    ck_assert_int_eq(chmod(stream_dir(), 01777), 0);
    child = child_start(squat, &way);
    child_join(&child);
    child = child_start(use_another_name, NULL);
    ck_assert_int_eq(hear(child.link), 0);
    child_join(&child);
    ck_assert_int_eq(unlink(stream_path("s")), 0);
}
END_TEST

int main(void)
{
    if (geteuid() != 0) {
        puts("skipped: needs root, to become two other users");
        return EXIT_SKIPPED;
    }
    return RUN_TESTS("squatters", squatted_name_is_refused_and_left_alone,
                     other_names_in_the_directory_are_free);
}
