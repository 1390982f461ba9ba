/* SPDX-License-Identifier: MIT */
/* The command line of streamx-nats. */
#ifndef SX_NATS_OPTIONS_NATS_H
#define SX_NATS_OPTIONS_NATS_H

#include "common/options.h"
#include "nats/jetstream.h"
#include "nats/server.h"

#include <streamx.h>

struct sx_nats_options {
    struct sx_options_common common;
    bool out; /* else in */
    const char *name;
    struct sx_server_options server;
    struct sx_jetstream_options jetstream;
    struct streamx_options stream; /* in: of the stream that is made */
    int64_t wait_ns;               /* for what is not there at the start */
    int64_t timeout_ns;
    uint64_t window; /* out: most messages under way */
    bool chunk;      /* out */
    bool follow;
    bool progress;
};

/* SX_OPTIONS_GO_ON, or the exit status to end with. */
int sx_nats_options_parse(struct sx_nats_options *options, int argc, char **argv);

#endif /* SX_NATS_OPTIONS_NATS_H */
