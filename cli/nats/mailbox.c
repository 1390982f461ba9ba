/* SPDX-License-Identifier: MIT */
/*
 * Two arrays that change places: one is filled by the library's thread, the other emptied by ours.
 *
 * A message for which there is no memory closes the mailbox: to go on without it would be to lose
 * it, while a new connection asks for it again.
 */
#include "nats/mailbox.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_ROOM 64

struct pile {
    natsMsg **messages;
    size_t count;
    size_t room;
};

struct bridge_mailbox {
    pthread_mutex_t mutex;
    int fd;
    unsigned holders;
    bool closed;
    bool refused;
    struct pile filling;  /* by the library's thread */
    struct pile emptying; /* by the owner; needs no mutex */
};

struct bridge_mailbox *bridge_mailbox_new(int fd)
{
    struct bridge_mailbox *mailbox = calloc(1, sizeof *mailbox);

    if (!mailbox)
        return NULL;
    pthread_mutex_init(&mailbox->mutex, NULL);
    mailbox->fd = fd;
    mailbox->holders = 1;
    return mailbox;
}

struct bridge_mailbox *bridge_mailbox_hold(struct bridge_mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->mutex);
    mailbox->holders++;
    pthread_mutex_unlock(&mailbox->mutex);
    return mailbox;
}

static void free_pile(struct pile *pile)
{
    for (size_t i = 0; i < pile->count; i++)
        natsMsg_Destroy(pile->messages[i]);
    free(pile->messages);
}

void bridge_mailbox_drop(struct bridge_mailbox *mailbox)
{
    bool last;

    if (!mailbox)
        return;
    pthread_mutex_lock(&mailbox->mutex);
    last = --mailbox->holders == 0;
    pthread_mutex_unlock(&mailbox->mutex);
    if (!last)
        return;
    free_pile(&mailbox->filling);
    mailbox->emptying.count = 0; /* the owner's by now */
    free_pile(&mailbox->emptying);
    pthread_mutex_destroy(&mailbox->mutex);
    free(mailbox);
}

static void ring(const struct bridge_mailbox *mailbox)
{
    const uint64_t one = 1;
    ssize_t written = write(mailbox->fd, &one, sizeof one);

    (void)written; /* cannot fail: the counter is far from full */
}

static bool add(struct pile *pile, natsMsg *msg)
{
    if (pile->count == pile->room) {
        size_t room = pile->room ? 2 * pile->room : FIRST_ROOM;
        natsMsg **grown = realloc(pile->messages, room * sizeof(natsMsg *));

        if (!grown)
            return false;
        pile->messages = grown;
        pile->room = room;
    }
    pile->messages[pile->count++] = msg;
    return true;
}

void bridge_mailbox_message(natsConnection *nc, natsSubscription *sub, natsMsg *msg, void *closure)
{
    struct bridge_mailbox *mailbox = closure;
    bool first;

    (void)nc;
    (void)sub;
    pthread_mutex_lock(&mailbox->mutex);
    first = mailbox->filling.count == 0;
    if (mailbox->closed || !add(&mailbox->filling, msg)) {
        mailbox->closed = true;
        natsMsg_Destroy(msg);
        first = true;
    }
    pthread_mutex_unlock(&mailbox->mutex);
    if (first)
        ring(mailbox);
}

void bridge_mailbox_no_more(void *closure)
{
    bridge_mailbox_drop(closure);
}

void bridge_mailbox_closed(natsConnection *nc, void *closure)
{
    struct bridge_mailbox *mailbox = closure;

    (void)nc;
    pthread_mutex_lock(&mailbox->mutex);
    mailbox->closed = true;
    pthread_mutex_unlock(&mailbox->mutex);
    ring(mailbox);
    bridge_mailbox_drop(mailbox);
}

/* Comes before the call that the connection is closed, so that the mailbox is still held for it. */
void bridge_mailbox_error(natsConnection *nc, natsSubscription *sub, natsStatus error,
                          void *closure)
{
    struct bridge_mailbox *mailbox = closure;

    (void)nc;
    (void)sub;
    if (error != NATS_NOT_PERMITTED)
        return;
    pthread_mutex_lock(&mailbox->mutex);
    mailbox->refused = true;
    pthread_mutex_unlock(&mailbox->mutex);
    ring(mailbox);
}

enum bridge_mail bridge_mailbox_take(struct bridge_mailbox *mailbox, natsMsg ***messages,
                                     size_t *count)
{
    struct pile empty = mailbox->emptying;
    enum bridge_mail mail = BRIDGE_MAIL;

    empty.count = 0;
    pthread_mutex_lock(&mailbox->mutex);
    mailbox->emptying = mailbox->filling;
    mailbox->filling = empty;
    if (mailbox->emptying.count == 0 && mailbox->refused)
        mail = BRIDGE_MAIL_REFUSED;
    else if (mailbox->emptying.count == 0 && mailbox->closed)
        mail = BRIDGE_MAIL_CLOSED;
    pthread_mutex_unlock(&mailbox->mutex);
    *messages = mailbox->emptying.messages;
    *count = mailbox->emptying.count;
    return mail;
}
