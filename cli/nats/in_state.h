/* SPDX-License-Identifier: MIT */
/* What `in` knows; each part of it says in its own header what it does with that. */
#ifndef BRIDGE_IN_STATE_H
#define BRIDGE_IN_STATE_H

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
    char inbox[128];           /* of the connection that the following three are about */
    int64_t missing;           /* > 0: the server waits for so many that are not here */
    bool doubtful;             /* there may be more of them than when we looked */
    unsigned vain_looks;       /* at the consumer, while holding */
    int64_t spare;             /* most that the server waited for in vain */
    bool gone;                 /* they are not to be had any more */
    int64_t ask_facts_ns;      /* when to look at the consumer again */
    unsigned strangers;        /* how often somebody else seems to have taken messages, ... */
    int64_t strangers_from_ns; /* ... from when on those can be none of our own connections */
    int64_t keep_ns;           /* when to tell the server that we are still at it */

    /* the source, if it is a bridge */
    struct bridge_message_id last; /* of what was put last */

    enum bridge_in_phase phase;
    bool clean; /* how it has ended */
};

#endif /* BRIDGE_IN_STATE_H */
