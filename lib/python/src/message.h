/* SPDX-License-Identifier: MIT */
/* Messages in hand. */
#ifndef STREAMX_PYTHON_MESSAGE_H
#define STREAMX_PYTHON_MESSAGE_H

#include "consumer.h"

int message_init(PyObject *module);

PyObject *message_new(struct consumer *c, const struct streamx_message *m);

/* Makes a message as the last one, but of no bytes, and its view, has c->rehearsal look at it, and
 * drops them; outside of the gate. Nothing is changed by it. 0, or -1 with an exception set: a
 * signal's, as a rule. */
int message_rehearse(struct consumer *c, const struct streamx_message *last);

#endif
