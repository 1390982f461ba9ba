/* SPDX-License-Identifier: MIT */
/* Deadlines of the programs: nanoseconds of CLOCK_MONOTONIC, with one value for "never". */
#ifndef SX_CLOCK_H
#define SX_CLOCK_H

#include <stdint.h>
#include <time.h>

#define SX_CLOCK_NEVER INT64_MAX
#define SX_CLOCK_SECOND ((int64_t)1000000000)
#define SX_CLOCK_MILLISECOND ((int64_t)1000000)

static inline int64_t sx_clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SX_CLOCK_SECOND + now.tv_nsec;
}

/* The deadline `duration_ns` from now; a negative duration stands for no limit. */
static inline int64_t sx_clock_after(int64_t duration_ns)
{
    int64_t deadline_ns;

    if (duration_ns < 0 || __builtin_add_overflow(sx_clock_now(), duration_ns, &deadline_ns))
        return SX_CLOCK_NEVER;
    return deadline_ns;
}

/* How long until the deadline: 0 if it has passed, at most `most_ns`. */
static inline int64_t sx_clock_until(int64_t deadline_ns, int64_t most_ns)
{
    int64_t left_ns;

    if (deadline_ns == SX_CLOCK_NEVER)
        return most_ns;
    left_ns = deadline_ns - sx_clock_now();
    if (left_ns < 0)
        left_ns = 0;
    return left_ns < most_ns ? left_ns : most_ns;
}

#endif /* SX_CLOCK_H */
