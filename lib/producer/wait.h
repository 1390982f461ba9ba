/* SPDX-License-Identifier: MIT */
/* How the producer waits. */
#ifndef SX_PRODUCER_WAIT_H
#define SX_PRODUCER_WAIT_H

#include "producer/handle.h"

/*
 * Waits until one of `events` holds; `deadline_ns` 0 looks once. Returns the events that hold,
 * -EPIPE, -EAGAIN (deadline 0) or -ETIMEDOUT. Updates the cached view of the consumers.
 */
int sx_producer_wait(struct streamx_producer *producer, unsigned events, int64_t deadline_ns);

/* Spins for a moment until the next slot looks free. */
bool sx_producer_spin(struct streamx_producer *producer);

/* A look has found nothing. Has the descriptor tell when one of its events holds. */
void sx_producer_renew_notice(struct streamx_producer *producer);

#endif
