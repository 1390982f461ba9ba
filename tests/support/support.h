/* SPDX-License-Identifier: MIT */
/*
 * What the tests share: running a topic's tests, each in a stream directory of its own; child
 * processes and talking to them; waiting for a condition. Nothing here knows streamx; that part is
 * streams.h.
 *
 * Tests wait for conditions, never for time to pass. PATIENCE bounds what must happen, and is
 * generous because the machine may be busy; BRIEFLY is how long a call is given that must time out.
 */
#ifndef STREAMX_TEST_SUPPORT_H
#define STREAMX_TEST_SUPPORT_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PATIENCE ((int64_t)60 * 1000 * 1000 * 1000)
#define BRIEFLY ((int64_t)20 * 1000 * 1000)

/* ---- suite.c --------------------------------------------------------------------------------- */

/*
 * Runs the listed tests and returns main's exit status. Every test runs in a process of its own,
 * with $STREAMX_DIR naming a fresh directory, which must be empty again when the test ends.
 */
#define RUN_TESTS(topic, ...) run_tests(topic, (const TTest *[]){__VA_ARGS__, NULL})
int run_tests(const char *topic, const TTest *const *tests);

#define EXIT_SKIPPED 77

/*
 * A mark is what libcheck notes of every assertion that holds, in the file by which it hears of the
 * others. A test kills its children at any instant, also halfway through a write, and a torn mark
 * makes the whole file unreadable. So only the test's own process leaves any.
 */
#define _mark_point(file, line) leave_mark(file, line)
void leave_mark(const char *file, int line);

/* Whether this is a long run (scripts/test --long sets STREAMX_LONG): with all the rounds. */
bool long_run(void);

/* The running test's stream directory, and the path of the file behind a stream in it. */
const char *stream_dir(void);
const char *stream_path(const char *name);

/* ---- child.c --------------------------------------------------------------------------------- */

/* One end of a conversation of numbers between parent and child. */
struct link {
    int in, out;
    pid_t peer; /* whose death ends a hear(); 0 for the parent, with whom a child dies anyway */
};

struct child {
    pid_t pid;
    struct link link;
};

/*
 * Forks a child that calls run and exits with 0, when all other threads of this process rest, so
 * that none is just beginning. A failed ck_assert in it fails the test. It is killed when the test
 * ends or when the process that started it does.
 */
struct child child_start(void (*run)(struct link parent, void *arg), void *arg);

/* Waits for the child to end by itself, with success. It may have a whole scene to play. */
void child_join(struct child *child);

/* Kills it, and returns when it is gone. */
void child_kill(struct child *child);

/* Stops it, and returns when it has stopped; lets it go on. */
void child_stop(const struct child *child);
void child_continue(const struct child *child);

/* Whether its main thread is blocked in a system call. */
bool child_asleep(const struct child *child);

/* Whether that thread of this process is blocked in a system call, or has ended. */
bool thread_rests(pid_t thread);

/* Sends a number to the other end; waits for one from it; tells whether one is there. */
void say(struct link link, int64_t number);
int64_t hear(struct link link);
bool heard(struct link link);

/* Kills and reaps whatever child is left. */
void children_end(void);

/* ---- until.c --------------------------------------------------------------------------------- */

int64_t now_ns(void);

/* Gives the processor away for a moment, between two looks at a condition. */
void look_again_soon(void);

#define WAIT_UNTIL(condition) WAIT_FOR(PATIENCE, condition)
#define WAIT_FOR(patience_ns, condition)                                                           \
    for (int64_t give_up_ns = now_ns() + (patience_ns); !(condition); look_again_soon())           \
    ck_assert_msg(now_ns() < give_up_ns, "timed out waiting for: %s", #condition)

#endif
