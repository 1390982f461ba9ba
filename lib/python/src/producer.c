/* SPDX-License-Identifier: MIT */
/* What streamx._core.Producer does: go in, wait, end. Its methods are in producer_put.c and
 * producer_type.c. */
#include "producer.h"

#include <errno.h>

#include "convert.h"
#include "errors.h"
#include "wait.h"

struct producer *all_producers;

void producer_enlist(struct producer *p)
{
    p->next = all_producers;
    if (all_producers)
        all_producers->previous = p;
    all_producers = p;
}

void producer_unlist(struct producer *p)
{
    *(p->previous ? &p->previous->next : &all_producers) = p->next;
    if (p->next)
        p->next->previous = p->previous;
}

int producer_enter(struct producer *p, int64_t timeout_ns)
{
    if (!p->handle && !p->gate.closed) {
        PyErr_SetString(PyExc_ValueError, "it was never made");
        return -1;
    }
    if (gate_enter(&p->gate, timeout_ns) < 0)
        return -1;
    if (p->discard)
        streamx_discard(p->handle);
    p->discard = false;
    return 0;
}

void producer_leave(struct producer *p, bool outside)
{
    if (!outside)
        gate_leave(&p->gate);
}

bool producer_polled(PyObject *timeout, int result)
{
    return result == -EAGAIN && timeout && timeout == poll_sentinel;
}

PyObject *producer_none_or_error(struct producer *p, PyObject *timeout, int result)
{
    if (producer_polled(timeout, result))
        return Py_NewRef(timeout);
    return result >= 0 ? Py_NewRef(Py_None) : raise_result(result, p->name);
}

static int descriptor(void *arg)
{
    struct call *call = arg;

    return streamx_producer_fd(call->p->handle, call->events);
}

int producer_run(struct call *call, int (*attempt)(void *arg, int64_t timeout_ns), size_t bytes,
                 int64_t timeout_ns, bool *outside)
{
    const struct waiting w = {.gate = &call->p->gate,
                              .attempt = attempt,
                              .descriptor = descriptor,
                              .arg = call,
                              .spin_ns = call->p->spin_ns,
                              .copies_much = bytes >= COPY_MUCH};

    return wait_for(&w, timeout_ns, outside);
}

static int attempt_wait(void *arg, int64_t timeout_ns)
{
    const struct call *call = arg;

    return streamx_wait(call->p->handle, call->events, timeout_ns);
}

int producer_wait(struct call *call, int64_t timeout_ns, bool *outside)
{
    return producer_run(call, attempt_wait, 0, timeout_ns, outside);
}

static int attempt_loan(void *arg, int64_t timeout_ns)
{
    struct call *call = arg;
    size_t capacity;

    return streamx_loan_at_least(call->p->handle, call->size, &call->data, &capacity, timeout_ns);
}

int producer_lend(struct call *call, int64_t timeout_ns, bool *outside)
{
    return producer_run(call, attempt_loan, 0, timeout_ns, outside);
}

/* What is to be done before the library's mapping goes: an array that was made of a loan keeps its
 * bytes. In a forked child nothing is touched. */
static void forget_loans(struct producer *p)
{
    p->loan = NULL;
    if (p->gate.forks == fork_count)
        leases_freeze(&p->leases);
    while (p->leases.first)
        lease_leave(p->leases.first);
    window_drop(p->leases.window);
    p->leases.window = NULL;
}

int producer_end(struct producer *p, bool properly)
{
    struct streamx_producer *handle = p->handle;
    int result = 0;

    p->gate.closed = true;
    if (!handle)
        return 0;
    forget_loans(p);
    p->handle = NULL;
    if (properly)
        result = streamx_close(handle, STREAMX_NOWAIT);
    else
        streamx_abandon(handle);
    return result;
}
