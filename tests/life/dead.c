/* SPDX-License-Identifier: MIT */
/*
 * Who is dead is found dead, however alive it may look: its pid recycled, become another program, a
 * child of it alive that was forked while it attached. Linked with the linker's --wrap for madvise,
 * and the library's objects.
 */
#define _GNU_SOURCE
#include "streams.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every look for deaths, which is made every two seconds at least, has been made by then, on a very
 * busy machine. */
#define BACKSTOP ((int64_t)10 * 1000 * 1000 * 1000)

int __real_madvise(void *address, size_t bytes, int advice);
int __wrap_madvise(void *address, size_t bytes, int advice);

static pid_t (*fork_in_the_instant)(void); /* before a mapping is kept from children */
static pid_t survivor;

int __wrap_madvise(void *address, size_t bytes, int advice)
{
    if (advice == MADV_DONTFORK && fork_in_the_instant && survivor == 0)
        survivor = fork_in_the_instant();
    return __real_madvise(address, bytes, advice);
}

/* A process that outlives the one that forks it. */
static pid_t fork_survivor(void)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    while (pid == 0)
        pause();
    return pid;
}

static void hold_first(struct link parent, void *arg)
{
    (void)arg;
    take_text(join("s"), 1, "a");
    say(parent, survivor);
    hear(parent);
}

static void hold_first_and_leak(struct link parent, void *arg)
{
    fork_in_the_instant = fork_survivor;
    hold_first(parent, arg);
}

/* What the killing of a consumer with "a" in hand sets free; a witness has acknowledged it. */
static void outlive(void (*holder)(struct link, void *), void (*end)(struct child *))
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct streamx_consumer *witness = join("s");
    struct child consumer;
    pid_t leaked;

    put_text(producer, "a");
    next_text(witness, 1, "a");
    consumer = child_start(holder, NULL);
    leaked = (pid_t)hear(consumer.link);
    ck_assert(leaked != 0 || holder != hold_first_and_leak);
    ack_all(witness);
    ck_assert_int_eq(streamx_put(producer, "b", 1, BRIEFLY), -ETIMEDOUT);
    end(&consumer);
    ck_assert_int_eq(streamx_put(producer, "b", 1, BACKSTOP), 0);
    if (leaked != 0) {
        ck_assert_int_eq(kill(leaked, 0), 0);
        ck_assert_int_eq(kill(leaked, SIGKILL), 0);
    }
    next_text(witness, 2, "b");
    ack_all(witness);
    streamx_unsubscribe(witness);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), 0);
}

START_TEST(consumer_that_leaked_its_lock_into_a_child_is_found_dead)
{
    outlive(hold_first_and_leak, child_kill);
}
END_TEST

static void put_and_leak(struct link parent, void *arg)
{
    (void)arg;
    fork_in_the_instant = fork_survivor;
    put_text(make_stream("s", NULL), "a");
    say(parent, survivor);
    hear(parent);
}

START_TEST(producer_that_leaked_its_lock_into_a_child_is_found_dead)
{
    struct child producer = child_start(put_and_leak, NULL);
    pid_t leaked = (pid_t)hear(producer.link);
    struct streamx_consumer *consumer = join("s");
    struct streamx_message message;

    ck_assert_int_gt(leaked, 0);
    next_text(consumer, 1, "a");
    ck_assert_int_eq(streamx_next(consumer, &message, BRIEFLY), -ETIMEDOUT);
    child_kill(&producer);
    ck_assert_int_eq(streamx_next(consumer, &message, BACKSTOP), -EOWNERDEAD);
    ck_assert_int_eq(kill(leaked, SIGKILL), 0);
    streamx_unsubscribe(consumer);
}
END_TEST

static pid_t impostor;

/* Kills it, and has its pid taken by somebody else. */
static void replace(struct child *child)
{
    pid_t wanted = child->pid;
    struct clone_args args = {
        .exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&wanted, .set_tid_size = 1};

    child_kill(child);
    impostor = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    while (impostor == 0)
        pause();
}

START_TEST(recycled_pid_does_not_keep_a_consumer_alive)
{
    if (geteuid() != 0)
        return; /* cannot choose a pid */
    outlive(hold_first, replace);
    if (impostor > 0) {
        ck_assert_int_eq(kill(impostor, SIGKILL), 0);
        ck_assert_int_eq(waitpid(impostor, NULL, 0), impostor);
    }
}
END_TEST

static void hold_first_then_exec(struct link parent, void *arg)
{
    (void)arg;
    take_text(join("s"), 1, "a");
    say(parent, 0);
    hear(parent);
    execl("/bin/sleep", "sleep", "1000", (char *)NULL);
    abort();
}

static void let_go_on(struct child *child)
{
    say(child->link, 1);
}

START_TEST(consumer_that_became_another_program_is_found_dead_by_the_backstop)
{
    outlive(hold_first_then_exec, let_go_on);
}
END_TEST

int main(void)
{
    return RUN_TESTS("dead", consumer_that_leaked_its_lock_into_a_child_is_found_dead,
                     producer_that_leaked_its_lock_into_a_child_is_found_dead,
                     recycled_pid_does_not_keep_a_consumer_alive,
                     consumer_that_became_another_program_is_found_dead_by_the_backstop);
}
