/* SPDX-License-Identifier: MIT */
/*
 * futex(2), always in its shared form: the word is found by the file's page, not by the address,
 * so that processes which map it elsewhere meet on it. FUTEX_WAIT_BITSET takes an absolute
 * deadline, which a loop around an interrupted wait needs.
 */
#define _GNU_SOURCE
#include "kernel/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/clock.h"

int sx_futex_wait(const _Atomic uint32_t *word, uint32_t value, int64_t deadline_ns)
{
    struct timespec until = sx_clock_timespec(deadline_ns);
    int saved = errno;
    long slept = syscall(SYS_futex, word, FUTEX_WAIT_BITSET, value,
                         deadline_ns == SX_NEVER ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
    int result = slept < 0 ? -errno : 0;

    errno = saved;
    return result;
}

void sx_futex_wake(_Atomic uint32_t *word)
{
    int saved = errno;

    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    errno = saved;
}
