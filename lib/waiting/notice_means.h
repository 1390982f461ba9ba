/* SPDX-License-Identifier: MIT */
/* The struct of a notice, and what may stand behind it: one of two means. */
#ifndef SX_NOTICE_MEANS_H
#define SX_NOTICE_MEANS_H

#include "kernel/uapi.h"
#include "waiting/arming.h"

struct sx_notice;
struct sx_notice_thread;

/* What the calls of notice.h of the same names ask of it. */
struct sx_notice_means {
    bool (*is_foreign)(const struct sx_notice *notice);
    bool (*begin)(struct sx_notice *notice, bool anew);
    /* Takes the descriptor over. False: the process cannot be watched. */
    bool (*watch)(struct sx_notice *notice, int pidfd);
    void (*arm)(struct sx_notice *notice, const _Atomic uint32_t *word, uint32_t value,
                int64_t until_ns, int64_t after_ns);
    void (*fire)(struct sx_notice *notice);
    void (*close)(struct sx_notice *notice, bool own);
    bool serves_caller; /* the caller's ring can wait beside it */
};

/* Zero-initialised. */
struct sx_notice {
    const struct sx_notice_means *means; /* NULL: it is not open */
    int fd;                              /* the descriptor, which the means keep */
    bool fired;                          /* it is readable, until it is renewed */
    bool uncovered; /* a process that matters cannot be watched: a tick takes its place */
    bool blind;     /* nothing could be armed, not even the tick */

    struct sx_notice_thread *thread; /* notice_thread.c */

    /* notice_ring.c. */
    struct sx_own_ring ring;
    uint64_t thread_token; /* whose requests are armed */

    bool by_caller; /* the word is armed on the caller's ring instead (uring.c): */
    const _Atomic uint32_t *word;
    uint32_t value;
    struct futex_waitv words[2]; /* what the caller's request sleeps on */
};

#endif
