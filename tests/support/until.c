/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a condition: the only place in the tests that sleeps.
 */
#include "support.h"

#include <time.h>

int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void look_again_soon(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
}
