/* SPDX-License-Identifier: MIT */
/* The consumer's handle: what it keeps, and which part keeps it. */
#ifndef SX_CONSUMER_HANDLE_H
#define SX_CONSUMER_HANDLE_H

#include "memory/fence.h"
#include "memory/frames.h"
#include "memory/registry.h"
#include "memory/roster.h"
#include "streamx.h"
#include "waiting/nap.h"
#include "waiting/notice.h"
#include "waiting/trial.h"
#include "waiting/wait.h"

/* streamx_consumer.final before anything final has happened: not a result of streamx_take. */
#define SX_NOT_FINAL 1

/* How it takes and acknowledges: take.c has a row for each but the first. */
enum sx_way {
    SX_WAY_STEADY = 0, /* an acknowledgment is one store, and what is read stays as it is */
    SX_WAY_EVICTABLE,  /* until it is evicted: then what is read may be overwritten */
    SX_WAY_TAP,        /* it has no seat, stores nothing, and copies: tap.c */
    SX_WAY_ENDED,      /* it has seen the end; others may change its seat by now. A tap stays one */
};

/* How the messages of a publication lie: as in the one before, for the most part. */
struct sx_outline {
    uint64_t extent;   /* of which it was found to be sound, */
    uint32_t gap_word; /* with that first word of the table */
    bool alike;        /* where one lies need not be looked for: all messages are of one length, */
    uint64_t each;     /* which is this; */
    bool even;         /* and there are no gaps */
    uint64_t gap;      /* behind each message but the last, */
    uint32_t filler;   /* and of what: sx_gap_make */
    uint64_t most;     /* where such a one may end at most, its gap being within `bytes` */
    uint64_t begin;    /* of the payload, from the frame's body on */
    uint64_t bytes;
};

/* How it stays behind the producer: slip.h. */
struct sx_slip {
    uint32_t slots; /* that are to be filled before it goes on; 0: it never stays behind */
    uint64_t after; /* it is asked after so many publications without a wait, or since last time */
    struct sx_trial trial;
};

struct streamx_consumer {
    /* How far it has taken, and what streamx_next hands out where it is no call: first in the
     * handle, and told in streamx_next.h. A tap has nothing in hand. */
    struct streamx_offer offer;

    struct sx_segment segment;

    /* Its seat: acknowledge.c. */
    struct sx_ticket ticket;
    struct sx_seat *seat;  /* of that ticket; a tap has neither */
    enum sx_way way;       /* the fast paths ask only whether it is steady */
    struct sx_fence fence; /* between a store and the look at what the producer stores */

    uint64_t fetch_after;    /* in a run of so many without a wait, what lies ahead is fetched */
    uint64_t fetches_opened; /* bytes of a batch: processor.h */
    bool fetches_each;       /* or message by message: likewise */
    uint32_t fetches_next;   /* in a ring of so many slots the next one is fetched: likewise */
    bool reads_ahead;        /* in a deep one what lies ahead, in a long run: likewise */
    struct sx_slip slip;

    /* The publication that is open: what is left of it comes before the next one. publication.h. */
    uint64_t through; /* seq of its last message: comes after `taken`, or else none is open */
    uint64_t offers;  /* so many messages of it at most at a time */
    const unsigned char *payload;
    uint64_t start;                      /* offset of the next message in it, if that is told */
    const _Atomic uint32_t *ends_behind; /* behind a batch's table of where each ends */
    struct sx_outline outline;

    /* A tap's: tap.c. */
    unsigned char *copy; /* of the publication that is open */
    size_t copy_room;
    uint64_t tap_latest; /* of this publication only the last message is wanted; 0: of none */

    int final; /* SX_NOT_FINAL, or what streamx_take repeats from now on: take.c */

    /* Waiting: wait.c. */
    struct sx_spin spin;
    struct sx_nap nap;
    struct sx_own_ring ring;
    uint64_t epoch;   /* when the parties were counted last */
    bool patient;     /* a dead producer is no end */
    bool keeps;       /* the stream keeps its name until the end was seen */
    uint64_t mourned; /* which producers were dead at the last look for deaths */

    /* Its descriptor: wait.c. */
    struct sx_notice notice;
    bool noticing;          /* which watches the producers already, */
    uint32_t notice_roster; /* those that there were then */
};

/* Messages handed out last that are not acknowledged. */
static inline uint64_t sx_consumer_in_hand(const struct streamx_consumer *consumer)
{
    return consumer->offer.hand - 1;
}

/* So many are now. */
static inline void sx_consumer_hold(struct streamx_consumer *consumer, uint64_t messages)
{
    consumer->offer.hand = messages + 1;
}

/* The seq of the last message that it has acknowledged: what the cursor says. */
static inline uint64_t sx_consumer_acked(const struct streamx_consumer *consumer)
{
    return consumer->offer.taken - sx_consumer_in_hand(consumer);
}

/* Where the next publication will be. */
static inline const struct sx_frame *sx_consumer_frame(const struct streamx_consumer *consumer)
{
    return (const struct sx_frame *)consumer->offer.slot;
}

/* Is it this process's, and single messages need no call? */
static inline bool sx_consumer_is_quick(const struct streamx_consumer *consumer)
{
    /* Relaxed: as sx_process_is_here. */
    return __atomic_load_n(consumer->offer.quick, __ATOMIC_RELAXED) != 0;
}

/* `way` or `fence` has changed. (That a fence is over may be noticed later.) */
static inline void sx_consumer_choose_way(struct streamx_consumer *consumer)
{
    static const uint64_t never = 0;
    bool quick = consumer->way == SX_WAY_STEADY && consumer->fence.left == 0;

    consumer->offer.quick = quick ? consumer->offer.one : &never;
}

#endif
