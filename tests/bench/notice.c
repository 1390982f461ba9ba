/* SPDX-License-Identifier: MIT */
/*
 * bench_notice: how long it takes until a killed peer is noticed. 200 times each, with io_uring and
 * with it taken away by a filter:
 *
 *   put    from the kill of a consumer with a message in hand to the return of the put that was
 *          blocked on it; another consumer is attached, and has acknowledged
 *   next   from the kill of the producer to the return of the next that was blocked on it
 *
 * The call has been blocked for 10 to 100 ms when the kill comes. Prints median, 99th percentile
 * and maximum. Not a test: nothing is asserted but that the calls return as they should.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <streamx.h>

#include "without.h"

#define STREAM "notice"
#define KILLS 200

static _Atomic int64_t *killed_ns; /* shared with the killer */

static void check(int result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "bench_notice: %s: %s\n", what, strerror(-result));
    exit(EXIT_FAILURE);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static pid_t start(void (*role)(int out), int *in)
{
    int ends[2];
    pid_t pid;

    check(pipe(ends), "pipe");
    pid = fork();
    check(pid, "fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        role(ends[1]);
        _exit(EXIT_SUCCESS);
    }
    close(ends[1]);
    *in = ends[0];
    return pid;
}

static void say(int out)
{
    check((int)write(out, "x", 1), "write");
}

static void hear(int in)
{
    char byte;

    if (read(in, &byte, 1) != 1)
        check(-EPIPE, "a child");
}

/* Kills it a while from now, and notes when. */
static pid_t kill_soon(pid_t victim)
{
    int64_t delay_ns = 10000000 + (int64_t)(rand() % 90000000);
    pid_t pid = fork();

    check(pid, "fork");
    if (pid > 0)
        return pid;
    nanosleep(&(struct timespec){.tv_nsec = delay_ns}, NULL);
    atomic_store(killed_ns, now_ns());
    kill(victim, SIGKILL);
    _exit(EXIT_SUCCESS);
}

/* ---- put ------------------------------------------------------------------------------------- */

static void acknowledge_all(int out)
{
    struct streamx_consumer *consumer;
    struct streamx_message message;

    check(streamx_subscribe(&consumer, STREAM, NULL, STREAMX_FOREVER), "subscribe");
    say(out);
    while (streamx_take(consumer, &message, STREAMX_FOREVER) == 1)
        check(streamx_ack(consumer, 0), "ack");
}

static void take_one(int out)
{
    /* The last victim's may still be there. */
    const struct streamx_subscribe_options new = {.start = STREAMX_START_NEW};
    struct streamx_consumer *consumer;
    struct streamx_message message;

    check(streamx_subscribe(&consumer, STREAM, &new, STREAMX_FOREVER), "subscribe");
    say(out);
    check(streamx_take(consumer, &message, STREAMX_FOREVER), "take");
    say(out);
    pause();
}

static int64_t notice_by_put(struct streamx_producer *producer)
{
    int in;
    pid_t victim = start(take_one, &in), killer;
    int64_t noticed_ns;

    hear(in);
    check(streamx_put(producer, "a", 1, STREAMX_FOREVER), "put");
    hear(in);
    killer = kill_soon(victim);
    check(streamx_put(producer, "b", 1, STREAMX_FOREVER), "put");
    noticed_ns = now_ns();
    waitpid(killer, NULL, 0);
    waitpid(victim, NULL, 0);
    close(in);
    return noticed_ns - atomic_load(killed_ns);
}

static void measure_put(int64_t *delays_ns)
{
    struct streamx_producer *producer;
    pid_t witness;
    int in;

    check(streamx_create(&producer, STREAM, NULL), "create");
    witness = start(acknowledge_all, &in);
    hear(in);
    for (int i = 0; i < KILLS; i++)
        delays_ns[i] = notice_by_put(producer);
    check(streamx_close(producer, STREAMX_FOREVER), "close");
    waitpid(witness, NULL, 0);
    close(in);
}

/* ---- next ------------------------------------------------------------------------------------ */

static void put_one(int out)
{
    struct streamx_producer *producer;

    check(streamx_create(&producer, STREAM, NULL), "create");
    check(streamx_put(producer, "a", 1, STREAMX_FOREVER), "put");
    say(out);
    pause();
}

static int64_t notice_by_next(void)
{
    int in;
    pid_t victim = start(put_one, &in), killer;
    struct streamx_consumer *consumer;
    struct streamx_message message;
    int64_t noticed_ns;

    hear(in);
    check(streamx_subscribe(&consumer, STREAM, NULL, STREAMX_FOREVER), "subscribe");
    check(streamx_next(consumer, &message, STREAMX_FOREVER), "next");
    killer = kill_soon(victim);
    if (streamx_next(consumer, &message, STREAMX_FOREVER) != -EOWNERDEAD)
        check(-EINVAL, "next");
    noticed_ns = now_ns();
    streamx_unsubscribe(consumer);
    waitpid(killer, NULL, 0);
    waitpid(victim, NULL, 0);
    close(in);
    return noticed_ns - atomic_load(killed_ns);
}

static void measure_next(int64_t *delays_ns)
{
    for (int i = 0; i < KILLS; i++)
        delays_ns[i] = notice_by_next();
}

/* ---- figures --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static void report(const char *what, const char *how, void (*measure)(int64_t *delays_ns))
{
    int64_t delays_ns[KILLS];

    measure(delays_ns);
    qsort(delays_ns, KILLS, sizeof delays_ns[0], compare);
    printf("%-5s %-17s %10.3f %10.3f %10.3f\n", what, how, (double)delays_ns[KILLS / 2] / 1e6,
           (double)delays_ns[KILLS * 99 / 100 - 1] / 1e6, (double)delays_ns[KILLS - 1] / 1e6);
    fflush(stdout);
}

/* Without io_uring: in a process of its own, since a filter stays. */
static void report_without(void)
{
    pid_t pid = fork();

    check(pid, "fork");
    if (pid > 0) {
        waitpid(pid, NULL, 0);
        return;
    }
    if (without(SYS_io_uring_setup, ENOSYS)) {
        report("put", "without io_uring", measure_put);
        report("next", "without io_uring", measure_next);
    } else {
        puts("without io_uring: no filter permitted");
    }
    exit(EXIT_SUCCESS);
}

int main(void)
{
    char directory[] = "/dev/shm/streamx-notice.XXXXXX";

    killed_ns =
        mmap(NULL, sizeof *killed_ns, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (killed_ns == MAP_FAILED || !mkdtemp(directory) || setenv("STREAMX_DIR", directory, 1) != 0)
        check(-errno, directory);
    printf("%d kills each      ms: %9s %10s %10s\n", KILLS, "median", "99 %", "most");
    fflush(stdout);
    report("put", "with io_uring", measure_put);
    report("next", "with io_uring", measure_next);
    report_without();
    rmdir(directory);
    return EXIT_SUCCESS;
}
