/* SPDX-License-Identifier: MIT */
/* Several threads on one handle. */
#ifndef STREAMX_PYTHON_GATE_H
#define STREAMX_PYTHON_GATE_H

#include <semaphore.h>

#include "core.h"

/*
 * A handle is used by one thread at a time. Who comes second waits until the first is done, or
 * rings the bell of a first that sleeps: that one then lets the other in, and goes on waiting after
 * it.
 */
struct gate {
    bool busy;
    bool closed;          /* for good */
    unsigned long owner;  /* the thread inside, while busy */
    unsigned waiting;     /* threads that want in */
    unsigned long passed; /* how often somebody went in */
    int bell;             /* an eventfd that a sleeper watches, or -1 */
    unsigned forks;       /* as of the process's making, see fork_count */
    sem_t turn;           /* posted by who leaves when somebody waits */
};

void gate_init(struct gate *gate);
void gate_free(struct gate *gate);

/* Goes in, at most until the timeout. -1 with an exception set: closed, timed out, interrupted, of
 * another process, or called from within a call on the same handle. */
int gate_enter(struct gate *gate, int64_t timeout_ns);
void gate_leave(struct gate *gate);

/* Likewise, by one who has let others in and waits on: it waits for its turn without ringing, lest
 * two that sleep wake each other for ever. */
int gate_enter_again(struct gate *gate);

/* From within: lets those in who wait, then goes in again. -1 with an exception set: out. */
int gate_yield(struct gate *gate);

/* How often this process is a forked copy of another. */
extern unsigned fork_count;

#endif
