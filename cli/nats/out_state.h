/* SPDX-License-Identifier: MIT */
/* What `out` knows; each part of it says in its own header what it does with that. */
#ifndef BRIDGE_OUT_STATE_H
#define BRIDGE_OUT_STATE_H

#include "common/progress.h"
#include "nats/bridge.h"
#include "nats/window.h"

struct bridge_out {
    struct bridge bridge;
    struct bridge_window window;
    struct cli_progress progress;

    /* the stream */
    bool attached;
    struct streamx_consumer *consumer; /* NULL: what is left of the stream is its end alone */
    struct bridge_source source;
    bool evicts;           /* its messages may be overwritten while they are in hand */
    bool checks_gap;       /* the first message must follow the one that JetStream has */
    uint64_t taken;        /* seq of the newest message taken */
    uint64_t acknowledged; /* seq through which the stream has our word */
    int ending;            /* 1: it goes on; 0, -EOWNERDEAD: over, and in the window as such */
    size_t part_bytes;     /* most payload of one transmission */
    int64_t labelled_ns;   /* when the label was looked after last */
    int64_t attach_tick_ns;
    int64_t attach_ns;              /* when to look for it again */
    struct bridge_source ended;     /* the one that has ended last */
    struct bridge_message_id known; /* how far JetStream had come when we attached */

    /* JetStream */
    bool placed;                    /* where to go on is known */
    bool certain;                   /* a message was stored just where it was expected */
    uint64_t predicted;             /* the seq after which the next transmission is to be stored */
    uint64_t stored;                /* the greatest seq that was acknowledged to us */
    char stream[BRIDGE_STREAM_MAX]; /* to which `stored` belongs */
    int64_t answered_ns; /* of the last answer, or of the last sending before which nothing was
                            under way */
    int64_t resume_ns;   /* after a refusal: not before this */
    int64_t refusal_ns;  /* how long to wait after the next one */
    bool full;           /* has been said */
};

#endif /* BRIDGE_OUT_STATE_H */
