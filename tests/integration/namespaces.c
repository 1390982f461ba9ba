/* SPDX-License-Identifier: MIT */
/*
 * Peers in different PID namespaces, where a pid of one names somebody else, or nobody, in the
 * other: the living are not taken for dead, nor the dead for alive, even if a child that they
 * forked lives on. Skipped where a PID namespace is not permitted.
 */
#include "streams.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool write_line(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);

    if (fd >= 0)
        close(fd);
    return written;
}

/* Whatever is forked from here on is in a PID namespace of its own. */
static bool enter_pid_namespace(void)
{
    char map[64];
    uid_t uid = geteuid();

    if (uid == 0 && unshare(CLONE_NEWPID) == 0)
        return true;
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0)
        return false;
    snprintf(map, sizeof map, "%u %u 1", (unsigned)uid, (unsigned)uid);
    return write_line("/proc/self/uid_map", map);
}

/*
 * Runs `run` in a PID namespace, as a process whose number there is unused here; `fork_survivor`
 * may be called in it. The namespace lasts until the child in between is killed.
 */
static void run_inside(struct link parent, pid_t number, void (*run)(struct link parent))
{
    ck_assert(enter_pid_namespace());
    if (fork() == 0) { /* the first process, whose end would be everybody's there */
        pid_t pid = 0;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (pid < number) {
            waitpid(pid, NULL, 0);
            pid = fork();
            if (pid == 0 && getpid() == number)
                run(parent);
            if (pid == 0)
                _exit(0);
        }
        say(parent, waitpid(pid, NULL, 0) == pid);
        for (;;)
            pause();
    }
    for (;;)
        pause();
}

static pid_t unused_number(void)
{
    pid_t number = 2;

    while (kill(number, 0) == 0 || errno != ESRCH)
        number++;
    return number;
}

static void fork_survivor(void)
{
    if (fork() == 0)
        for (;;)
            pause();
}

static void hold_first(struct link parent)
{
    struct streamx_consumer *consumer = join("s");

    take_text(consumer, 1, "a");
    fork_survivor();
    say(parent, 1);
    hear(parent);
}

static void consume_inside(struct link parent, void *arg)
{
    run_inside(parent, *(const pid_t *)arg, hold_first);
}

static void put_and_stay(struct link parent)
{
    struct streamx_producer *producer = make_stream("s", NULL);

    put_text(producer, "a");
    fork_survivor();
    say(parent, 1);
    hear(parent);
}

static void produce_inside(struct link parent, void *arg)
{
    run_inside(parent, *(const pid_t *)arg, put_and_stay);
}

/* Lets the process inside exit; its forked child lives on. */
static void end_inside(const struct child *child)
{
    say(child->link, 1);
    ck_assert_int_eq(hear(child->link), 1);
}

START_TEST(consumer_in_another_namespace_is_waited_for_until_it_dies)
{
    struct streamx_producer *producer = make_stream("s", NULL);
    struct child consumer = child_start(consume_inside, &(pid_t){unused_number()});
    struct streamx_consumer *witness = join("s");

    put_text(producer, "a");
    ck_assert_int_eq(hear(consumer.link), 1);
    next_text(witness, 1, "a");
    ack_all(witness);
    ck_assert_int_eq(try_put(producer), -EAGAIN);
    ck_assert_int_eq(streamx_put(producer, "b", 1, 10 * BRIEFLY), -ETIMEDOUT);
    end_inside(&consumer);
    ck_assert_int_eq(streamx_put(producer, "b", 1, PATIENCE), 0);
    child_kill(&consumer);
    streamx_unsubscribe(witness);
    ck_assert_int_eq(streamx_close(producer, STREAMX_NOWAIT), -ETIMEDOUT);
}
END_TEST

START_TEST(producer_in_another_namespace_is_waited_for_until_it_dies)
{
    struct child producer = child_start(produce_inside, &(pid_t){unused_number()});
    struct streamx_consumer *consumer;
    struct streamx_message message;

    ck_assert_int_eq(hear(producer.link), 1);
    consumer = join("s");
    next_text(consumer, 1, "a");
    ck_assert_int_eq(streamx_next(consumer, &message, 10 * BRIEFLY), -ETIMEDOUT);
    end_inside(&producer);
    ck_assert_int_eq(streamx_next(consumer, &message, PATIENCE), -EOWNERDEAD);
    child_kill(&producer);
    streamx_unsubscribe(consumer);
}
END_TEST

int main(void)
{
    pid_t probe = fork();
    int status = -1;

    if (probe == 0)
        _exit(enter_pid_namespace() ? 0 : 1);
    waitpid(probe, &status, 0);
    if (status != 0) {
        puts("skipped: no PID namespace permitted");
        return EXIT_SKIPPED;
    }
    return RUN_TESTS("namespaces", consumer_in_another_namespace_is_waited_for_until_it_dies,
                     producer_in_another_namespace_is_waited_for_until_it_dies);
}
