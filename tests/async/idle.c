/* SPDX-License-Identifier: MIT */
/*
 * A parked publisher and a parked subscriber with nothing to do are let alone, in calls and loops
 * of the library and as the programs: together at most 10 context switches in 5 seconds. Each looks
 * around every two seconds, by design, so that half of that is expected. Where io_uring is not to
 * be had a thread sleeps instead, which hands over.
 */
#include "worlds.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS = 5 };

#ifndef PUBLISHER /* the programs are not built */
#define PUBLISHER ""
#define SUBSCRIBER ""
#endif

static long switches_of_thread(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[256];
    long voluntary = 0;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "voluntary_ctxt_switches:", 24) == 0)
            voluntary = strtol(line + 24, NULL, 10);
    fclose(file);
    return voluntary;
}

static long switches(pid_t pid)
{
    char path[300];
    struct dirent *entry;
    DIR *tasks;
    long sum = 0;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    tasks = opendir(path);
    ck_assert_ptr_nonnull(tasks);
    while ((entry = readdir(tasks))) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/status", (int)pid, entry->d_name);
        sum += switches_of_thread(path);
    }
    closedir(tasks);
    return sum;
}

enum { IN_A_CALL = -1, IN_A_PROGRAM = -2 };

/* How a pair waits. */
static const struct manner {
    const char *name;
    unsigned world; /* of worlds_filtered.c */
    int way;        /* or one of the above */
    long most;      /* context switches */
} manners[] = {
    {"call", 0, IN_A_CALL, 10},       {"poll", 0, BY_POLL, 10},
    {"arm", 0, BY_ARM, 10},           {"poll-without-io_uring", 1, BY_POLL, 30},
    {"program", 0, IN_A_PROGRAM, 10}, /* the last one, without which the rest can do */
};
enum { MANNERS = sizeof manners / sizeof manners[0] };

/* A program in this process's place, whose input is silent. */
static void become(struct link parent, const char *program, const char *name)
{
    int input[2];

    ck_assert_int_eq(pipe(input), 0);
    ck_assert_int_eq(dup2(input[0], STDIN_FILENO), STDIN_FILENO);
    say(parent, 0);
    execl(program, program, name, (char *)NULL);
    ck_abort_msg("%s: %s", program, strerror(errno));
}

static void publish_nothing(struct link parent, void *arg)
{
    const struct manner *manner = arg;
    struct streamx_producer *producer;

    ck_assert(world_enter(&worlds[manner->world]));
    if (manner->way == IN_A_PROGRAM)
        become(parent, PUBLISHER, manner->name);
    producer = make_stream(manner->name, NULL);
    put_text(producer, "a");
    say(parent, 0);
    if (manner->way == IN_A_CALL)
        streamx_wait(producer, STREAMX_ROOM, PATIENCE);
    else
        watch_wait(watch_open((enum way)manner->way), producer, STREAMX_ROOM);
}

static void subscribe_to_nothing(struct link parent, void *arg)
{
    const struct manner *manner = arg;
    struct streamx_consumer *consumer;
    struct streamx_message message;

    ck_assert(world_enter(&worlds[manner->world]));
    if (manner->way == IN_A_PROGRAM)
        become(parent, SUBSCRIBER, manner->name);
    consumer = join(manner->name);
    take_text(consumer, 1, "a"); /* and does not acknowledge it */
    say(parent, 0);
    if (manner->way == IN_A_CALL)
        streamx_take(consumer, &message, PATIENCE);
    else
        watch_take(watch_open((enum way)manner->way), consumer, &message);
}

struct pair {
    struct child publisher, subscriber;
    long before;
};

static void start(struct pair *pair, const struct manner *manner)
{
    pair->publisher = child_start(publish_nothing, (void *)(uintptr_t)manner);
    ck_assert_int_eq(hear(pair->publisher.link), 0);
    pair->subscriber = child_start(subscribe_to_nothing, (void *)(uintptr_t)manner);
    ck_assert_int_eq(hear(pair->subscriber.link), 0);
    if (manner->way == IN_A_PROGRAM)
        WAIT_UNTIL(name_exists(manner->name) && look(manner->name).consumers == 1);
}

static long count(const struct pair *pair)
{
    return switches(pair->publisher.pid) + switches(pair->subscriber.pid);
}

static void end(struct pair *pair, const struct manner *manner)
{
    child_kill(&pair->subscriber);
    child_kill(&pair->publisher);
    ck_assert_int_eq(streamx_remove(manner->name, 0), 0);
}

/* What is measured is that nothing happens: so here, for once, time has to pass. First until the
 * ticks of a wait that has only begun have got long. */
START_TEST(idle_waits_are_let_alone)
{
    unsigned built = MANNERS - (*PUBLISHER == '\0'), wanted = rings_can_be_armed() ? built : 0;
    struct pair pairs[MANNERS];

    for (unsigned i = 0; i < wanted; i++)
        start(&pairs[i], &manners[i]);
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    for (unsigned i = 0; i < wanted; i++)
        pairs[i].before = count(&pairs[i]);
    nanosleep(&(struct timespec){.tv_sec = SECONDS}, NULL);
    for (unsigned i = 0; i < wanted; i++) {
        long switched = count(&pairs[i]) - pairs[i].before;

        printf("# %s: %ld context switches in %d s\n", manners[i].name, switched, SECONDS);
        fflush(stdout);
        ck_assert_int_le(switched, manners[i].most);
    }
    for (unsigned i = 0; i < wanted; i++)
        end(&pairs[i], &manners[i]);
}
END_TEST

int main(void)
{
    return RUN_TESTS("idle", idle_waits_are_let_alone);
}
