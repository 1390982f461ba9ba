/* SPDX-License-Identifier: MIT */
/* A producer's handle, and what its methods are made of. */
#ifndef STREAMX_PYTHON_PRODUCER_H
#define STREAMX_PYTHON_PRODUCER_H

#include "core.h"
#include "gate.h"
#include "lease.h"

struct producer {
    PyObject_HEAD struct gate gate;
    struct streamx_producer *handle;
    struct leases leases;    /* of loans */
    const struct loan *loan; /* the open one; to be compared, never followed */
    bool discard;            /* it was dropped while somebody used the handle */
    PyObject *name;
    int64_t spin_ns;
    struct producer *previous, *next; /* all of this process */
};

/* All of this process, for what must be done before and after a fork. */
extern struct producer *all_producers;
void producer_enlist(struct producer *p);
void producer_unlist(struct producer *p);

/* Goes in. -1 with an exception set. */
int producer_enter(struct producer *p, int64_t timeout_ns);

/* Leaves the gate, unless the wait has done so. */
void producer_leave(struct producer *p, bool outside);

/* What a call that may wait is made with. */
struct call {
    struct producer *p;
    const struct iovec *messages;
    unsigned count, events;
    size_t size; /* of the loan */
    void *data;
};

/* Makes it; `bytes`: how much it copies. As wait_for. */
int producer_run(struct call *call, int (*attempt)(void *arg, int64_t timeout_ns), size_t bytes,
                 int64_t timeout_ns, bool *outside);

/* Waits for the call's events; lends call->size bytes as call->data. As wait_for. */
int producer_wait(struct call *call, int64_t timeout_ns, bool *outside);
int producer_lend(struct call *call, int64_t timeout_ns, bool *outside);

/* Ends it, with an end or without. The result of close, which does not wait. */
int producer_end(struct producer *p, bool properly);

/* Whether the call was made with POLL, and would have had to wait. */
bool producer_polled(PyObject *timeout, int result);

/* What a call without a value returns; `timeout` as it was given. */
PyObject *producer_none_or_error(struct producer *p, PyObject *timeout, int result);

#endif
