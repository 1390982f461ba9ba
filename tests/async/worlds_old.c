/* SPDX-License-Identifier: MIT */
/*
 * The world of kernel 6.1: io_uring without the futex operations. The answer to the probe is cut to
 * what that kernel's is, and an operation that it does not know must never be submitted, which is
 * what submitting any such operation there would give. The library's system calls come through here
 * by the linker (--wrap=syscall).
 */
#include "worlds.h"

#include <linux/io_uring.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#define OPERATIONS 49 /* IORING_OP_LAST of 6.1: the last one is IORING_OP_SENDMSG_ZC */

const struct world worlds[] = {{.name = "io_uring of 6.1", .without_rings = true}};
const unsigned world_count = 1;

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

static void forget_operations(struct io_uring_probe *probe)
{
    probe->last_op = OPERATIONS - 1;
    if (probe->ops_len <= OPERATIONS)
        return;
    memset(&probe->ops[OPERATIONS], 0, (probe->ops_len - OPERATIONS) * sizeof probe->ops[0]);
    probe->ops_len = OPERATIONS;
}

long __wrap_syscall(long number, ...)
{
    long a[6], result;
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    /* Not an assertion, which takes a lock of check's each time: the library's thread comes through
     * here too, and a child that is forked meanwhile would never get it. */
    if (number == SYS_io_uring_enter)
        ck_abort_msg("something was submitted");
    result = __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (number == SYS_io_uring_register && a[1] == IORING_REGISTER_PROBE && result == 0)
        forget_operations((struct io_uring_probe *)a[2]);
    return result;
}

bool world_enter(const struct world *world)
{
    (void)world;
    return true;
}
