/* SPDX-License-Identifier: MIT */
/*
 * A process that has crashed and dumps core is dead, however long the dump takes. Here it takes
 * for ever: the file system that the core goes to is frozen. Skipped where that is not permitted,
 * or cores go elsewhere.
 */
#define _GNU_SOURCE
#include "mounts.h"
#include "streams.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int frozen;           /* the root of the file system that cores go to */
static char core_place[512]; /* where it is mounted */

static void *run_on(void *arg)
{
    static volatile bool for_ever = true;

    while (for_ever)
        ;
    return arg;
}

/* Also with a thread that will not end by itself. */
static void crash(bool threaded)
{
    const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    pthread_t thread;

    signal(SIGABRT, SIG_DFL);
    ck_assert_int_eq(setrlimit(RLIMIT_CORE, &unlimited), 0);
    ck_assert_int_eq(chdir(core_place), 0);
    ck_assert(!threaded || pthread_create(&thread, NULL, run_on, NULL) == 0);
    abort();
}

static void put_and_crash(struct link parent, void *arg)
{
    put_text(make_stream("s", NULL), "a");
    say(parent, 1);
    hear(parent);
    crash(arg != NULL);
}

static void take_and_crash(struct link parent, void *arg)
{
    take_text(join("s"), 1, "a");
    say(parent, 1);
    hear(parent);
    crash(arg != NULL);
}

static void freeze(void)
{
    snprintf(core_place, sizeof core_place, "%s/cores", stream_dir());
    ck_assert_int_eq(mkdir(core_place, 0777), 0);
    ck_assert(mount_image(core_place, "ext4", 32));
    frozen = open(core_place, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(ioctl(frozen, FIFREEZE, 0), 0);
}

/* Still there, and dumping. */
static bool is_dumping(const struct child *child)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

static void thaw(struct child *child)
{
    ck_assert(is_dumping(child));
    ck_assert_int_eq(ioctl(frozen, FITHAW, 0), 0);
    ck_assert_int_eq(waitpid(child->pid, NULL, 0), child->pid);
    close(frozen);
    unmount(core_place);
    ck_assert_int_eq(rmdir(core_place), 0);
}

static void outlive_a_producer(void *threaded)
{
    struct child producer;
    struct streamx_consumer *consumer;
    struct streamx_message message;

    freeze();
    producer = child_start(put_and_crash, threaded);
    ck_assert_int_eq(hear(producer.link), 1);
    consumer = join("s");
    next_text(consumer, 1, "a");
    ck_assert_int_eq(try_next(consumer), -EAGAIN);
    say(producer.link, 1);
    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), -EOWNERDEAD);
    streamx_unsubscribe(consumer);
    thaw(&producer);
}

START_TEST(producer_that_dumps_core_is_dead)
{
    outlive_a_producer(NULL);
    outlive_a_producer(&frozen);
}
END_TEST

START_TEST(consumer_that_dumps_core_is_dead)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *witness = join("s");
    struct child consumer;

    freeze();
    put_text(producer, "a");
    consumer = child_start(take_and_crash, NULL);
    ck_assert_int_eq(hear(consumer.link), 1);
    next_text(witness, 1, "a");
    ack_all(witness);
    say(consumer.link, 1);
    ck_assert_int_eq(streamx_put(producer, "b", 1, PATIENCE), 0);
    next_text(witness, 2, "b");
    ack_all(witness);
    thaw(&consumer);
    streamx_unsubscribe(witness);
    ck_assert_int_eq(streamx_close(producer, PATIENCE), 0);
}
END_TEST

/* Cores go where the process is. */
static bool cores_are_files_here(void)
{
    char pattern[128] = "";
    FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");

    if (!file || !fgets(pattern, sizeof pattern, file))
        pattern[0] = '|';
    if (file)
        fclose(file);
    return pattern[0] != '|' && pattern[0] != '/' && pattern[0] != '@';
}

static bool can_freeze(void)
{
    char place[] = "/tmp/streamx-frozen.XXXXXX";
    bool can = false;
    int fd;

    if (!mkdtemp(place) || !mount_image(place, "ext4", 32))
        return false;
    fd = open(place, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && ioctl(fd, FIFREEZE, 0) == 0)
        can = ioctl(fd, FITHAW, 0) == 0;
    if (fd >= 0)
        close(fd);
    umount(place);
    rmdir(place);
    return can;
}

int main(void)
{
    if (!cores_are_files_here() || !mounts_enter() || !can_freeze()) {
        puts("skipped: cores go elsewhere, or no file system can be frozen");
        return EXIT_SKIPPED;
    }
    return RUN_TESTS("core_dump", producer_that_dumps_core_is_dead,
                     consumer_that_dumps_core_is_dead);
}
