/* SPDX-License-Identifier: MIT */
/*
 * A handle must not be used in a forked child: the mapping is not there. Comparing process ids
 * would take a system call each time (and a recycled id would deceive), so each process writes a
 * token of its own into a word that fork wipes. The token is counted up in ordinary memory, which
 * fork copies, so that a child's token differs from that of all its ancestors.
 *
 * States of the word: absent -> 0 -> the token. A child finds it 0.
 */
#define _GNU_SOURCE
#include "kernel/process.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/wiped.h"

_Atomic(_Atomic uint64_t *) sx_process_word;

static _Atomic uint64_t tokens;

static _Atomic uint64_t *take_word(void)
{
    _Atomic uint64_t *expected = NULL, *word = sx_wiped_take();

    /* Release: whoever sees the pointer sees 0 behind it. Another thread may be first. */
    if (!word || atomic_compare_exchange_strong_explicit(
                     &sx_process_word, &expected, word, memory_order_acq_rel, memory_order_acquire))
        return word;
    sx_wiped_give(word);
    return expected;
}

uint64_t sx_process_token(void)
{
    int saved = errno;
    _Atomic uint64_t *word = atomic_load_explicit(&sx_process_word, memory_order_acquire);
    uint64_t token = 0, fresh;

    if (!word)
        word = take_word();
    errno = saved;
    if (!word)
        return 0;
    token = atomic_load_explicit(word, memory_order_relaxed);
    if (token != 0)
        return token;
    fresh = atomic_fetch_add_explicit(&tokens, 1, memory_order_relaxed) + 1;
    /* Of several threads one wins, and all use its token; relaxed, since nothing hangs on it. */
    if (atomic_compare_exchange_strong_explicit(word, &token, fresh, memory_order_relaxed,
                                                memory_order_relaxed))
        return fresh;
    return token;
}

uint64_t sx_process_pid_namespace(void)
{
    struct stat status;
    int saved = errno;
    uint64_t inode = 0;

    if (stat("/proc/thread-self/ns/pid", &status) == 0)
        inode = status.st_ino;
    errno = saved;
    return inode;
}

void sx_process_name(char *name, uint64_t size)
{
    size_t used = strnlen(program_invocation_short_name, (size_t)size - 1);

    memcpy(name, program_invocation_short_name, used);
    memset(name + used, 0, (size_t)size - used);
}
