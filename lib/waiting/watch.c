/* SPDX-License-Identifier: MIT */
/*
 * By a tick, short at first. inotify(7) would tell at once, but closing it costs more than that: it
 * waits until the kernel has seen every processor pass by, which has taken up to a second on
 * machines seen so far. That would be after the attach, when the producer waits for this consumer,
 * or after the deadline of the call.
 */
#include "waiting/watch.h"

#include <time.h>

#include "kernel/futex.h"

#define TICK_FIRST_NS SX_NS_PER_MS
#define TICK_LAST_NS (32 * SX_NS_PER_MS)

void sx_watch_init(struct sx_watch *watch)
{
    watch->tick_ns = TICK_FIRST_NS;
}

void sx_watch_wait(struct sx_watch *watch, int64_t deadline_ns)
{
    int64_t until = sx_clock_now() + watch->tick_ns;
    struct timespec time;

    if (deadline_ns < until)
        until = deadline_ns;
    time.tv_sec = until / SX_NS_PER_S;
    time.tv_nsec = until % SX_NS_PER_S;
    /* cut short by a signal, it is only a look more */
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
    if (watch->tick_ns < TICK_LAST_NS)
        watch->tick_ns *= 2;
}
