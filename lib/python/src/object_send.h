/* SPDX-License-Identifier: MIT */
/* Objects into a stream. */
#ifndef STREAMX_PYTHON_OBJECT_SEND_H
#define STREAMX_PYTHON_OBJECT_SEND_H

#include "producer.h"

int object_send_init(PyObject *module);

/* The library's result, or RAISED. Goes in and leaves by itself. */
int object_send(struct producer *p, PyObject *object, int64_t timeout_ns);

#endif
