/* SPDX-License-Identifier: MIT */
/* The values of options, by what they are about. All return CLI_OPTIONS_GO_ON, or an exit
 * status. */
#ifndef BRIDGE_OPTION_VALUES_H
#define BRIDGE_OPTION_VALUES_H

#include "nats/jetstream.h"
#include "nats/server.h"

#include <streamx.h>

/* Those without a letter, in the order of what they are about. */
enum bridge_option {
    BRIDGE_OPTION_USER = 512,
    BRIDGE_OPTION_PASSWORD_FILE,
    BRIDGE_OPTION_CREDS,
    BRIDGE_OPTION_NKEY,
    BRIDGE_OPTION_TLS,
    BRIDGE_OPTION_TLS_CA,
    BRIDGE_OPTION_TLS_CERT,
    BRIDGE_OPTION_TLS_KEY,
    BRIDGE_OPTION_STREAM,
    BRIDGE_OPTION_SUBJECT,
    BRIDGE_OPTION_CREATE,
    BRIDGE_OPTION_RETENTION,
    BRIDGE_OPTION_STORAGE,
    BRIDGE_OPTION_REPLICAS,
    BRIDGE_OPTION_MAX_MSGS,
    BRIDGE_OPTION_MAX_BYTES,
    BRIDGE_OPTION_MAX_AGE,
    BRIDGE_OPTION_LOSSY,
    BRIDGE_OPTION_CHUNK,
    BRIDGE_OPTION_WINDOW,
    BRIDGE_OPTION_DURABLE,
    BRIDGE_OPTION_FROM,
    BRIDGE_OPTION_BATCH,
    BRIDGE_OPTION_ACK_WAIT,
    BRIDGE_OPTION_SLOTS,
    BRIDGE_OPTION_MODE,
    BRIDGE_OPTION_FOLLOW,
    BRIDGE_OPTION_WAIT,
    BRIDGE_OPTION_NO_WAIT
};

int bridge_options_server(struct bridge_server_options *server, int option, char *argument);
int bridge_options_jetstream(struct bridge_jetstream_options *jetstream, int option,
                             const char *argument);
int bridge_options_in(struct bridge_jetstream_options *jetstream, struct streamx_options *stream,
                      int option, const char *argument);

/* From 1 to `most`. */
int bridge_options_set_number(int64_t *number, const char *option, const char *text, uint64_t most);
int bridge_options_set_duration(int64_t *duration_ns, const char *option, const char *text);

#endif /* BRIDGE_OPTION_VALUES_H */
