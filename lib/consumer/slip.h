/* SPDX-License-Identifier: MIT */
/*
 * Staying behind the producer.
 *
 * A consumer that is a little faster than the producer catches up, and from then on follows it
 * closely. It then reads lines that have hardly been written, and its processor, which works ahead,
 * those behind them, which are just being written: each line crosses several times. Neither side
 * ever waits, and a message takes twice to three times as long as where the consumer is far behind.
 *
 * So in a run that has lasted for some slots without a wait the consumer goes on only when as many
 * are filled again; then it takes those without asking, and so on. (It is known as temporal slip.)
 * What that delays a message is the time in which those behind it come, in a stream in which one
 * comes every 80 ns or faster: some microseconds at most. Where they do not, it goes on within a
 * microsecond or so, and asks more seldom. Whether it pays depends on the processors, and is tried:
 * waiting/trial.h.
 */
#ifndef SX_SLIP_H
#define SX_SLIP_H

#include <stdbool.h>

#include "consumer/handle.h"

/* For a consumer of a ring of that shape. */
void sx_slip_init(struct sx_slip *slip, const struct sx_shape *shape);

/* Is it to be asked, before the next publication? */
static inline bool sx_slip_is_due(const struct streamx_consumer *consumer)
{
    return (int64_t)(consumer->offer.next - consumer->offer.call_at) >= 0;
}

/* It is. Waits, if there is time for it, for some microseconds at most. */
void sx_slip_go_on(struct streamx_consumer *consumer, bool has_time);

#endif
