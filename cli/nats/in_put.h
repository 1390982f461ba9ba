/* SPDX-License-Identifier: MIT */
/* From the ledger into the stream. */
#ifndef BRIDGE_IN_PUT_H
#define BRIDGE_IN_PUT_H

#include "nats/in_state.h"

/* Puts what can be put without waiting. A status or BRIDGE_MORE. */
int bridge_in_put(struct bridge_in *in, bool *progressed);

#endif /* BRIDGE_IN_PUT_H */
