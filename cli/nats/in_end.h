/* SPDX-License-Identifier: MIT */
/* The end of the source's stream becomes the end of ours. */
#ifndef BRIDGE_IN_END_H
#define BRIDGE_IN_END_H

#include "nats/in_state.h"

/* It is what comes next. */
void bridge_in_begin_end(struct bridge_in *in, bool clean);

/* Goes as far towards it as can be gone without waiting. A status or BRIDGE_MORE. */
int bridge_in_end(struct bridge_in *in, bool *progressed);

#endif /* BRIDGE_IN_END_H */
