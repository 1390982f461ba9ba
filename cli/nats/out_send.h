/* SPDX-License-Identifier: MIT */
/* The side of the server. A status or BRIDGE_MORE each. */
#ifndef BRIDGE_OUT_SEND_H
#define BRIDGE_OUT_SEND_H

#include "nats/out_state.h"

/* There are new facts: what is stored need not be sent, and the rest goes on after it. */
void bridge_out_place(struct bridge_out *out);

/* Sends what may be under way, and is not yet. */
int bridge_out_send(struct bridge_out *out, bool *progressed);

/* Takes what the server says of what was sent. */
int bridge_out_answers(struct bridge_out *out, bool *progressed);

#endif /* BRIDGE_OUT_SEND_H */
