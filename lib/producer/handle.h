/* SPDX-License-Identifier: MIT */
/* The producer's handle: what it keeps, and which part keeps it. */
#ifndef SX_PRODUCER_HANDLE_H
#define SX_PRODUCER_HANDLE_H

#include "memory/fence.h"
#include "memory/registry.h"
#include "streamx.h"
#include "waiting/nap.h"
#include "waiting/notice.h"
#include "waiting/wait.h"

#define SX_ALL_EVENTS (STREAMX_ROOM | STREAMX_DRAINED | STREAMX_ATTACHED | STREAMX_ALONE)

/* What the producer remembers of a seat that it found behind. */
struct sx_laggard {
    uint64_t owner;
    uint64_t cursor;
    uint64_t look;   /* the look that found it behind last */
    int64_t held_ns; /* for how long it has held the producer up */
};

struct streamx_producer {
    struct sx_segment segment;

    /* The ring's position, as only the producer knows it: put.c. */
    uint64_t next;       /* the publication to fill next */
    uint32_t slot;       /* where it goes */
    uint64_t last_seq;   /* of the last message published */
    uint64_t *slot_last; /* by slot: the last seq that it holds */
    uint64_t bytes;      /* payload published so far */
    bool loaned;
    uint64_t at_once; /* bytes for which every slot has memory: the slot size, or less: backing.h */
    uint64_t lent;    /* bytes that may be written into the loan */
    uint32_t excess;  /* slots that have memory beyond that */
    bool detour;      /* a put must look at more than the next slot: gated, or excess */
    struct sx_fence fence; /* between a store and the look at what the consumers store */

    /* What was seen of the consumers, valid under `epoch`: view.c. */
    uint64_t epoch;
    uint64_t limit; /* slots may be reused through this seq */
    struct sx_tally tally;
    uint64_t slowest_cursor; /* as loaded: when it changes, something may have become free */
    uint32_t *active;        /* the seats that were active */
    uint32_t active_count;
    bool opened; /* min_consumers has been met */
    bool gated;  /* a put must look at the consumers first: not opened, or a pipe */

    /* Who has held it up for how long, by seat; NULL: nobody is ever evicted. evict.c. */
    struct sx_laggard *laggards;
    int64_t vain_ns;    /* when it was looked for last who is in the way, */
    uint64_t vain_next; /* with what was to be filled then, */
    uint64_t looks;     /* and the how-manieth look that was */

    /* Waiting: wait.c. */
    struct sx_spin spin;
    struct sx_nap nap;
    struct sx_own_ring ring;
    uint32_t *watched; /* pids of those whose deaths may matter to a sleep */
    uint32_t watched_count;
    bool watched_all;         /* none is missing from that list */
    int64_t blocked_since_ns; /* since when it has been waiting; 0: what it waited for came */

    /* Its descriptor, which tells of these events, watching those who were active then: wait.c. */
    struct sx_notice notice;
    unsigned notice_events;
    uint64_t notice_epoch;
};

/* `gated` or `excess` has changed. */
static inline void sx_producer_choose_way(struct streamx_producer *producer)
{
    producer->detour = producer->gated || producer->excess > 0;
}

/* For a stream of these options, which have been checked; the segment is opened later. NULL: no
 * memory. */
struct streamx_producer *sx_producer_allocate(const struct streamx_options *options);

/* Frees what the handle holds, however much of it was made; in a forked child, local memory
 * only. */
void sx_producer_free(struct streamx_producer *producer);

#endif
