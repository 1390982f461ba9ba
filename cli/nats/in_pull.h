/* SPDX-License-Identifier: MIT */
/* What comes from the server. A status or BRIDGE_MORE each. */
#ifndef BRIDGE_IN_PULL_H
#define BRIDGE_IN_PULL_H

#include "nats/in_state.h"

/* Holding: older messages may come yet than those that are here, so that none is to be put. */
bool bridge_in_is_holding(const struct bridge_in *in);

/* The server waits for what it may still hand out again. */
bool bridge_in_is_missing(const struct bridge_in *in);

/* There are new facts, perhaps of a new connection. */
void bridge_in_place(struct bridge_in *in);

/* Takes what has come into the ledger. */
int bridge_in_receive(struct bridge_in *in, bool *progressed);

/* Asks for more, or for another look at the consumer, whichever is due. */
void bridge_in_ask(struct bridge_in *in);

#endif /* BRIDGE_IN_PULL_H */
