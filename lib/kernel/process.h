/* SPDX-License-Identifier: MIT */
/* Who we are: a token that a forked child loses, the PID namespace, the program's name. */
#ifndef SX_PROCESS_H
#define SX_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The token, or 0, where a forked child finds it wiped; NULL before the first handle. */
extern _Atomic(_Atomic uint64_t *) sx_process_word;

/*
 * The token of this process, never 0, made when first asked for; 0 if it cannot be made. A handle
 * keeps the token of the process that made it.
 */
uint64_t sx_process_token(void);

/* Is this still the process that was given this token? No system call. */
static inline bool sx_process_is(uint64_t token)
{
    /* Relaxed, both. Who has a handle has got it after the word was there and the token written,
     * from this thread or by whatever handed the handle over; neither changes afterwards. An
     * acquire here would have every call on aarch64 wait until the store before it is visible. */
    _Atomic uint64_t *word = atomic_load_explicit(&sx_process_word, memory_order_relaxed);

    return atomic_load_explicit(word, memory_order_relaxed) == token;
}

/* The inode number that identifies the PID namespace; 0 = unknown. */
uint64_t sx_process_pid_namespace(void);

/* Copies the program's name, cut to fit. */
void sx_process_name(char *name, uint64_t size);

#endif
