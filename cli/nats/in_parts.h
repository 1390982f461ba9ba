/* SPDX-License-Identifier: MIT */
/* Messages that came in parts. */
#ifndef BRIDGE_IN_PARTS_H
#define BRIDGE_IN_PARTS_H

#include "nats/in_state.h"

/* Puts the message whose first part comes next, if all of it is here. A status or BRIDGE_MORE. */
int bridge_in_put_parts(struct bridge_in *in, bool *progressed);

#endif /* BRIDGE_IN_PARTS_H */
