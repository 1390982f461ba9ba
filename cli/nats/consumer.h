/* SPDX-License-Identifier: MIT */
/* The durable consumer of a bridge in. This call blocks. */
#ifndef BRIDGE_CONSUMER_H
#define BRIDGE_CONSUMER_H

#include "nats/jetstream.h"

/*
 * For one that receives: makes the durable consumer if there is none. If messages are pending that
 * the bridge has not in hand, a dead one had them, or a dead connection. In a hurry they are made
 * to be handed out again soon, by a short time for acknowledgments; the next look makes it long
 * again.
 */
enum bridge_failure_kind bridge_survey_in(natsConnection *nc,
                                          const struct bridge_jetstream_options *options,
                                          const struct bridge_wish *wish,
                                          struct bridge_jetstream_facts *facts,
                                          struct bridge_failure *failure);

#endif /* BRIDGE_CONSUMER_H */
