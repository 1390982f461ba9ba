/* SPDX-License-Identifier: MIT */
/*
 * The other side of a stream: a process that does one deed as soon as the one that started it is
 * asleep, and tells when it did.
 */
#ifndef STREAMX_ASYNC_DEEDS_H
#define STREAMX_ASYNC_DEEDS_H

#include "streams.h"

enum deed {
    PUT,     /* one message, "a" */
    BATCH,   /* two: "a", "b" */
    CLOSE,   /* the end */
    ABANDON, /* no end */
    DISCARD, /* a lent slot given back */
    EVICT,   /* put one more, for which a consumer with a message in hand must be evicted */
    ACK,     /* all in hand */
    ATTACH,
    LEAVE,
    DIE,
};

struct doer {
    struct child child;
    enum deed deed;
    struct child witness; /* of its death, if that is its deed */
};

/* A producer of "s" that has put `put_before` messages, "0"; a consumer that has taken
 * `taken_before`. They have, when this returns. */
struct doer producer_that(enum deed deed, int put_before, const struct streamx_options *options);
/* A producer that has a slot lent, and then publishes it (PUT, "a"), gives it back (DISCARD) or
 * dies. */
struct doer lender_that(enum deed deed, const struct streamx_options *options);
struct doer consumer_that(enum deed deed, int taken_before);

/* From here on it waits for its moment. */
void let_it(const struct doer *doer);

/* It has been done, and no more than PROMPTLY ago. The doer is gone afterwards. */
void was_told_promptly(struct doer *doer);

#endif
