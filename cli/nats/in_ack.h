/* SPDX-License-Identifier: MIT */
/* Back to the server. */
#ifndef BRIDGE_IN_ACK_H
#define BRIDGE_IN_ACK_H

#include "nats/in_state.h"

/* Acknowledges to it what everybody has acknowledged in the stream. */
void bridge_in_acknowledge(struct bridge_in *in, bool *progressed);

/* Tells it, when that is due, that we are still at what it waits for. */
void bridge_in_keep(struct bridge_in *in);

/* Acknowledges the entry, and asks for a word that this has arrived: a message of which
 * bridge_in_is_confirmation is true. */
void bridge_in_acknowledge_surely(struct bridge_in *in, const struct bridge_entry *entry);
bool bridge_in_is_confirmation(const natsMsg *msg);

#endif /* BRIDGE_IN_ACK_H */
