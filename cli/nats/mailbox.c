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

struct sx_mailbox {
    pthread_mutex_t mutex;
    int fd;
    unsigned holders;
    bool closed;
    bool refused;
    struct pile filling;  /* by the library's thread */
    struct pile emptying; /* by the owner; needs no mutex */
};

struct sx_mailbox *sx_mailbox_new(int fd)
{
    struct sx_mailbox *mailbox = calloc(1, sizeof *mailbox);

    if (!mailbox)
        return NULL;
    pthread_mutex_init(&mailbox->mutex, NULL);
    mailbox->fd = fd;
    mailbox->holders = 1;
    return mailbox;
}

struct sx_mailbox *sx_mailbox_hold(struct sx_mailbox *mailbox)
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

void sx_mailbox_drop(struct sx_mailbox *mailbox)
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

static void ring(const struct sx_mailbox *mailbox)
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

void sx_mailbox_message(natsConnection *nc, natsSubscription *sub, natsMsg *msg, void *closure)
{
    struct sx_mailbox *mailbox = closure;
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

void sx_mailbox_no_more(void *closure)
{
    sx_mailbox_drop(closure);
}

void sx_mailbox_closed(natsConnection *nc, void *closure)
{
    struct sx_mailbox *mailbox = closure;

    (void)nc;
    pthread_mutex_lock(&mailbox->mutex);
    mailbox->closed = true;
    pthread_mutex_unlock(&mailbox->mutex);
    ring(mailbox);
    sx_mailbox_drop(mailbox);
}

/* Comes before the call that the connection is closed, so that the mailbox is still held for it. */
void sx_mailbox_error(natsConnection *nc, natsSubscription *sub, natsStatus error, void *closure)
{
    struct sx_mailbox *mailbox = closure;

    (void)nc;
    (void)sub;
    if (error != NATS_NOT_PERMITTED)
        return;
    pthread_mutex_lock(&mailbox->mutex);
    mailbox->refused = true;
    pthread_mutex_unlock(&mailbox->mutex);
    ring(mailbox);
}

enum sx_mail sx_mailbox_take(struct sx_mailbox *mailbox, natsMsg ***messages, size_t *count)
{
    struct pile empty = mailbox->emptying;
    enum sx_mail mail = SX_MAIL;

    empty.count = 0;
    pthread_mutex_lock(&mailbox->mutex);
    mailbox->emptying = mailbox->filling;
    mailbox->filling = empty;
    if (mailbox->emptying.count == 0 && mailbox->refused)
        mail = SX_MAIL_REFUSED;
    else if (mailbox->emptying.count == 0 && mailbox->closed)
        mail = SX_MAIL_CLOSED;
    pthread_mutex_unlock(&mailbox->mutex);
    *messages = mailbox->emptying.messages;
    *count = mailbox->emptying.count;
    return mail;
}
