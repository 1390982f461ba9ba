/* SPDX-License-Identifier: MIT */
/* Results of the library as exceptions. */
#ifndef STREAMX_PYTHON_ERRORS_H
#define STREAMX_PYTHON_ERRORS_H

#include "core.h"

/* A result that is none of the library's: a Python exception is set. */
#define RAISED INT32_MIN

int errors_init(PyObject *module);

/* Raises what stands for a negative result of the library; RAISED raises nothing more. Returns
 * NULL. `name`: the stream's, or NULL. */
PyObject *raise_result(int result, PyObject *name);

#endif
