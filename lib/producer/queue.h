/* SPDX-License-Identifier: MIT */
/*
 * Who waits for its turn in a shared stream, as the places say it (README.md, section 13). Nothing
 * here is depended on: who is overlooked looks again by itself.
 */
#ifndef SX_QUEUE_H
#define SX_QUEUE_H

#include "producer/handle.h"

#define SX_TURN_NS INT64_C(300000) /* how long a turn lasts, while others wait */

/* In the low bit of `waiting_since_ns`: by a descriptor, an arm, or streamx_wait, for others to
 * see. Such a producer is told when the pen is free, and not nominated: nobody gives way for it. */
#define SX_QUEUE_WATCHES INT64_C(1)

/* Our own place. */
struct sx_place *sx_queue_place(const struct streamx_producer *producer);

/* Before the position moves on: what we have published since this was asked last is counted. */
void sx_queue_count(struct streamx_producer *producer);

/* We wait for our turn, since then; and do no more. */
void sx_queue_enter(struct streamx_producer *producer, int64_t since_ns);
void sx_queue_leave(struct streamx_producer *producer);

/* That one does not come. It comes back when it looks again. */
void sx_queue_forget(struct sx_place *place);

/* Who of the others is next, or NULL: nobody waits. */
struct sx_place *sx_queue_first(const struct streamx_producer *producer, int64_t now_ns);

/* Does somebody wait, and would we come before them all? */
bool sx_queue_are_behind_us(const struct streamx_producer *producer, int64_t now_ns);
bool sx_queue_is_empty(const struct streamx_producer *producer);

/* We wait without a call; and do no more. */
void sx_queue_watch(struct streamx_producer *producer);
void sx_queue_unwatch(struct streamx_producer *producer);

#endif
