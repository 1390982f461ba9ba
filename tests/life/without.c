/* SPDX-License-Identifier: MIT */
/* Seccomp filters of one or two comparisons: see without.h. Several may be installed; the strictest
 * one decides. */
#define _GNU_SOURCE
#include "without.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static bool install(struct sock_filter *program, size_t length)
{
    const struct sock_fprog filter = {.len = (unsigned short)length, .filter = program};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

bool without(long system_call, int error)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)system_call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)error & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    return install(program, sizeof program / sizeof program[0]);
}

/* The lower half of the third argument, which is what there is of an int. */
#define FLAGS_ARGUMENT offsetof(struct seccomp_data, args[2])

bool without_open_flags(int flags, int error)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FLAGS_ARGUMENT),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (unsigned)flags),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)flags, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)error & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    return install(program, sizeof program / sizeof program[0]);
}
