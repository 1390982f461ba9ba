/* SPDX-License-Identifier: MIT */
/* The JetStream stream: found or made, judged, and how far it has come. These calls block. */
#ifndef BRIDGE_STREAM_H
#define BRIDGE_STREAM_H

#include "nats/jetstream.h"

/* JetStream on this connection; `*js` is to be destroyed. */
enum bridge_failure_kind bridge_open_context(jsCtx **js, natsConnection *nc,
                                             struct bridge_failure *failure);

/* Fills in the facts about the stream. */
enum bridge_failure_kind bridge_reach_stream(natsConnection *nc, jsCtx *js,
                                             const struct bridge_jetstream_options *options,
                                             struct bridge_jetstream_facts *facts,
                                             struct bridge_failure *failure);

/* For a bridge that publishes; the wish is nothing to it. */
enum bridge_failure_kind bridge_survey_out(natsConnection *nc,
                                           const struct bridge_jetstream_options *options,
                                           const struct bridge_wish *wish,
                                           struct bridge_jetstream_facts *facts,
                                           struct bridge_failure *failure);

#endif /* BRIDGE_STREAM_H */
