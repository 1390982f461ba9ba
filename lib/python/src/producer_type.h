/* SPDX-License-Identifier: MIT */
/* The type Producer. */
#ifndef STREAMX_PYTHON_PRODUCER_TYPE_H
#define STREAMX_PYTHON_PRODUCER_TYPE_H

#include "core.h"

int producer_type_init(PyObject *module);

#endif
