/* SPDX-License-Identifier: MIT */
/*
 * What there is at the server: the JetStream stream, how far it has come, and the durable consumer.
 *
 * What finds it out (stream.h, consumer.h) blocks, for seconds at most, and belongs into the link's
 * thread (link.h).
 */
#ifndef BRIDGE_JETSTREAM_H
#define BRIDGE_JETSTREAM_H

#include "nats/failure.h"
#include "nats/message_id.h"

#include <nats/nats.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BRIDGE_STREAM_MAX 256
#define BRIDGE_SUBJECT_MAX 256
#define BRIDGE_DURABLE_MAX 256

/* Headers of the bridge's own. */
#define BRIDGE_HEADER_ID "Nats-Msg-Id"                       /* see message_id.h */
#define BRIDGE_HEADER_EXPECTED "Nats-Expected-Last-Sequence" /* after which it must be stored */
#define BRIDGE_HEADER_END "Streamx-End"                      /* how the stream ended */
#define BRIDGE_END_CLEAN "clean"
#define BRIDGE_END_DIED "died"

/* What the headers of one message may take of the server's longest payload. */
#define BRIDGE_HEADER_ROOM 256u

enum bridge_from { BRIDGE_FROM_ALL, BRIDGE_FROM_NEW, BRIDGE_FROM_SEQ, BRIDGE_FROM_TIME };

struct bridge_jetstream_options {
    char subject[BRIDGE_SUBJECT_MAX];
    const char *stream;               /* NULL: the one that takes the subject */
    char durable[BRIDGE_DURABLE_MAX]; /* in */
    bool create;                      /* make the stream if there is none */
    bool lossy;                       /* accept one that may discard what was not read */
    jsRetentionPolicy retention;
    jsStorageType storage;
    int64_t max_msgs; /* -1: no limit */
    int64_t max_bytes;
    int64_t max_age_ns; /* 0: no limit */
    int64_t replicas;
    enum bridge_from from; /* where a durable that is made begins */
    uint64_t from_seq;
    int64_t from_time_ns; /* since the epoch */
    int64_t ack_wait_ns;
    int64_t batch;
};

struct bridge_jetstream_facts {
    char stream[BRIDGE_STREAM_MAX];
    uint64_t last_seq; /* of the stream's newest message */
    size_t longest;    /* payload bytes of a message that the server takes */
    /* out */
    bool own; /* the stream takes our subject alone, from nobody but publishers */
    struct bridge_message_id last; /* our newest message that is still there */
    /* in */
    uint64_t delivered;  /* JetStream seq of the newest message that was ever handed out */
    uint64_t handed_out; /* counts what the consumer has handed out, repetitions included */
    uint64_t ack_floor;  /* JetStream seq through which everything is acknowledged */
    bool absent_gone;    /* none that is not put is there, of all that were asked about */
    bool hurried;        /* the wish was granted, and is to be taken back */
    int64_t pending;     /* messages handed out and not acknowledged */
    size_t max_payload;  /* the server's longest message, headers included */
};

#define BRIDGE_ABSENT_MAX 512u

/* What a bridge that receives wants of its consumer at the moment. */
struct bridge_wish {
    int64_t in_hand;       /* messages that it has, and the server waits for */
    bool hurry;            /* those that it has not are to be handed out again soon */
    int64_t most_pending;  /* how many it may have */
    unsigned absent_count; /* are these still in the stream? */
    uint64_t absent[BRIDGE_ABSENT_MAX];
    bool absent_more;     /* and more than these */
    uint64_t put_through; /* what of them is needed comes after it */
    uint64_t start_seq;   /* where a consumer begins that is not there any more; 0: as asked for */
};

#endif /* BRIDGE_JETSTREAM_H */
