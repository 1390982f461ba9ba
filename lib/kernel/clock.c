/* SPDX-License-Identifier: MIT */
/* Reading the clock, and adding a timeout to it. A deadline is absolute, so that a wait which is
 * interrupted and begun again does not last longer. */
#include "kernel/clock.h"

int64_t sx_clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SX_NS_PER_S + now.tv_nsec;
}

int64_t sx_clock_deadline(int64_t timeout_ns)
{
    int64_t deadline;

    if (timeout_ns < 0)
        return SX_NEVER;
    if (timeout_ns == 0)
        return 0;
    if (__builtin_add_overflow(sx_clock_now(), timeout_ns, &deadline))
        return SX_NEVER;
    return deadline;
}
