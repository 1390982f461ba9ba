/* SPDX-License-Identifier: MIT */
/* The clock that every wait goes by: CLOCK_MONOTONIC, in nanoseconds; and deadlines on it. */
#ifndef SX_CLOCK_H
#define SX_CLOCK_H

#include <stdint.h>
#include <time.h>

#define SX_NEVER INT64_MAX /* a deadline that does not come */

#define SX_NS_PER_MS INT64_C(1000000)
#define SX_NS_PER_S INT64_C(1000000000)

int64_t sx_clock_now(void);

/* The deadline for a public timeout: FOREVER gives SX_NEVER, NOWAIT 0; a sum past the end of time
 * gives SX_NEVER. */
int64_t sx_clock_deadline(int64_t timeout_ns);

/* As the kernel takes it, a time or a duration. */
static inline struct timespec sx_clock_timespec(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / SX_NS_PER_S, .tv_nsec = ns % SX_NS_PER_S};
}

static inline int64_t sx_clock_earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif
