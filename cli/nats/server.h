/* SPDX-License-Identifier: MIT */
/* Which servers to connect to, as whom, and how much they must prove. */
#ifndef BRIDGE_SERVER_H
#define BRIDGE_SERVER_H

#include "nats/failure.h"
#include "nats/mailbox.h"

#include <stdbool.h>

#define BRIDGE_SERVERS_MAX 32
#define BRIDGE_SECRET_MAX 512

struct bridge_server_options {
    char *urls[BRIDGE_SERVERS_MAX]; /* copies, freed by bridge_server_clear */
    int url_count;
    char shown[256];                  /* hosts and ports alone, for messages */
    char user[BRIDGE_SECRET_MAX];     /* empty: none */
    char password[BRIDGE_SECRET_MAX]; /* of `user` */
    char token[BRIDGE_SECRET_MAX];
    const char *creds; /* files; NULL: none */
    const char *nkey;
    const char *tls_ca;
    const char *tls_cert;
    const char *tls_key;
    bool tls; /* asked for; a tls:// address asks for it too */
};

/*
 * Adds a list of addresses that are separated by commas. False if there are too many, one is empty,
 * or one is of a scheme that is not nats or tls.
 */
bool bridge_server_add(struct bridge_server_options *options, const char *list);

/* Reads the first line of the file. -errno, -EINVAL (empty or too long), or 0. */
int bridge_server_password_file(struct bridge_server_options *options, const char *file);

/* What is not given is taken from the environment: NATS_URL, NATS_USER and so on. */
bool bridge_server_environment(struct bridge_server_options *options);

/* Wipes what is secret, and frees the rest. */
void bridge_server_clear(struct bridge_server_options *options);

/*
 * Connects: `*nc` is to be destroyed by the caller. There is no reconnecting: a connection that is
 * lost is closed for good, and the mailbox told. Blocks for some seconds, or longer inside a TLS
 * handshake.
 */
enum bridge_failure_kind bridge_server_connect(natsConnection **nc,
                                               const struct bridge_server_options *options,
                                               const char *name, struct bridge_mailbox *mailbox,
                                               struct bridge_failure *failure);

#endif /* BRIDGE_SERVER_H */
