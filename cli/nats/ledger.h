/* SPDX-License-Identifier: MIT */
/*
 * What `in` has in hand: messages of JetStream that were handed to it, in their order, until the
 * server has its word that they are done with. Pure: it neither sends nor waits.
 *
 *     received -> put into the stream, as part of the message `through` -> acknowledged there by
 *     everybody -> acknowledged to the server, and forgotten here
 */
#ifndef BRIDGE_LEDGER_H
#define BRIDGE_LEDGER_H

#include <nats/nats.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bridge_entry {
    uint64_t js_seq;
    uint64_t through; /* acknowledged once the stream's message of this seq is; 0: not put yet */
    natsMsg *msg;     /* until it is put */
    char *reply;      /* the subject on which the server waits for our word */
};

struct bridge_ledger {
    struct bridge_entry *entries; /* in the order of js_seq */
    size_t first;                 /* index of the oldest */
    size_t end;                   /* behind the newest */
    size_t put;                   /* index of the first that is not put */
    size_t room;
    size_t bytes; /* in messages that are not put */
};

void bridge_ledger_close(struct bridge_ledger *ledger);

size_t bridge_ledger_count(const struct bridge_ledger *ledger);

/*
 * Takes the message over, whatever the result: true if it is new, false if it was in hand already
 * and has been received once more. `through` as above. `*failed` is set if there was no memory.
 */
bool bridge_ledger_add(struct bridge_ledger *ledger, uint64_t js_seq, natsMsg *msg,
                       uint64_t through, bool *failed);

/* The entry `i` places after the first that is not put; NULL if there is none. */
struct bridge_entry *bridge_ledger_unput(const struct bridge_ledger *ledger, size_t i);

/* The first `count` of those are part of the stream's message `through` now. */
void bridge_ledger_put(struct bridge_ledger *ledger, size_t count, uint64_t through);

/*
 * The oldest entry if it is put and everybody has acknowledged it, else NULL: what the server is to
 * be told, before bridge_ledger_forget.
 */
struct bridge_entry *bridge_ledger_done(const struct bridge_ledger *ledger, uint64_t acknowledged);

/* Lets the oldest entry go. */
void bridge_ledger_forget(struct bridge_ledger *ledger);

#endif /* BRIDGE_LEDGER_H */
