/* SPDX-License-Identifier: MIT */
/* The side of the stream. A status or BRIDGE_MORE each. */
#ifndef BRIDGE_OUT_STREAM_H
#define BRIDGE_OUT_STREAM_H

#include "nats/out_state.h"

/* Attaches, if the stream is there. */
int bridge_out_attach(struct bridge_out *out);
void bridge_out_detach(struct bridge_out *out);

/* Before the program ends. How the stream has ended, if that is known and not stored yet, is left
 * to the next bridge: unsubscribing would let the stream's name go. */
void bridge_out_leave(struct bridge_out *out);

/* Takes messages, and the end, into the window. */
int bridge_out_take(struct bridge_out *out, bool *progressed);

/* Acknowledges what is stored. */
int bridge_out_release(struct bridge_out *out, bool *progressed);

/* Whether what was read of the message just now may have been overwritten meanwhile. */
bool bridge_out_evicted(struct bridge_out *out);

/* Tells by the label what the bridge waits for. */
void bridge_out_relabel(struct bridge_out *out);

#endif /* BRIDGE_OUT_STREAM_H */
