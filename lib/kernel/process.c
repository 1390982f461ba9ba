/* SPDX-License-Identifier: MIT */
/*
 * A handle must not be used in a forked child: the mapping is not there. Comparing process ids
 * would take a system call each time (and a recycled id would deceive), so each process has a word
 * in a page that fork wipes. A child that makes handles of its own has another page: in that of its
 * parent, at whose word the parent's handles point, it stays 0.
 *
 * States of the page: word 0 -> written -> known. A child finds it known, and the word 0.
 */
#define _GNU_SOURCE
#include "kernel/process.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PAGE_BYTES 4096u

static _Atomic(_Atomic uint64_t *) known; /* the last process's of our line that had one */

static _Atomic uint64_t *map_page(void)
{
    void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    _Atomic uint64_t *word = page;

    if (page == MAP_FAILED)
        return NULL;
    if (madvise(page, PAGE_BYTES, MADV_WIPEONFORK) != 0) {
        munmap(page, PAGE_BYTES);
        return NULL;
    }
    atomic_store_explicit(word, SX_PROCESS_HERE, memory_order_relaxed);
    return word;
}

const _Atomic uint64_t *sx_process_word(void)
{
    int saved = errno;
    /* Acquire pairs with the release below. */
    _Atomic uint64_t *word = atomic_load_explicit(&known, memory_order_acquire), *fresh;

    if (word && sx_process_is_here(word))
        return word;
    fresh = map_page();
    errno = saved;
    /* Release: whoever sees the pointer sees the word. Another thread may be first. */
    if (!fresh || atomic_compare_exchange_strong_explicit(
                      &known, &word, fresh, memory_order_acq_rel, memory_order_acquire))
        return fresh;
    munmap(fresh, PAGE_BYTES);
    return word;
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
