/* SPDX-License-Identifier: MIT */
/* streamx-nats in: from JetStream into a stream. README.md has the protocol. */
#ifndef BRIDGE_IN_H
#define BRIDGE_IN_H

#include "nats/options.h"

/* Runs until it is over; the exit status. */
int bridge_in_run(const struct bridge_options *options);

#endif /* BRIDGE_IN_H */
