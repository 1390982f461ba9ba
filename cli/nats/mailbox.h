/* SPDX-License-Identifier: MIT */
/*
 * What comes from one connection, on its way from the threads of libnats to the program's own: the
 * messages of its inbox in order, and that it was closed.
 *
 * The descriptor is readable while there is something. A mailbox lives until its owner and the
 * library have both let it go, because a callback may still run when the connection is no more.
 */
#ifndef BRIDGE_MAILBOX_H
#define BRIDGE_MAILBOX_H

#include <nats/nats.h>
#include <stdbool.h>
#include <stddef.h>

struct bridge_mailbox;

/* `fd` is an eventfd that outlives the mailbox. NULL if there is no memory. */
struct bridge_mailbox *bridge_mailbox_new(int fd);

/* One more who must drop it. */
struct bridge_mailbox *bridge_mailbox_hold(struct bridge_mailbox *mailbox);
void bridge_mailbox_drop(struct bridge_mailbox *mailbox);

/* Callbacks of libnats; `mailbox` is the closure. */
void bridge_mailbox_message(natsConnection *nc, natsSubscription *sub, natsMsg *msg, void *mailbox);
void bridge_mailbox_no_more(void *mailbox); /* drops what the subscription held */
void bridge_mailbox_closed(natsConnection *nc, void *mailbox); /* likewise the connection */
void bridge_mailbox_error(natsConnection *nc, natsSubscription *sub, natsStatus error,
                          void *mailbox);

enum bridge_mail {
    BRIDGE_MAIL,         /* messages, or none yet */
    BRIDGE_MAIL_CLOSED,  /* the connection was closed, and everything that came before handed out */
    BRIDGE_MAIL_REFUSED, /* the server does not permit what was asked for, and so never answers */
};

/*
 * What has come since the last call: `*count` messages, each to be destroyed by the caller, before
 * the next call.
 */
enum bridge_mail bridge_mailbox_take(struct bridge_mailbox *mailbox, natsMsg ***messages,
                                     size_t *count);

#endif /* BRIDGE_MAILBOX_H */
