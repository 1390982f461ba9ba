/* SPDX-License-Identifier: MIT */
/*
 * What the parts of streamx-pub share: source.c lists what there is to publish, feed.c carries it
 * into the stream, send.c is the stream's side, run.c begins and ends it all.
 *
 * Functions that return a "verdict" say how to go on: CLI_PUB_MORE; CLI_PUB_END to end the stream
 * in good order; or an exit status with which to abandon it, whose reason has been reported.
 */
#ifndef CLI_PUB_STATE_H
#define CLI_PUB_STATE_H

#include "common/progress.h"
#include "pub/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLI_PUB_MORE (-1)
#define CLI_PUB_END (-2)

/* Unless it is told otherwise: bytes of a slot that are always there, and of the longest raw
 * read. */
#define CLI_PUB_RESERVE 65536u
#define CLI_PUB_RAW 262144u

struct cli_source;

struct cli_pub {
    struct cli_pub_options options;
    int (*on_created)(struct cli_pub *pub); /* before anything is published: a verdict; or NULL */
    void *arg;                              /* for that */
    struct streamx_producer *producer;
    struct cli_source *sources;
    int source_count;
    size_t slot_size; /* of the stream: the longest message */
    size_t room;      /* of it that is always there: as much as is published at once */
    size_t raw_size;  /* of the next raw read */
    uint64_t sent;    /* messages published */
    struct cli_progress progress;
    int64_t rate_next_ns; /* --rate allows the next message at this time */
    bool hint_given;      /* who is waited for */
    bool may_leave;       /* those who leave before they have everything are no failure to tell */
    bool tee_failed;      /* not everything got to standard output */
};

#endif /* CLI_PUB_STATE_H */
