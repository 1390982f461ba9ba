/* SPDX-License-Identifier: MIT */
/*
 * list: the names of the streams in the directory. remove: taking a name away, and from whom not.
 */
#include "streams.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct names {
    char names[8][208];
    int count;
};

static int collect(const char *name, void *arg)
{
    struct names *names = arg;

    ck_assert_int_lt(names->count, 8);
    strcpy(names->names[names->count++], name);
    return 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static struct names list(void)
{
    struct names names = {.count = 0};

    ck_assert_int_eq(streamx_list(collect, &names), 0);
    qsort(names.names, (size_t)names.count, sizeof names.names[0], compare);
    return names;
}

static void make_file(const char *name)
{
    char path[4096];
    int fd;

    ck_assert_int_lt(snprintf(path, sizeof path, "%s/%s", stream_dir(), name), sizeof path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void remove_file(const char *name)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", stream_dir(), name);
    ck_assert_int_eq(unlink(path), 0);
}

START_TEST(list_names_every_stream_and_nothing_else)
{
    static const char *const others[] = {"other", "streamx", "streamx.", "streamx..hidden"};
    struct streamx_producer *a, *b;

    ck_assert_int_eq(list().count, 0);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        make_file(others[i]);
    a = make_stream("a", NULL);
    b = make_stream("b c", NULL);
    ck_assert_int_eq(list().count, 2);
    ck_assert_str_eq(list().names[0], "a");
    ck_assert_str_eq(list().names[1], "b c");
    ck_assert_int_eq(streamx_close(a, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(list().count, 1);
    ck_assert_int_eq(streamx_close(b, STREAMX_NOWAIT), 0);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        remove_file(others[i]);
}
END_TEST

static int stop_at_once(const char *name, void *arg)
{
    (void)name;
    ++*(int *)arg;
    return -42;
}

START_TEST(list_ends_when_told)
{
    struct streamx_producer *a = make_stream("a", NULL), *b = make_stream("b", NULL);
    int calls = 0;

    ck_assert_int_eq(streamx_list(stop_at_once, &calls), -42);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(streamx_close(a, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(streamx_close(b, STREAMX_NOWAIT), 0);
}
END_TEST

START_TEST(list_of_no_directory_is_an_error)
{
    int calls = 0;

    ck_assert_int_eq(setenv("STREAMX_DIR", stream_path("none"), 1), 0);
    ck_assert_int_eq(streamx_list(stop_at_once, &calls), -ENOENT);
    ck_assert_int_eq(calls, 0);
}
END_TEST

START_TEST(absent_stream_cannot_be_removed)
{
    ck_assert_int_eq(streamx_remove("s", 0), -ENOENT);
    ck_assert_int_eq(streamx_remove("s", STREAMX_FORCE), -ENOENT);
    ck_assert_int_eq(streamx_remove("s", 2), -EINVAL);
    ck_assert_int_eq(streamx_remove("s", UINT32_MAX), -EINVAL);
}
END_TEST

START_TEST(live_stream_is_removed_by_force_only)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *consumer = join("s");

    ck_assert_int_eq(streamx_remove("s", 0), -EBUSY);
    ck_assert(name_exists("s"));
    ck_assert_int_eq(streamx_remove("s", STREAMX_FORCE), 0);
    ck_assert(!name_exists("s"));
    ck_assert_int_eq(list().count, 0);
    put_text(producer, "a");
    next_text(consumer, 1, "a");
    ack_all(consumer);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_take(consumer), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

START_TEST(nobody_removes_a_successors_name)
{
    struct streamx_producer *old = make_stream("s", NULL), *new;
    struct streamx_consumer *of_old = join("s"), *of_new;

    ck_assert_int_eq(streamx_remove("s", STREAMX_FORCE), 0);
    new = make_stream("s", NULL);
    of_new = join("s");
    put_text(old, "old");
    put_text(new, "new");
    streamx_abandon(old);
    next_text(of_old, 1, "old");
    ck_assert_int_eq(try_next(of_old), -EOWNERDEAD);
    streamx_unsubscribe(of_old);
    ck_assert(name_exists("s"));
    next_text(of_new, 1, "new");
    streamx_unsubscribe(of_new);
    ck_assert_int_eq(streamx_close(new, STREAMX_NOWAIT), -ETIMEDOUT);
    ck_assert(!name_exists("s"));
}
END_TEST

START_TEST(dead_stream_is_removed_without_force)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    put_text(producer, "a");
    streamx_abandon(producer);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
    ck_assert(!name_exists("s"));
}
END_TEST

/* Where this process looks: as asked for, not resolved, there or not. */
START_TEST(directory_is_the_one_that_streams_are_looked_for_in)
{
    char *kept = strdup(stream_dir());

    ck_assert_ptr_nonnull(kept);
    ck_assert_str_eq(streamx_directory(), kept);
    ck_assert_int_eq(setenv("STREAMX_DIR", "./no/../such", 1), 0);
    ck_assert_str_eq(streamx_directory(), "./no/../such");
    ck_assert_int_eq(setenv("STREAMX_DIR", "", 1), 0);
    ck_assert_str_eq(streamx_directory(), "/dev/shm");
    ck_assert_int_eq(unsetenv("STREAMX_DIR"), 0);
    ck_assert_str_eq(streamx_directory(), "/dev/shm");
    ck_assert_int_eq(setenv("STREAMX_DIR", kept, 1), 0);
    free(kept);
}
END_TEST

START_TEST(library_tells_its_version)
{
    char version[32];

    snprintf(version, sizeof version, "%d.%d.%d", STREAMX_VERSION_MAJOR, STREAMX_VERSION_MINOR,
             STREAMX_VERSION_PATCH);
    ck_assert_str_eq(streamx_version(), version);
}
END_TEST

int main(void)
{
    return RUN_TESTS("list_remove", list_names_every_stream_and_nothing_else, list_ends_when_told,
                     list_of_no_directory_is_an_error, absent_stream_cannot_be_removed,
                     live_stream_is_removed_by_force_only, nobody_removes_a_successors_name,
                     dead_stream_is_removed_without_force,
                     directory_is_the_one_that_streams_are_looked_for_in,
                     library_tells_its_version);
}
