/* SPDX-License-Identifier: MIT */
/* Waking the two sides (README.md, section 7). */
#ifndef SX_WAKE_H
#define SX_WAKE_H

#include "memory/layout.h"

/* Wakes every consumer that may be asleep. By the producer only: of several, by the one that has
 * the pen, or ends the stream. */
void sx_wake_consumers(struct sx_control *control);

/* Has those that are asleep look again, for something else than a publication. By anybody. */
void sx_tell_consumers(struct sx_control *control);

/* Tells a sleeping producer to look again. By anybody. */
void sx_wake_producer(struct sx_control *control);

#endif
