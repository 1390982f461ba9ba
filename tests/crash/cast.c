/* SPDX-License-Identifier: MIT */
/* Processes, numbers, and the two roles that several scenes share. */
#include "cast.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crash_point.h"
#include "memory/layout.h"
#include "points.h"

#define POINTS (sizeof points / sizeof points[0])

struct board *board;
const char *chosen_point;
int chosen_pass;
static pid_t victim;

static_assert(POINTS <= POINTS_MAX, "the board has no room for all points");

static void record(const char *name)
{
    for (size_t i = 0; i < POINTS; i++)
        if (strcmp(points[i], name) == 0)
            atomic_fetch_add(&board->passed[i], 1);
}

static pid_t start_child(void (*role)(void *), void *arg, bool crashes)
{
    pid_t child = fork();

    must(child >= 0);
    if (child > 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (crashes && !chosen_point)
        record_crash_points(record);
    else if (crashes)
        arm_crash_point(chosen_point, chosen_pass, SIGKILL);
    role(arg);
    _exit(0);
}

pid_t start(void (*role)(void *), void *arg)
{
    return start_child(role, arg, false);
}

pid_t start_victim(void (*role)(void *), void *arg)
{
    victim = start_child(role, arg, true);
    return victim;
}

static void check_end(pid_t child, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    must(child == victim && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    atomic_store(&board->words[7], 1);
}

bool has_ended(pid_t child)
{
    int status;
    pid_t ended = waitpid(child, &status, WNOHANG);

    must(ended >= 0);
    if (ended == 0)
        return false;
    check_end(child, status);
    return true;
}

void must_end(pid_t child)
{
    int status;

    must(waitpid(child, &status, 0) == child);
    check_end(child, status);
}

void kill_now(pid_t child)
{
    int status;

    must(kill(child, SIGKILL) == 0);
    must(waitpid(child, &status, 0) == child);
    must(WIFSIGNALED(status));
}

/* ---- numbers ------------------------------------------------------------------------------- */

int put_number(struct streamx_producer *producer, uint32_t generation, uint64_t seq)
{
    uint64_t number[2] = {generation, seq};

    return streamx_put(producer, number, sizeof number, PATIENCE);
}

void check_number(const struct streamx_message *message, uint32_t *generation, uint64_t seq)
{
    uint64_t number[2];

    must(message->len == sizeof number || message->len == LONGER);
    memcpy(number, message->data, sizeof number);
    must(message->seq == seq);
    must(number[1] == seq);
    if (*generation == 0)
        *generation = (uint32_t)number[0];
    must(number[0] == *generation);
}

struct streamx_producer *create_or_fail(const struct streamx_options *options)
{
    struct streamx_producer *producer;

    must(streamx_create(&producer, STREAM, options) == 0);
    return producer;
}

struct streamx_consumer *subscribe_or_fail(uint32_t start)
{
    struct streamx_subscribe_options options = {.start = start, .spin_ns = -1};
    struct streamx_consumer *consumer;

    int result = streamx_subscribe(&consumer, STREAM, &options, PATIENCE);

    if (result != 0)
        fprintf(stderr, "subscribe: %s\n", strerror(-result));
    must(result == 0);
    return consumer;
}

void await_readable(int fd)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};

    must(fd >= 0);
    must(poll(&readable, 1, (int)(PATIENCE / 1000000)) == 1);
}

/* ---- who is asleep ------------------------------------------------------------------------- */

bool producer_sleeps(void)
{
    struct streamx_info info;

    return streamx_inspect(STREAM, &info, sizeof info) == 0 && info.waiting_for != 0;
}

/* The word itself: what a consumer has announced shows nowhere else. */
bool consumer_sleeps(void)
{
    char path[256];
    uint32_t sleepers = 0;
    int fd;

    snprintf(path, sizeof path, "%s/streamx." STREAM, getenv("STREAMX_DIR"));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    must(pread(fd, &sleepers, sizeof sleepers,
               SX_PAGE + (off_t)offsetof(struct sx_control, sleepers)) == sizeof sleepers);
    close(fd);
    return sleepers != 0;
}

/* ---- roles --------------------------------------------------------------------------------- */

static void hold_until_the_producer_sleeps(void)
{
    while (!producer_sleeps() && atomic_load(&board->words[7]) == 0)
        usleep(100);
}

/* One stream to its end, which is returned. */
static int follow_one(bool slowly, bool *evicted, uint32_t *generation, uint64_t messages)
{
    struct streamx_consumer *consumer = subscribe_or_fail(STREAMX_START_NEXT);
    struct streamx_message message;
    uint64_t seq = 0;
    int end;

    *generation = 0;
    while ((end = streamx_next(consumer, &message, PATIENCE)) == 1) {
        seq = *evicted ? message.seq : seq + 1;
        *evicted = false;
        check_number(&message, generation, seq);
        if (slowly)
            hold_until_the_producer_sleeps();
    }
    *evicted = end == -ESTALE; /* a busy machine can make anybody late where late ones go */
    must(end == 0 || end == -EOWNERDEAD || *evicted);
    must(end != 0 || seq == messages);
    streamx_unsubscribe(consumer);
    return end;
}

static void follow_streams(bool slowly, uint64_t messages)
{
    uint32_t generation = 0;
    bool evicted = false;
    int end;

    do
        end = follow_one(slowly, &evicted, &generation, messages);
    while (generation != 2 || end != 0);
}

void follow(void *arg)
{
    follow_streams(false, *(uint64_t *)arg);
}

void follow_slowly(void *arg)
{
    follow_streams(true, *(uint64_t *)arg);
}

void hold_first(void *arg)
{
    struct streamx_consumer *consumer = subscribe_or_fail(STREAMX_START_NEXT);
    struct streamx_message message;

    (void)arg;
    if (streamx_take(consumer, &message, PATIENCE) == 1)
        atomic_store(&board->words[READY], 1);
    pause();
}
