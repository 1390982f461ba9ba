/* SPDX-License-Identifier: MIT */
/* The methods of the Producer that put something. */
#ifndef STREAMX_PYTHON_PRODUCER_PUT_H
#define STREAMX_PYTHON_PRODUCER_PUT_H

#include "core.h"

PyObject *producer_put(PyObject *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords);
PyObject *producer_put_many(PyObject *self, PyObject *const *args, Py_ssize_t given,
                            PyObject *keywords);
PyObject *producer_send(PyObject *self, PyObject *const *args, Py_ssize_t given,
                        PyObject *keywords);
PyObject *producer_loan(PyObject *self, PyObject *const *args, Py_ssize_t given,
                        PyObject *keywords);

#endif
