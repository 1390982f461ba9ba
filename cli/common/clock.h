/* SPDX-License-Identifier: MIT */
/* Deadlines of the programs: nanoseconds of CLOCK_MONOTONIC, with one value for "never". */
#ifndef CLI_CLOCK_H
#define CLI_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLI_CLOCK_NEVER INT64_MAX
#define CLI_CLOCK_SECOND ((int64_t)1000000000)
#define CLI_CLOCK_MILLISECOND ((int64_t)1000000)

static inline int64_t cli_clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * CLI_CLOCK_SECOND + now.tv_nsec;
}

/* The deadline `duration_ns` from now; a negative duration stands for no limit. */
static inline int64_t cli_clock_after(int64_t duration_ns)
{
    int64_t deadline_ns;

    if (duration_ns < 0 || __builtin_add_overflow(cli_clock_now(), duration_ns, &deadline_ns))
        return CLI_CLOCK_NEVER;
    return deadline_ns;
}

/* How long until the deadline: 0 if it has passed, at most `most_ns`. */
static inline int64_t cli_clock_until(int64_t deadline_ns, int64_t most_ns)
{
    int64_t left_ns;

    if (deadline_ns == CLI_CLOCK_NEVER)
        return most_ns;
    left_ns = deadline_ns - cli_clock_now();
    if (left_ns < 0)
        left_ns = 0;
    return left_ns < most_ns ? left_ns : most_ns;
}

#endif /* CLI_CLOCK_H */
