/* SPDX-License-Identifier: MIT */
/*
 * Which message of which stream of which machine: the name under which JetStream refuses to store
 * it a second time (Nats-Msg-Id), and from which a bridge reads how far the last one had come.
 *
 *     SOURCE-SEQ        a whole message
 *     SOURCE-SEQ.I/N    part I, counted from 1, of the N in which it travels
 *     SOURCE-SEQ.end    the end of the stream, after message SEQ
 *
 * SOURCE is the boot's id and the stream's time of creation. That time is of a clock that starts
 * with the boot, so that no stream has it in common with one before or after it.
 */
#ifndef SX_NATS_MESSAGE_ID_H
#define SX_NATS_MESSAGE_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <streamx.h>

#define SX_SOURCE_MAX 64
#define SX_MESSAGE_ID_MAX 112 /* with the NUL */

struct sx_source {
    char text[SX_SOURCE_MAX];
};

struct sx_message_id {
    struct sx_source source; /* empty: the message is none of a bridge */
    uint64_t seq;
    uint32_t part; /* a whole message is part 1 of 1 */
    uint32_t parts;
    bool end;
};

/* Of the stream that was looked at. -errno (the boot has no id to be read), or 0. */
int sx_source_of(struct sx_source *source, const struct streamx_info *info);

bool sx_source_same(const struct sx_source *a, const struct sx_source *b);

void sx_message_id_format(char text[SX_MESSAGE_ID_MAX], const struct sx_message_id *id);

/* False, and an empty source, if the text is not of the form above. NULL is allowed. */
bool sx_message_id_parse(struct sx_message_id *id, const char *text);

#endif /* SX_NATS_MESSAGE_ID_H */
