/* SPDX-License-Identifier: MIT */
/*
 * membarrier(2), in its global expedited form: it reaches processes that share nothing but the
 * segment, and only those that have registered.
 */
#define _GNU_SOURCE
#include "kernel/barrier.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel/clock.h"

#ifdef SX_THREAD_SANITIZER
_Atomic unsigned sx_barrier_word;
#endif

static bool membarrier(int command)
{
    int saved = errno;
    bool done = syscall(SYS_membarrier, command, 0, 0) == 0;

    errno = saved;
    return done;
}

bool sx_barrier_register(void)
{
    return membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED);
}

bool sx_barrier_heavy(void)
{
    return membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
}

void sx_barrier_heavy_in_time(void)
{
    struct timespec until;

    sx_barrier_full();
    if (sx_barrier_heavy())
        return;
    /* Whatever interrupts it: no store stays in a processor's buffer for that long. */
    until = sx_clock_timespec(sx_clock_now() + SX_NS_PER_MS);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}
