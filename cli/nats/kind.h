/* SPDX-License-Identifier: MIT */
/* What a message of JetStream is to `in`, by its name and by what was put before it. */
#ifndef BRIDGE_KIND_H
#define BRIDGE_KIND_H

#include "nats/message_id.h"

#include <nats/nats.h>

enum bridge_kind {
    BRIDGE_KIND_MESSAGE,  /* to be put */
    BRIDGE_KIND_REPEATED, /* the source has sent it twice, or we began in the middle of its parts */
    BRIDGE_KIND_PART,     /* the first part of one */
    BRIDGE_KIND_END,      /* the end of the source's stream */
    BRIDGE_KIND_GAP,      /* something is missing before it */
    BRIDGE_KIND_OTHER     /* of another stream than those before it, which had no end */
};

/* The message's name; an empty source if it is none of a bridge. */
void bridge_read_id(struct bridge_message_id *id, natsMsg *msg);

/* `last` is what comes before it. A message that is of no bridge is just a message. */
enum bridge_kind bridge_kind_of(const struct bridge_message_id *id,
                                const struct bridge_message_id *last);

#endif /* BRIDGE_KIND_H */
