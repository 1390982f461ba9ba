/* SPDX-License-Identifier: MIT */
/*
 * A handle must not be used in a forked child: the mapping is not there. Comparing process ids
 * would take a system call each time (and a recycled id would deceive), so each process writes a
 * token of its own into a page that fork wipes. The token is counted up in ordinary memory, which
 * fork copies, so that a child's token differs from that of all its ancestors.
 *
 * States of the page: absent -> mapped, word 0 -> word = token. A child finds it mapped, word 0.
 */
#define _GNU_SOURCE
#include "kernel/process.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

_Atomic(_Atomic uint64_t *) sx_process_page;

static _Atomic uint64_t tokens;

static _Atomic uint64_t *map_page(void)
{
    _Atomic uint64_t *expected = NULL;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return NULL;
    if (madvise(page, 4096, MADV_WIPEONFORK) != 0) {
        munmap(page, 4096);
        return NULL;
    }
    /* Release: whoever sees the pointer sees a wiped-on-fork page. Another thread may be first. */
    if (!atomic_compare_exchange_strong_explicit(&sx_process_page, &expected, page,
                                                 memory_order_acq_rel, memory_order_acquire)) {
        munmap(page, 4096);
        return expected;
    }
    return page;
}

uint64_t sx_process_token(void)
{
    int saved = errno;
    _Atomic uint64_t *page = atomic_load_explicit(&sx_process_page, memory_order_acquire);
    uint64_t token = 0, fresh;

    if (!page)
        page = map_page();
    errno = saved;
    if (!page)
        return 0;
    token = atomic_load_explicit(page, memory_order_relaxed);
    if (token != 0)
        return token;
    fresh = atomic_fetch_add_explicit(&tokens, 1, memory_order_relaxed) + 1;
    /* Of several threads one wins, and all use its token; relaxed, since nothing hangs on it. */
    if (atomic_compare_exchange_strong_explicit(page, &token, fresh, memory_order_relaxed,
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
