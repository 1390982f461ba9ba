/* SPDX-License-Identifier: MIT */
/* Slots that are lent to be written in place. */
#ifndef STREAMX_PYTHON_LOAN_H
#define STREAMX_PYTHON_LOAN_H

#include "producer.h"

int loan_init(PyObject *module);

/* The producer's open loan: `size` bytes of the library's at `data`. The gate is entered. */
PyObject *loan_new(struct producer *p, void *data, size_t size);

#endif
