/* SPDX-License-Identifier: MIT */
/* Objects out of messages. */
#ifndef STREAMX_PYTHON_OBJECT_RECEIVE_H
#define STREAMX_PYTHON_OBJECT_RECEIVE_H

#include "consumer.h"

int object_receive_init(PyObject *module);

/* The object of a message in hand; the gate is entered. NULL with an exception set. */
PyObject *object_receive(struct consumer *c, const struct streamx_message *m, bool copy,
                         bool unpickle);

#endif
