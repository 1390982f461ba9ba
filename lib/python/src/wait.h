/* SPDX-License-Identifier: MIT */
/* Calls that may wait. */
#ifndef STREAMX_PYTHON_WAIT_H
#define STREAMX_PYTHON_WAIT_H

#include "core.h"
#include "gate.h"

/*
 * A call of the library's that may wait. The library's waits are not ended by signals, so that a
 * long one is made of a short one of its own, which is fast, and then of poll on the handle's
 * descriptor, which a signal ends.
 */
struct waiting {
    struct gate *gate;                             /* entered */
    int (*attempt)(void *arg, int64_t timeout_ns); /* called with or without the GIL */
    int (*descriptor)(void *arg);
    void (*prepare)(void *arg); /* after others have been in; or NULL */
    int (*rehearse)(void *arg); /* what comes after a result, for nothing; with the GIL, outside of
                                   the gate. -1: an exception. Or NULL: not told to spin */
    bool *spinning;             /* whether the last wait ended by that; for rehearse */
    void *arg;
    int64_t spin_ns;
    bool copies_much; /* the first attempt too is made without the GIL */
    bool tried;       /* it has been made: one in vain is dear, since it looks who has died */
};

/* The library's result. RAISED: an exception is set; the gate is still entered unless *outside. */
int wait_for(const struct waiting *w, int64_t timeout_ns, bool *outside);

#endif
