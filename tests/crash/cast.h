/* SPDX-License-Identifier: MIT */
/*
 * The parts that are played around a victim.
 *
 * A scene runs in a process of its own, with a fresh stream directory. The victim is a child that
 * is killed at the chosen crash point, if it passes it. Everybody else must go on, and in the end a
 * new stream of the same name must work, and leave nothing behind.
 */
#ifndef STREAMX_TEST_CAST_H
#define STREAMX_TEST_CAST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include <streamx.h>

#define STREAM "s"
#define PATIENCE ((int64_t)30 * 1000 * 1000 * 1000)

/* Says what went wrong, and ends the process with failure. */
#define must(condition)                                                                            \
    ((condition)                                                                                   \
         ? (void)0                                                                                 \
         : (fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition), exit(1)))

/* Starts a child that plays a role; the victim's passes its crash point. */
pid_t start(void (*role)(void *), void *arg);
pid_t start_victim(void (*role)(void *), void *arg);

/* Has it ended? Then it ended well; the victim may have been killed instead. */
bool has_ended(pid_t child);
void must_end(pid_t child);

/* Kills it, which must be alive. */
void kill_now(pid_t child);

/* What all processes of a scene share. */
#define POINTS_MAX 512
struct board {
    _Atomic uint64_t words[8];
    _Atomic uint32_t passed[POINTS_MAX]; /* how often the victim passed each point */
};
extern struct board *board;
enum { GOT, TRIED, ACKED, READY };

/* Messages carry the generation of their stream beside their number; some, more behind it. */
#define LONGER 24u
int put_number(struct streamx_producer *producer, uint32_t generation, uint64_t seq);
void check_number(const struct streamx_message *message, uint32_t *generation, uint64_t seq);

struct streamx_producer *create_or_fail(const struct streamx_options *options);
struct streamx_consumer *subscribe_or_fail(uint32_t start);

/* Receives stream after stream, each from 1 on without a gap, until one of generation 2 has ended
 * cleanly. *arg: the number of messages that a generation has if it ends cleanly. The slow one
 * acknowledges each only when the producer sleeps, unless the victim has died. */
void follow(void *arg);
void follow_slowly(void *arg);

/* How many messages make a burst: more than a side that has found the other asleep passes full
 * barriers for (lib/memory/fence.h). */
#define BURST 100

/* Waits for the descriptor of a handle. */
void await_readable(int fd);

/* Whether the stream's producer has announced that it sleeps, or a consumer has. What must meet a
 * sleeper waits for this first: to find one is then no luck. */
bool producer_sleeps(void);
bool consumer_sleeps(void);

/* Is told to die with a message in hand, or having done nothing. */
void hold_first(void *arg);

/* ---- scenes -------------------------------------------------------------------------------- */

struct scene {
    const char *name;
    void (*play)(void);
};

extern const struct scene producer_scenes[], consumer_scenes[], company_scenes[], leftover_scenes[];

#endif
