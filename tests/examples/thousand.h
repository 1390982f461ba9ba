/* SPDX-License-Identifier: MIT */
/*
 * What the two examples of a thousand streams have in common: a process that produces them all, and
 * the bookkeeping of the one that consumes them. How that one waits is the example.
 */
#ifndef STREAMX_EXAMPLE_THOUSAND_H
#define STREAMX_EXAMPLE_THOUSAND_H

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <streamx.h>

#define STREAMS 1000u
#define VALUES 20u

static struct streamx_consumer *consumers[STREAMS];
static uint64_t received;

static inline int need(int result, const char *what)
{
    if (result >= 0)
        return result;
    fprintf(stderr, "%s: %s\n", what, strerror(-result));
    exit(EXIT_FAILURE);
}

static inline const char *name_of(unsigned i)
{
    static char name[32];

    snprintf(name, sizeof name, "thousand.%u", i);
    return name;
}

/* A handle and its descriptor take a few open files. False: this user may not have so many. */
static inline int raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max > 4 * STREAMS;
}

static inline void produce(void)
{
    const struct streamx_options options = {.slots = 2, .slot_size = 64, .min_consumers = 1};
    static struct streamx_producer *producers[STREAMS];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned i = 0; i < STREAMS; i++)
        need(streamx_create(&producers[i], name_of(i), &options), "create");
    for (uint64_t value = 0; value < VALUES; value++)
        for (unsigned i = 0; i < STREAMS; i++)
            need(streamx_put(producers[i], &value, sizeof value, STREAMX_FOREVER), "put");
    for (unsigned i = 0; i < STREAMS; i++)
        need(streamx_close(producers[i], STREAMX_FOREVER), "close");
    _exit(EXIT_SUCCESS);
}

static inline pid_t start_producer(void)
{
    pid_t pid = fork();

    if (pid == 0)
        produce();
    return pid;
}

/* Everything that is there now. 1: there may be more later; 0: that was the end. */
static inline int receive(unsigned i)
{
    struct streamx_message message;
    int got;

    while ((got = streamx_next(consumers[i], &message, STREAMX_NOWAIT)) == 1)
        received++;
    if (got == -EAGAIN)
        return 1;
    need(got, "next");
    streamx_unsubscribe(consumers[i]);
    return 0;
}

static inline int conclude(pid_t producer)
{
    int status;

    printf("%llu values of %u streams\n", (unsigned long long)received, STREAMS);
    waitpid(producer, &status, 0);
    return status == 0 && received == (uint64_t)STREAMS * VALUES ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
