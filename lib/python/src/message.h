/* SPDX-License-Identifier: MIT */
/* Messages in hand. */
#ifndef STREAMX_PYTHON_MESSAGE_H
#define STREAMX_PYTHON_MESSAGE_H

#include "consumer.h"

int message_init(PyObject *module);

PyObject *message_new(struct consumer *c, const struct streamx_message *m);

#endif
