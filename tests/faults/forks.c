/* SPDX-License-Identifier: MIT */
/*
 * A child that is forked while a stream is made or attached to does not keep its parent's lock:
 * neither its copy of a descriptor nor of a mapping. The lock itself is asked, since whoever is in
 * the same PID namespace has a second witness. Linked with the linker's --wrap for the calls in
 * whose midst the fork comes, and the library's objects.
 */
#define _GNU_SOURCE
#include "streams.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/liveness.h"
#include "memory/layout.h"

int __real_posix_fallocate(int fd, off_t offset, off_t length);
int __wrap_posix_fallocate(int fd, off_t offset, off_t length);
int __real_madvise(void *address, size_t bytes, int advice);
int __wrap_madvise(void *address, size_t bytes, int advice);

static bool fork_in_allocation;
static bool fork_in_hold;
static pid_t survivor; /* forked in such a moment */
static pthread_t forker;
static _Atomic pid_t forker_id;

static pid_t fork_survivor(void)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    while (pid == 0)
        pause();
    return pid;
}

int __wrap_posix_fallocate(int fd, off_t offset, off_t length)
{
    if (fork_in_allocation && survivor == 0)
        survivor = fork_survivor();
    return __real_posix_fallocate(fd, offset, length);
}

static void *fork_in_thread(void *arg)
{
    (void)arg;
    atomic_store(&forker_id, (pid_t)syscall(SYS_gettid));
    survivor = fork_survivor();
    return NULL;
}

/* Before a mapping is kept from children. Another thread forks, or is made to wait. */
int __wrap_madvise(void *address, size_t bytes, int advice)
{
    if (advice == MADV_DONTFORK && bytes == SX_PAGE && fork_in_hold && forker_id == 0) {
        ck_assert_int_eq(pthread_create(&forker, NULL, fork_in_thread, NULL), 0);
        WAIT_UNTIL(atomic_load(&forker_id) != 0 && thread_rests(atomic_load(&forker_id)));
    }
    return __real_madvise(address, bytes, advice);
}

static void make_and_stay(struct link parent, void *arg)
{
    (void)arg;
    make_stream("s", NULL);
    if (fork_in_hold)
        pthread_join(forker, NULL);
    say(parent, survivor);
    hear(parent);
}

static void attach_and_stay(struct link parent, void *arg)
{
    (void)arg;
    join("s");
    if (fork_in_hold)
        pthread_join(forker, NULL);
    say(parent, survivor);
    hear(parent);
}

/* Kills it, and sees its lock fall, while its child lives on. */
static void expect_no_lock_after(struct child *child, int64_t lock_byte)
{
    pid_t left = (pid_t)hear(child->link);
    int fd = open(stream_path("s"), O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_gt(left, 0);
    ck_assert(sx_liveness_held(fd, lock_byte));
    child_kill(child);
    ck_assert_int_eq(kill(left, 0), 0);
    ck_assert(!sx_liveness_held(fd, lock_byte));
    ck_assert_int_eq(kill(left, SIGKILL), 0);
    close(fd);
}

static void fork_while_made(bool *when)
{
    struct child child;

    *when = true;
    child = child_start(make_and_stay, NULL);
    expect_no_lock_after(&child, SX_LOCK_PRODUCER);
    ck_assert_int_eq(streamx_remove("s", 0), 0);
}

START_TEST(child_forked_while_memory_is_reserved_keeps_no_lock)
{
    fork_while_made(&fork_in_allocation);
}
END_TEST

START_TEST(fork_waits_while_a_producer_takes_its_lock)
{
    fork_while_made(&fork_in_hold);
}
END_TEST

START_TEST(fork_waits_while_a_consumer_takes_its_lock)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child child;

    fork_in_hold = true;
    child = child_start(attach_and_stay, NULL);
    expect_no_lock_after(&child, SX_LOCK_CONSUMER + 1);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS("forks", child_forked_while_memory_is_reserved_keeps_no_lock,
                     fork_waits_while_a_producer_takes_its_lock,
                     fork_waits_while_a_consumer_takes_its_lock);
}
