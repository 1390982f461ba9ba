/* SPDX-License-Identifier: MIT */
/* The module's functions. */
#ifndef STREAMX_PYTHON_INSPECT_H
#define STREAMX_PYTHON_INSPECT_H

#include "core.h"

int inspect_init(PyObject *module);

#endif
