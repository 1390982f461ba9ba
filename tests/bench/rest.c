/* SPDX-License-Identifier: MIT */
/*
 * What a stream costs apart from its values: memory, the first value, and wake-ups while nothing
 * happens.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <streamx.h>

#include "plan.h"

#define FIRSTS 101

/* The number after a name in /proc/PID/status, or in a task's. */
static long status_number(const char *path, const char *name)
{
    char line[256];
    long number = -1;
    FILE *file = fopen(path, "r");

    if (!file)
        return -1;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            number = strtol(line + strlen(name), NULL, 10);
    fclose(file);
    return number;
}

/* ---- memory -------------------------------------------------------------------------------- */

static pid_t spawn(const char *program, const char *stream, int in, int out)
{
    pid_t pid = fork();

    must_errno(pid, "fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    for (int fd = 3; fd < 32; fd++)
        close(fd);
    execl(program, program, stream, (char *)NULL);
    _exit(127);
}

/* Sends so many lines, and reads each before the next. The input stays open. */
static bool converse(int to, int from, unsigned lines)
{
    char line[1000], back[sizeof line];

    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\n';
    for (unsigned i = 0; i < lines; i++) {
        size_t done = 0;

        if (write(to, line, sizeof line) != (ssize_t)sizeof line)
            return false;
        while (done < sizeof back) {
            ssize_t got = read(from, back + done, sizeof back - done);

            if (got <= 0)
                return false;
            done += (size_t)got;
        }
        if (memcmp(line, back, sizeof line) != 0)
            return false;
    }
    return true;
}

/* The most that streamx-sub has had resident, after it has passed on 2,000 lines. */
static void measure_resident(void)
{
    char program[4096], status[64];
    int in[2], out[2];
    pid_t publisher, subscriber;

    must_errno(pipe(in), "pipe");
    must_errno(pipe(out), "pipe");
    snprintf(program, sizeof program, "%s/streamx-pub", settings.programs);
    publisher = spawn(program, "resident", in[0], STDERR_FILENO);
    snprintf(program, sizeof program, "%s/streamx-sub", settings.programs);
    subscriber = spawn(program, "resident", STDIN_FILENO, out[1]);
    snprintf(status, sizeof status, "/proc/%d/status", (int)subscriber);
    close(in[0]);
    close(out[1]);
    if (converse(in[1], out[0], 2000)) {
        double mib = (double)status_number(status, "VmHWM:") / 1024;

        note_single("rest", "streamx-sub, resident", "MiB", mib);
        judge("streamx-sub, resident", "MiB", AT_MOST, 4, mib);
    }
    close(in[1]);
    waitpid(publisher, NULL, 0);
    waitpid(subscriber, NULL, 0);
    close(out[0]);
}

static void measure_stream_size(void)
{
    struct streamx_producer *producer;
    struct stat file;
    double kib;

    must(streamx_create(&producer, "size", NULL), "streamx_create");
    must_errno(stat(path_of("streamx.size"), &file), "stat");
    kib = (double)file.st_blocks * 512 / 1024;
    note_single("rest", "a default stream", "KiB", kib);
    judge("a default stream's shared memory", "KiB", AT_MOST, 128, kib);
    streamx_close(producer, STREAMX_NOWAIT);
}

/* ---- the first value ----------------------------------------------------------------------- */

static double first_value_ms(void)
{
    int64_t began_ns = now_ns();
    struct streamx_producer *producer;
    struct streamx_consumer *consumer;
    struct streamx_message message;

    must(streamx_create(&producer, "first", NULL), "streamx_create");
    must(streamx_subscribe(&consumer, "first", NULL, STREAMX_FOREVER), "streamx_subscribe");
    must(streamx_put(producer, "x", 1, STREAMX_FOREVER), "streamx_put");
    if (streamx_next(consumer, &message, STREAMX_FOREVER) != 1 || message.len != 1)
        wrong("the first value");
    began_ns = now_ns() - began_ns;
    streamx_unsubscribe(consumer);
    streamx_close(producer, STREAMX_NOWAIT);
    return (double)began_ns / 1e6;
}

static void measure_first_value(void)
{
    double each[ROUNDS_MOST], all = 0;

    for (unsigned i = 0; i < ROUNDS_MOST; i++)
        each[i] = first_value_ms();
    all = median(each, ROUNDS_MOST);
    note_single("rest", "create, subscribe, first value", "ms", all);
    judge("create, subscribe, first value", "ms", AT_MOST, 1, all);
}

/* ---- at rest ------------------------------------------------------------------------------- */

static pid_t rest_as(void (*role)(void))
{
    pid_t pid = fork();

    must_errno(pid, "fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    role();
    pause();
    _exit(EXIT_SUCCESS);
}

/* Waits for the second value's room, which nobody gives. */
static void wait_for_room(void)
{
    const struct streamx_options options = {.min_consumers = 1};
    struct streamx_producer *producer;

    must(streamx_create(&producer, "full", &options), "streamx_create");
    must(streamx_put(producer, "x", 1, STREAMX_FOREVER), "streamx_put");
    streamx_put(producer, "x", 1, STREAMX_FOREVER);
}

static void hold_one(void)
{
    struct streamx_consumer *consumer;
    struct streamx_message message;

    must(streamx_subscribe(&consumer, "full", NULL, STREAMX_FOREVER), "streamx_subscribe");
    must(streamx_take(consumer, &message, STREAMX_FOREVER), "streamx_take");
}

static void wait_for_values(void)
{
    struct streamx_consumer *consumer;
    struct streamx_message message;

    must(streamx_subscribe(&consumer, "empty", NULL, STREAMX_FOREVER), "streamx_subscribe");
    streamx_take(consumer, &message, STREAMX_FOREVER);
}

static void hold_empty(void)
{
    struct streamx_producer *producer;

    must(streamx_create(&producer, "empty", NULL), "streamx_create");
}

static long switches_of(pid_t pid)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    return status_number(path, "voluntary_ctxt_switches:") +
           status_number(path, "nonvoluntary_ctxt_switches:");
}

/* Both sides wait, for so long that they have settled; then their switches are counted. */
static void measure_at_rest(bool quick)
{
    pid_t pids[] = {rest_as(wait_for_room), rest_as(hold_one), rest_as(hold_empty),
                    rest_as(wait_for_values)};
    long producer, consumer, allowed;
    unsigned seconds = quick ? 3 : 5;

    sleep(1);
    producer = -switches_of(pids[0]);
    consumer = -switches_of(pids[3]);
    sleep(seconds);
    producer += switches_of(pids[0]);
    consumer += switches_of(pids[3]);
    /* One look around every 2 s: see streamx(7). */
    allowed = seconds / 2 + 1;
    note_single("rest", "switches, producer parked", quick ? "in 3 s" : "in 5 s", (double)producer);
    note_single("rest", "switches, consumer parked", quick ? "in 3 s" : "in 5 s", (double)consumer);
    judge("parked: switches beyond the look every 2 s", "", AT_MOST, 0,
          (double)((producer > allowed ? producer - allowed : 0) +
                   (consumer > allowed ? consumer - allowed : 0)));
    for (unsigned i = 0; i < 4; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    streamx_remove("full", STREAMX_FORCE);
    streamx_remove("empty", STREAMX_FORCE);
}

void measure_rest(bool quick)
{
    printf("\nrest: memory, the first value, and nothing to do\n");
    measure_resident();
    measure_stream_size();
    measure_first_value();
    measure_at_rest(quick);
}
