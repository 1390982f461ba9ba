/* SPDX-License-Identifier: MIT */
/* Who we are: a word that a forked child loses, the PID namespace, the program's name. */
#ifndef SX_PROCESS_H
#define SX_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What that word says in its process; in a forked child it says 0. (A consumer's `hand`, which is
 * never 0, is this with one message in hand: streamx_next.h compares the two.) */
#define SX_PROCESS_HERE 2u

/* This process's word, made when first asked for, and there for good; NULL: no memory. A handle
 * keeps that of the process that made it. */
const _Atomic uint64_t *sx_process_word(void);

/* Is this still the process whose word that is? No system call. */
static inline bool sx_process_is_here(const _Atomic uint64_t *word)
{
    /* Relaxed. Who has a handle has got it after the word was written, from this thread or by
     * whatever handed the handle over; it never changes afterwards. An acquire here would have
     * every call on aarch64 wait until the store before it is visible. */
    return atomic_load_explicit(word, memory_order_relaxed) != 0;
}

/* The inode number that identifies the PID namespace; 0 = unknown. */
uint64_t sx_process_pid_namespace(void);

/* Copies the program's name, cut to fit. */
void sx_process_name(char *name, uint64_t size);

#endif
