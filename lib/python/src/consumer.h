/* SPDX-License-Identifier: MIT */
/* What the files of the Consumer share. */
#ifndef STREAMX_PYTHON_CONSUMER_H
#define STREAMX_PYTHON_CONSUMER_H

#include "core.h"

/* Waits for the stream, in slices between which signals are looked for; the gate is entered. */
int consumer_attach(struct consumer *c, int64_t timeout_ns);

/* Done with everything up to `through`, which is seen by the producer when this returns. */
int consumer_release(struct consumer *c, uint64_t through);

/* The last view of a message has gone; for leases.returned. */
void consumer_returned(struct leases *leases);

#endif
