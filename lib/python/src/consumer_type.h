/* SPDX-License-Identifier: MIT */
/* The type Consumer. */
#ifndef STREAMX_PYTHON_CONSUMER_TYPE_H
#define STREAMX_PYTHON_CONSUMER_TYPE_H

#include "core.h"

int consumer_type_init(PyObject *module);

#endif
