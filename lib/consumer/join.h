/* SPDX-License-Identifier: MIT */
/* Where a new consumer starts. */
#ifndef SX_JOIN_H
#define SX_JOIN_H

#include "consumer/handle.h"

/*
 * Activates the seat and finds where to start: sets next, frame, taken, and `*skip`,
 * the number of messages of that publication that come before the start. Passes the heavy barrier.
 * -EPROTO: the shared memory contradicts itself. -ESTALE: we were so slow that we were evicted.
 */
int sx_join(struct streamx_consumer *consumer, uint32_t start, uint32_t *skip);

#endif
