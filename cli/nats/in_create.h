/* SPDX-License-Identifier: MIT */
/* The stream that `in` puts into. */
#ifndef BRIDGE_IN_CREATE_H
#define BRIDGE_IN_CREATE_H

#include "nats/in_state.h"

/* Makes it, or takes it up where an earlier bridge has died. A status or BRIDGE_MORE. */
int bridge_in_create(struct bridge_in *in);

#endif /* BRIDGE_IN_CREATE_H */
