/* SPDX-License-Identifier: MIT */
/* Which servers to connect to, as whom, and how much they must prove. */
#ifndef SX_NATS_SERVER_H
#define SX_NATS_SERVER_H

#include "nats/failure.h"
#include "nats/mailbox.h"

#include <stdbool.h>

#define SX_SERVERS_MAX 32
#define SX_SECRET_MAX 512

struct sx_server_options {
    char *urls[SX_SERVERS_MAX]; /* copies, freed by sx_server_clear */
    int url_count;
    char shown[256];              /* hosts and ports alone, for messages */
    char user[SX_SECRET_MAX];     /* empty: none */
    char password[SX_SECRET_MAX]; /* of `user` */
    char token[SX_SECRET_MAX];
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
bool sx_server_add(struct sx_server_options *options, const char *list);

/* Reads the first line of the file. -errno, -EINVAL (empty or too long), or 0. */
int sx_server_password_file(struct sx_server_options *options, const char *file);

/* What is not given is taken from the environment: NATS_URL, NATS_USER and so on. */
bool sx_server_environment(struct sx_server_options *options);

/* Wipes what is secret, and frees the rest. */
void sx_server_clear(struct sx_server_options *options);

/*
 * Connects: `*nc` is to be destroyed by the caller. There is no reconnecting: a connection that is
 * lost is closed for good, and the mailbox told. Blocks for some seconds, or longer inside a TLS
 * handshake.
 */
enum sx_failure_kind sx_server_connect(natsConnection **nc, const struct sx_server_options *options,
                                       const char *name, struct sx_mailbox *mailbox,
                                       struct sx_failure *failure);

#endif /* SX_NATS_SERVER_H */
