/* SPDX-License-Identifier: MIT */
/* When a child has ended: see witness.h. */
#include "witness.h"
#include "watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

struct witness {
    pid_t pid;
    pthread_t thread;
    int64_t begun_ns, ended_ns;
};

static void *await_end(void *arg)
{
    struct witness *witness = arg;
    siginfo_t info;

    while (waitid(P_PID, (id_t)witness->pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        ;
    witness->ended_ns = now_ns();
    return NULL;
}

struct witness *witness_start(const struct child *child)
{
    struct witness *witness = calloc(1, sizeof *witness);

    ck_assert_ptr_nonnull(witness);
    witness->pid = child->pid;
    witness->begun_ns = now_ns();
    ck_assert_int_eq(pthread_create(&witness->thread, NULL, await_end, witness), 0);
    return witness;
}

void witness_was_told_promptly(struct witness *witness, struct child *child)
{
    int64_t told_ns = now_ns(), late_ns;

    ck_assert_int_eq(pthread_join(witness->thread, NULL), 0);
    late_ns = told_ns - witness->ended_ns;
    ck_assert_msg(late_ns < PROMPTLY, "told %lld ms after the end, which came after %lld ms",
                  (long long)late_ns / 1000000,
                  (long long)(witness->ended_ns - witness->begun_ns) / 1000000);
    free(witness);
    child_kill(child);
}
