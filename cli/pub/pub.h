/* SPDX-License-Identifier: MIT */
/*
 * The parts of streamx-pub: where its input comes from, and how it gets into the stream.
 *
 * Functions that return a "verdict" say how to go on: SX_PUB_MORE; SX_PUB_END to end the stream in
 * good order; or an exit status with which to abandon it, whose reason has been reported.
 */
#ifndef SX_PUB_H
#define SX_PUB_H

#include "common/progress.h"
#include "pub/options_pub.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SX_PUB_MORE (-1)
#define SX_PUB_END (-2)

#define SX_PUB_SLOT_SIZE ((size_t)65536) /* unless asked otherwise */

/* One operand, or standard input. */
struct sx_source {
    const char *path; /* for messages */
    bool is_message;  /* all of it is one message; else it is split, or read raw */
    bool is_input;    /* standard input */
    bool is_loaded;   /* its bytes are in `data`; else they are read when their turn has come */
    char *data;
    size_t len; /* known beforehand if it is a message */
};

struct sx_pub {
    struct sx_pub_options options;
    struct streamx_producer *producer;
    struct sx_source *sources;
    int source_count;
    size_t slot_size; /* of the stream */
    uint64_t sent;    /* messages published */
    struct sx_progress progress;
    int64_t rate_since_ns; /* --rate counts from here ... */
    uint64_t rate_sent;    /* ... this many messages */
};

/* ---- pub_source.c: what there is to publish ---- */

/*
 * Lists the sources and finds out how long those are that are one message, reading them into memory
 * where that is the only way to know. A verdict.
 */
int sx_pub_sources_open(struct sx_pub *pub);
void sx_pub_sources_close(struct sx_pub *pub);

/* Says so if the source is to be typed. */
void sx_pub_hint(const struct sx_pub *pub, const struct sx_source *source);

/* The slot size that fits every source. */
size_t sx_pub_sources_slot_size(const struct sx_pub *pub);

/* ---- pub_feed.c: from a source into the stream ---- */

/* Publishes everything in the source. A verdict; SX_PUB_MORE: go on with the next source. */
int sx_pub_feed(struct sx_pub *pub, struct sx_source *source);

/* ---- pub_send.c: the stream's side ---- */

/* Waits until one of `events` holds. A verdict. */
int sx_pub_await(struct sx_pub *pub, unsigned events);

/* Publishes messages that fit into one publication. A verdict. */
int sx_pub_send(struct sx_pub *pub, const struct iovec *messages, unsigned count);

/* Lends a slot, to be finished by sx_pub_publish or streamx_discard. A verdict. */
int sx_pub_loan(struct sx_pub *pub, void **data, size_t *capacity);
int sx_pub_publish(struct sx_pub *pub, size_t len);

/* How many more messages --count allows, `most` at most. */
unsigned sx_pub_left(const struct sx_pub *pub, unsigned most);

/* Waits until --rate allows a message, and lowers `*count` to what it allows. A verdict. */
int sx_pub_pace(struct sx_pub *pub, unsigned *count);

/* What a failed wait means: reports it. A verdict. */
int sx_pub_wait_failed(struct sx_pub *pub, int error);

/* --tee. A verdict. */
int sx_pub_tee(struct sx_pub *pub, const void *data, size_t len);

#endif /* SX_PUB_H */
