/* SPDX-License-Identifier: MIT */
/*
 * Which message of which stream of which machine: the name under which JetStream refuses to store
 * it a second time (Nats-Msg-Id), and from which a bridge reads how far the last one had come.
 *
 *     SOURCE-SEQ        a whole message
 *     SOURCE-SEQ.I/N    part I, counted from 1, of the N in which it travels
 *     SOURCE-SEQ.end    the end of the stream, after message SEQ
 *
 * SOURCE is the boot's id in 32 hexadecimal digits, a dot, and the stream's time of creation. That
 * time is of a clock that starts with the boot, so that no stream has it in common with one before
 * or after it. Other clients name their messages too, but hardly in this way.
 */
#ifndef BRIDGE_MESSAGE_ID_H
#define BRIDGE_MESSAGE_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <streamx.h>

#define BRIDGE_SOURCE_MAX 64
#define BRIDGE_MESSAGE_ID_MAX 112 /* with the NUL */

struct bridge_source {
    char text[BRIDGE_SOURCE_MAX];
};

struct bridge_message_id {
    struct bridge_source source; /* empty: the message is none of a bridge */
    uint64_t seq;
    uint32_t part; /* a whole message is part 1 of 1 */
    uint32_t parts;
    bool end;
};

/* Of the stream that was looked at. -errno (the boot has no id to be read), or 0. */
int bridge_source_of(struct bridge_source *source, const struct streamx_info *info);

bool bridge_source_same(const struct bridge_source *a, const struct bridge_source *b);

void bridge_message_id_format(char text[BRIDGE_MESSAGE_ID_MAX], const struct bridge_message_id *id);

/* False, and an empty source, if the text is not of the form above. NULL is allowed. */
bool bridge_message_id_parse(struct bridge_message_id *id, const char *text);

#endif /* BRIDGE_MESSAGE_ID_H */
