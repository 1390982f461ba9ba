/* SPDX-License-Identifier: MIT */
/* The producer's handle: what it keeps, and which part keeps it. */
#ifndef SX_PRODUCER_HANDLE_H
#define SX_PRODUCER_HANDLE_H

#include "memory/fast.h"
#include "memory/fence.h"
#include "memory/frames.h"
#include "memory/registry.h"
#include "memory/roster.h"
#include "producer/ahead.h"
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

/* Our place among the producers. But for the place, only in a shared stream. */
struct sx_turn {
    struct sx_post post;
    int name_lock;     /* while we come in */
    bool heir;         /* those before us had died */
    bool watching;     /* our place says that we wait without a call: SX_QUEUE_WATCHES */
    bool holding;      /* the pen, */
    uint64_t pen;      /* which then says this; */
    bool sole;         /* or it is ours for as long as nobody has come: pen.h */
    uint64_t since;    /* every publication from this one on is ours */
    uint64_t own_seq;  /* the last message that we have put */
    uint64_t served;   /* publications that count as ours in the queue, */
    uint64_t counted;  /* those before this one; */
    uint64_t latest;   /* and how many the last turn brought */
    int64_t until_ns;  /* others wait, and our turn lasts until then; 0: nobody is known to wait */
    bool rested;       /* since the last publication */
    uint32_t unasked;  /* publications until the time is looked at again, */
    uint32_t stride;   /* of so many since the last look, */
    int64_t asked_ns;  /* which was then */
    uint64_t quick;    /* messages of fewer bytes are put on its fast path, */
    uint64_t quickest; /* and those of just this length on its shortest form, as below */
    uint32_t event;    /* of our place, as last seen */
    struct sx_spin spin;
};

struct streamx_producer {
    struct sx_segment segment;

    /* The ring's position, as only the producer knows it: claim.h, publish.h. */
    uint64_t next;          /* the publication to fill next, */
    struct sx_frame *frame; /* where it goes, */
    struct sx_frame *last;  /* and the last one in the ring, behind which comes the first */
    uint64_t room_end; /* publications before this one may go to their slots, as far as is known; */
    bool room_counted; /* and by the last look at the consumers there is not more room */
    struct sx_ahead ahead; /* how far ahead lines are fetched */
    bool loaned;

    /* What has been published so far: the series of the last publication; publish.c. */
    struct sx_series series;
    uint64_t told;        /* its extent, once others can read of it whatever the parity; else 0 */
    uint64_t plain_since; /* each publication from this one on has as many messages; */
    uint64_t *slot_last;  /* by slot, of those before: the last seq that it holds */

    uint64_t at_once; /* bytes for which every slot has memory: the slot size, or less: backing.h */
    uint64_t lent;    /* bytes that may be written into the loan */
    uint64_t lined_most; /* what takes more bytes is not moved to the beginning of a line */
    uint32_t excess;     /* slots that have memory beyond that */
    bool detour;         /* a put must look at more than the next slot: gated, or excess */
    bool special;        /* a publication is more than the frame: it is stamped, or ends a turn */
    uint64_t stamp;      /* the caller's, for the next publication */

    uint64_t fetched;      /* the publication whose first lines have been fetched: publish.h */
    uint64_t fetches_most; /* of one of more bytes, none are */

    /* Even batches that were put one behind the other, as big as each other: put.c. */
    uint64_t even_extent, even_since, even_next; /* from one publication on, and before another */

    /* Messages of fewer bytes than `quick` are put on the fast path; it is 0 where there is none.
     * Those of just `quickest`, of which the series is told, on its shortest form: SX_SMALL at
     * most, or UINT64_MAX, of none. A caller can pass that too: a length is compared with SX_SMALL
     * first. */
    uint64_t quick, quickest;

    struct sx_fence fence; /* between a store and the look at what the consumers store */

    /* What was seen of the consumers, valid under `epoch`: view.c. */
    uint64_t epoch;
    uint64_t limit; /* slots may be reused through this seq */
    struct sx_tally tally;
    uint64_t slowest_cursor; /* as loaded: when it changes, something may have become free */
    uint32_t *active;        /* the seats that were active */
    uint32_t active_count;
    bool opened; /* min_consumers has been met */
    bool gated;  /* a put is more than a claim: it must look first, or is shared */

    /* The other producers, if there may be any: turn.c. */
    bool shared;
    struct sx_turn turn;

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
    uint32_t notice_roster; /* and those producers */
};

/* Must a put look at the consumers first: not opened, or a pipe? */
static inline bool sx_producer_must_look(const struct streamx_producer *producer)
{
    return !producer->opened || (producer->segment.shape.flags & STREAMX_PIPE);
}

/* So many publications from the next one on are known to have room. (Less than none, where the next
 * was a loan that had its room already.) */
static inline int64_t sx_producer_room(const struct streamx_producer *producer)
{
    return (int64_t)(producer->room_end - producer->next);
}

/* The slot of the next publication. */
static inline uint32_t sx_producer_slot(const struct streamx_producer *producer)
{
    return sx_ring_index(producer->next, producer->segment.shape.slots);
}

/* The last seq that has been published. */
static inline uint64_t sx_producer_last_seq(const struct streamx_producer *producer)
{
    return sx_series_seq(&producer->series, producer->next - 1);
}

/*
 * Where the next publication goes. Its functions are handed it, and look into the handle for
 * nothing twice: for all that a compiler knows, a store to shared memory might have changed the
 * handle.
 */
struct sx_spot {
    struct sx_control *control;
    struct sx_frame *frame;
    uint64_t publication;
    int64_t room; /* sx_producer_room */
};

SX_IN_LINE struct sx_spot sx_producer_spot(const struct streamx_producer *producer)
{
    return (struct sx_spot){.control = producer->segment.control,
                            .frame = producer->frame,
                            .publication = producer->next,
                            .room = sx_producer_room(producer)};
}

/* `told` or `quick` has changed. */
static inline void sx_producer_choose_length(struct streamx_producer *producer)
{
    uint64_t bytes = sx_extent_bytes(producer->told);
    bool single = sx_extent_count(producer->told) == 1, fencing = producer->fence.left != 0;

    producer->quickest = single && bytes < producer->quick ? bytes : UINT64_MAX;
    producer->turn.quickest =
        single && !fencing && bytes < producer->turn.quick ? bytes : UINT64_MAX;
}

/* What others can read of the series holds for publications of that extent; 0: for none. */
static inline void sx_producer_told(struct streamx_producer *producer, uint64_t extent)
{
    producer->told = extent;
    sx_producer_choose_length(producer);
}

/* `opened`, `excess` or `fence` has changed: which way a put takes. */
void sx_producer_choose_way(struct streamx_producer *producer);

/* The next publication to fill is the one behind that position. */
void sx_producer_go_on_from(struct streamx_producer *producer, const struct sx_position *position);

/* The arrays of a zeroed handle, by its segment's geometry. -ENOMEM. */
int sx_producer_allocate(struct streamx_producer *producer);

/* Gives back what the handle holds, however much of it was made; it is zeroed then. In a forked
 * child, local memory only. */
void sx_producer_clear(struct streamx_producer *producer);

/* The same, and the handle itself. */
void sx_producer_free(struct streamx_producer *producer);

#endif
