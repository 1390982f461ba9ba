/* SPDX-License-Identifier: MIT */
/* Consumers that hold the producer up for too long lose their say (README.md, section 8, Evict). */
#ifndef SX_EVICT_H
#define SX_EVICT_H

#include "producer/handle.h"

/*
 * The producer waits for `events` in vain: evicts those who have held it up, without moving, for
 * `evict_after_ns`. True: somebody was. `*due_ns` becomes the time when to ask again, so that the
 * time until then counts; SX_NEVER if nobody is in the way.
 */
bool sx_evict_overdue(struct streamx_producer *producer, unsigned events, int64_t *due_ns);

#endif
