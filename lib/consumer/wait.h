/* SPDX-License-Identifier: MIT */
/* How a consumer waits for the next publication. */
#ifndef SX_CONSUMER_WAIT_H
#define SX_CONSUMER_WAIT_H

#include "consumer/handle.h"

/* Waits until there is a next publication: 1; or -EAGAIN (timeout 0), -ETIMEDOUT, or how the stream
 * has ended for us. */
int sx_consumer_wait(struct streamx_consumer *consumer, int64_t timeout_ns);

/* Spins for a moment until the next publication is there. */
bool sx_consumer_spin(struct streamx_consumer *consumer);

/* Counts the parties of the stream, if that has changed: sx_spin_crowd. */
void sx_consumer_count_parties(struct streamx_consumer *consumer);

/* A notice has just been opened. Has it tell when a NOWAIT call would not give -EAGAIN. */
void sx_consumer_begin_notice(struct streamx_consumer *consumer);

#endif
