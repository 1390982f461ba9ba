/* SPDX-License-Identifier: MIT */
/*
 * A descriptor that is open for a moment, and a mapping in the instant before it is marked, are
 * copied by a fork in that moment. Where such a copy would keep a lock beyond our death, forks are
 * held off: by a mutex that fork's prepare handler takes too.
 *
 * Nobody can be made to hang: a fork waits for a bounded time, and one from a signal handler that
 * interrupts the moment itself does not wait. What is not held off (clone(2) by number, _Fork, that
 * handler) is left to the second witness of liveness.c. vfork and posix_spawn copy no mapping, and
 * close the descriptor when they execute.
 */
#define _GNU_SOURCE
#include "kernel/fork.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#define PATIENCE_S 2

static pthread_mutex_t moment = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local unsigned holding; /* this thread is in such a moment, or in one within one, */
static _Thread_local bool forking; /* or has it locked for its fork */
static _Thread_local int cancelling;

/* By the only clock that this call knows everywhere. */
static bool lock_in_time(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    return pthread_mutex_timedlock(&moment, &until) == 0;
}

static void before_fork(void)
{
    int saved = errno;

    forking = !holding && lock_in_time();
    errno = saved;
}

static void after_fork(void)
{
    if (forking)
        pthread_mutex_unlock(&moment);
    forking = false;
}

/* Whoever held it in the parent, and was not waited for, is not here. */
static void in_child(void)
{
    if (!forking && !holding)
        moment = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    after_fork();
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork, in_child);
}

void sx_fork_hold_off(void)
{
    int saved = errno;

    if (holding > 0) {
        holding++;
        return;
    }
    pthread_once(&once, watch_forks);
    /* What is opened in that moment could be cancelled, and the mutex stay locked. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    pthread_mutex_lock(&moment);
    holding = 1;
    errno = saved;
}

void sx_fork_allow(void)
{
    int ignored;

    if (--holding > 0)
        return;
    pthread_mutex_unlock(&moment);
    pthread_setcancelstate(cancelling, &ignored);
}
