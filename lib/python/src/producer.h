/* SPDX-License-Identifier: MIT */
/* What the files of the Producer share. */
#ifndef STREAMX_PYTHON_PRODUCER_H
#define STREAMX_PYTHON_PRODUCER_H

#include "core.h"

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

/* Leaves the gate, unless the wait has done so. */
void producer_leave(struct producer *p, bool outside);

/* Whether the call was made with POLL, and would have had to wait. */
bool producer_polled(PyObject *timeout, int result);

/* What a call without a value returns; `timeout` as it was given. */
PyObject *producer_none_or_error(struct producer *p, PyObject *timeout, int result);

/* The methods of producer_put.c. */
PyObject *producer_put(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords);
PyObject *producer_put_many(PyObject *self, PyObject *const *args, Py_ssize_t given,
                            PyObject *keywords);
PyObject *producer_send(PyObject *self, PyObject *const *args, Py_ssize_t given,
                        PyObject *keywords);
PyObject *producer_loan(PyObject *self, PyObject *const *args, Py_ssize_t given,
                        PyObject *keywords);

#endif
