/* SPDX-License-Identifier: MIT */
/*
 * On an overlay, as the root of a container is, a mapping refers to another file than the
 * descriptor that it was made through: what is locked through the one is not kept by the other. No
 * living party may count as dead because of that: a stream is refused there, with an error that
 * says so. Likewise where a program shows the files of another directory, by FUSE. Where the same
 * directory is mounted twice, by whatever way, the file is one, and all works. Skipped where mounts
 * are not permitted.
 */
#define _GNU_SOURCE
#include "mounts.h"
#include "streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *below(const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/%s", stream_dir(), name);
    return path;
}

/* An overlay in which streams are looked for; its layers are directories beside it. */
static void use_overlay(void)
{
    char layers[512], merged[512];

    ck_assert(mount_tmpfs(stream_dir()));
    snprintf(layers, sizeof layers, "%s", below("layers"));
    snprintf(merged, sizeof merged, "%s", below("merged"));
    ck_assert_int_eq(mkdir(layers, 0777), 0);
    ck_assert_int_eq(mkdir(merged, 0777), 0);
    ck_assert(mount_overlay(merged, layers));
    setenv("STREAMX_DIR", merged, 1);
}

static void leave_overlay(void)
{
    unmount(getenv("STREAMX_DIR"));
    setenv("STREAMX_DIR", stream_dir(), 1);
    unmount(stream_dir());
}

static int count_name(const char *name, void *arg)
{
    (void)name;
    ++*(int *)arg;
    return 0;
}

START_TEST(stream_that_would_count_as_dead_is_refused)
{
    struct streamx_producer *producer;
    int names = 0;

    use_overlay();
    ck_assert_int_eq(streamx_create(&producer, "s", NULL), -EOPNOTSUPP);
    ck_assert_int_eq(streamx_list(count_name, &names), 0);
    ck_assert_int_eq(names, 0);
    leave_overlay();
}
END_TEST

/* A stream that lives in `there`, seen through `here`, where no lock of it is seen. */
static void expect_life(const char *there, const char *here)
{
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    const struct streamx_subscribe_options tap = {.flags = STREAMX_TAP};
    struct streamx_info info;

    setenv("STREAMX_DIR", there, 1);
    producer = make_stream("s", NULL);
    put_text(producer, "a");
    setenv("STREAMX_DIR", here, 1);
    ck_assert_int_eq(streamx_inspect("s", &info, sizeof info), 0);
    ck_assert_uint_eq(info.state, STREAMX_STATE_LIVE);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", NULL, STREAMX_NOWAIT), -EOPNOTSUPP);
    ck_assert_int_eq(streamx_subscribe(&consumer, "s", &tap, STREAMX_NOWAIT), -EOPNOTSUPP);
    ck_assert_int_eq(streamx_remove("s", 0), -EBUSY);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}

static void die_at_once(struct link parent, void *arg)
{
    (void)arg;
    put_text(make_stream("t", NULL), "a");
    say(parent, 1);
    hear(parent);
}

/* Whom the kernel does not know any more is dead there too. (By another name: an overlay does not
 * look again for one that it has found.) */
static void expect_death(const char *there, const char *here)
{
    struct child producer;

    setenv("STREAMX_DIR", there, 1);
    producer = child_start(die_at_once, NULL);
    ck_assert_int_eq(hear(producer.link), 1);
    child_kill(&producer);
    setenv("STREAMX_DIR", here, 1);
    ck_assert_uint_eq(look("t").state, STREAMX_STATE_DEAD);
    ck_assert_int_eq(streamx_remove("t", 0), 0);
}

START_TEST(nobody_is_called_dead_through_an_overlay)
{
    char merged[512], upper[512];

    use_overlay();
    snprintf(merged, sizeof merged, "%s", getenv("STREAMX_DIR"));
    snprintf(upper, sizeof upper, "%s", below("layers/upper"));
    expect_life(upper, merged);
    expect_death(upper, merged);
    leave_overlay();
}
END_TEST

START_TEST(nobody_is_called_dead_through_fuse)
{
    char there[512], here[512];

    ck_assert(mount_tmpfs(stream_dir()));
    snprintf(there, sizeof there, "%s", below("there"));
    snprintf(here, sizeof here, "%s", below("here"));
    ck_assert_int_eq(mkdir(there, 0777), 0);
    ck_assert_int_eq(mkdir(here, 0777), 0);
    if (mount_fuse(here, there)) {
        expect_life(there, here);
        unmount_when_unused(here);
    } else {
        puts("no bindfs here");
    }
    setenv("STREAMX_DIR", stream_dir(), 1);
    unmount_when_unused(stream_dir());
}
END_TEST

START_TEST(bind_mount_shows_the_same_stream)
{
    struct streamx_producer *producer, *rival;
    struct streamx_consumer *consumer;
    char here[512], there[512];

    ck_assert(mount_tmpfs(stream_dir()));
    snprintf(here, sizeof here, "%s", below("here"));
    snprintf(there, sizeof there, "%s", below("there"));
    ck_assert_int_eq(mkdir(here, 0777), 0);
    ck_assert_int_eq(mkdir(there, 0777), 0);
    ck_assert_int_eq(mount(here, there, NULL, MS_BIND, NULL), 0);
    setenv("STREAMX_DIR", here, 1);
    producer = make_stream("s", NULL);
    put_text(producer, "a");
    setenv("STREAMX_DIR", there, 1);
    ck_assert_uint_eq(look("s").state, STREAMX_STATE_LIVE);
    ck_assert_int_eq(streamx_create(&rival, "s", NULL), -EEXIST);
    consumer = join("s");
    next_text(consumer, 1, "a");
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
    ck_assert_int_eq(try_next(consumer), 0);
    streamx_unsubscribe(consumer);
    setenv("STREAMX_DIR", stream_dir(), 1);
    unmount(there);
    unmount(stream_dir());
}
END_TEST

static bool permitted(void)
{
    int status = -1;
    pid_t probe = fork();

    if (probe == 0)
        _exit(mounts_enter() && mount_tmpfs("/tmp") && mkdir("/tmp/merged", 0777) == 0 &&
                      mount_overlay("/tmp/merged", "/tmp")
                  ? 0
                  : 1);
    return waitpid(probe, &status, 0) == probe && status == 0 && mounts_enter();
}

int main(void)
{
    if (!permitted()) {
        puts("skipped: no overlay mount permitted");
        return EXIT_SKIPPED;
    }
    return RUN_TESTS("overlay", stream_that_would_count_as_dead_is_refused,
                     nobody_is_called_dead_through_an_overlay, nobody_is_called_dead_through_fuse,
                     bind_mount_shows_the_same_stream);
}
