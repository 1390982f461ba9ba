/* SPDX-License-Identifier: MIT */
/*
 * The source's numbers rise by one. One that was there before has been sent twice, which the server
 * notices only for as long as it remembers; one that is left out is missing.
 */
#include "nats/kind.h"

#include "nats/jetstream.h"

void bridge_read_id(struct bridge_message_id *id, natsMsg *msg)
{
    const char *text = NULL;

    if (natsMsgHeader_Get(msg, BRIDGE_HEADER_ID, &text) != NATS_OK)
        text = NULL;
    bridge_message_id_parse(id, text);
}

enum bridge_kind bridge_kind_of(const struct bridge_message_id *id,
                                const struct bridge_message_id *last)
{
    bool first = last->source.text[0] == '\0';

    if (id->source.text[0] == '\0')
        return BRIDGE_KIND_MESSAGE;
    if (!first && !bridge_source_same(&id->source, &last->source))
        return last->end ? (id->part > 1 ? BRIDGE_KIND_GAP : BRIDGE_KIND_MESSAGE)
                         : BRIDGE_KIND_OTHER;
    if (id->end)
        return !first && id->seq > last->seq ? BRIDGE_KIND_GAP : BRIDGE_KIND_END;
    if (first && id->part > 1)
        return BRIDGE_KIND_REPEATED;
    if (!first && id->seq <= last->seq)
        return BRIDGE_KIND_REPEATED;
    if (!first && id->seq > last->seq + 1)
        return BRIDGE_KIND_GAP;
    if (id->part > 1)
        return BRIDGE_KIND_GAP;
    return id->parts > 1 ? BRIDGE_KIND_PART : BRIDGE_KIND_MESSAGE;
}
