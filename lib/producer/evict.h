/* SPDX-License-Identifier: MIT */
/* Consumers that hold the producer up for too long lose their say (README.md, section 8, Evict). */
#ifndef SX_EVICT_H
#define SX_EVICT_H

#include "producer/producer.h"

/* What the producer remembers of a seat that it found behind. */
struct sx_laggard {
    uint64_t owner;
    uint64_t cursor;
    int64_t since_ns;
};

/*
 * The producer waits for `seq` in vain: evicts those who have been behind it, without moving, for
 * `evict_after_ns`. True: somebody was. `*due_ns` becomes the time when the next one may have to
 * be, SX_NEVER if none.
 */
bool sx_evict_overdue(struct streamx_producer *producer, uint64_t seq, int64_t *due_ns);

#endif
