/* SPDX-License-Identifier: MIT */
/* streamx-nats in: from JetStream into a stream. README.md has the protocol. */
#ifndef BRIDGE_IN_H
#define BRIDGE_IN_H

#include "common/progress.h"
#include "nats/bridge.h"
#include "nats/ledger.h"

enum bridge_in_phase {
    BRIDGE_IN_RUNNING,
    BRIDGE_IN_DRAINING, /* the end has come, and everybody is to acknowledge what was before it */
    BRIDGE_IN_TELLING,  /* the stream has ended, and the server is to know that we know */
    BRIDGE_IN_CONFIRMED /* it does */
};

struct bridge_in {
    struct bridge bridge;
    struct bridge_ledger ledger;
    struct cli_progress progress;

    /* the stream */
    struct streamx_producer *producer; /* NULL: not made yet */
    uint64_t created_ns;               /* which of all the streams of that name it is */
    uint32_t slot_size;
    bool resumed;          /* it is one that an earlier bridge had begun */
    bool blocked;          /* the last put found no room */
    uint64_t put_seq;      /* its newest message */
    uint64_t resumed_at;   /* what that was when we took it up */
    uint64_t acknowledged; /* its seq that everybody has acknowledged */
    int64_t looked_ns;     /* when that was found out */

    /* JetStream */
    uint64_t put_through;  /* its seq through which everything is put ... */
    uint64_t told_through; /* ... and acknowledged to it */
    uint64_t request;      /* counts what was asked for */
    int64_t asked;         /* messages that are to come of it */
    int64_t asked_until_ns;
    uint64_t handed_out; /* the consumer's count of the newest message */
    int64_t second_look_ns;
    char inbox[128];      /* of the connection that the following three are about */
    int64_t missing;      /* > 0: the server waits for so many that are not here */
    bool doubtful;        /* there may be more of them than when we looked */
    unsigned vain_looks;  /* at the consumer, while holding */
    int64_t spare;        /* most that the server waited for in vain */
    bool gone;            /* they are not to be had any more */
    int64_t ask_facts_ns; /* when to look at the consumer again */
    unsigned strangers;   /* how often somebody else seems to have taken messages */
    int64_t keep_ns;      /* when to tell the server that we are still at it */

    /* the source, if it is a bridge */
    struct bridge_message_id last; /* of what was put last */

    enum bridge_in_phase phase;
    bool clean; /* how it has ended */
};

/* Runs until it is over; the exit status. */
int bridge_in_run(const struct bridge_options *options);

/* in_pull.c: what comes. A status or BRIDGE_MORE each. Holding: older messages may come yet than
 * those that are here, so that none is to be put. */
bool bridge_in_is_holding(const struct bridge_in *in);
/* The server waits for what it may still hand out again. */
bool bridge_in_is_missing(const struct bridge_in *in);
void bridge_in_place(struct bridge_in *in);
int bridge_in_receive(struct bridge_in *in, bool *progressed);
void bridge_in_ask(struct bridge_in *in);

/* in_create.c, in_put.c: into the stream. */
int bridge_in_create(struct bridge_in *in);
int bridge_in_put(struct bridge_in *in, bool *progressed);

/* in_ack.c: back to the server. */
void bridge_in_acknowledge(struct bridge_in *in, bool *progressed);
void bridge_in_keep(struct bridge_in *in);

/* in_end.c */
int bridge_in_end(struct bridge_in *in, bool *progressed);
void bridge_in_begin_end(struct bridge_in *in, bool clean);
bool bridge_in_is_confirmation(const natsMsg *msg);

#endif /* BRIDGE_IN_H */
