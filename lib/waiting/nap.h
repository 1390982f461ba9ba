/* SPDX-License-Identifier: MIT */
/* Naps: sleeping for a moment without asking to be woken. */
#ifndef SX_NAP_H
#define SX_NAP_H

#include "waiting/wait.h"

/*
 * Naps. Where more parties run than there are processors, a deep ring could stream in long runs:
 * one party fills it, the others empty it. But each wake that is asked for is a system call of the
 * other side, perhaps for a single message; and who is woken early finds a single message, and asks
 * again. So who has streamed lately first sleeps for a moment without asking anybody, and finds the
 * next run when it looks again; once in a wait.
 *
 * Such a moment is about as long as it takes to wake everybody, one by one. It is due to who has
 * paid for it with publications that went through without one; and in a crowd, where runs cannot
 * build up otherwise, to who has had something to do within the last millisecond. A shallow ring
 * has none: it runs dry in less.
 */
struct sx_nap {
    uint64_t since; /* publications before this one have been credited */
    uint64_t credit;
    uint32_t price; /* of a nap, in publications; 0: no naps */
};

void sx_nap_init(struct sx_nap *nap, uint32_t slots);

/* Sleeps for a moment, if that is due; `publication` is what is waited for. */
bool sx_nap_take(struct sx_nap *nap, struct sx_wait *wait, uint64_t publication);

#endif
