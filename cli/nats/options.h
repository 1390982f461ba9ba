/* SPDX-License-Identifier: MIT */
/* The command line of streamx-nats. */
#ifndef BRIDGE_OPTIONS_H
#define BRIDGE_OPTIONS_H

#include "common/options.h"
#include "nats/jetstream.h"
#include "nats/server.h"

#include <streamx.h>

struct bridge_options {
    struct cli_options_common common;
    bool out; /* else in */
    const char *name;
    struct bridge_server_options server;
    struct bridge_jetstream_options jetstream;
    struct streamx_options stream; /* in: of the stream that is made */
    int64_t wait_ns;               /* for what is not there at the start */
    int64_t timeout_ns;
    uint64_t window; /* out: most messages under way */
    bool chunk;      /* out */
    bool follow;
    bool progress;
};

/* CLI_OPTIONS_GO_ON, or the exit status to end with. */
int bridge_options_parse(struct bridge_options *options, int argc, char **argv);

#endif /* BRIDGE_OPTIONS_H */
