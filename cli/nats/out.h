/* SPDX-License-Identifier: MIT */
/* streamx-nats out: from a stream into JetStream. README.md has the protocol. */
#ifndef BRIDGE_OUT_H
#define BRIDGE_OUT_H

#include "nats/options.h"

/* Runs until it is over; the exit status. */
int bridge_out_run(const struct bridge_options *options);

#endif /* BRIDGE_OUT_H */
