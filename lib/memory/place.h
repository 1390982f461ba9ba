/* SPDX-License-Identifier: MIT */
/* A producer's place, and whether its holder lives (README.md, sections 3 and 13). */
#ifndef SX_PLACE_H
#define SX_PLACE_H

#include "kernel/liveness.h"
#include "memory/layout.h"

static inline uint64_t sx_place_make(uint64_t attach, enum sx_place_state state)
{
    return attach << 2 | (uint64_t)state;
}

static inline enum sx_place_state sx_place_state(uint64_t owner)
{
    return (enum sx_place_state)(owner & SX_SEAT_STATE_MASK);
}

static inline uint64_t sx_place_attach(uint64_t owner)
{
    return owner >> 2;
}

/* The byte that a producer of that attach number holds locked. */
static inline int64_t sx_place_lock_byte(uint64_t attach)
{
    return SX_LOCK_SEAT + (int64_t)(attach & SX_ATTACH_MAX);
}

/* The peer behind a place, given its owner word. */
struct sx_peer sx_place_peer(const struct sx_place *place, uint64_t owner);

/* One look at the places. Zero-initialised. */
struct sx_survey {
    uint32_t living;  /* of all who have one; some may be dead */
    uint32_t unshown; /* of those, the ones that show no pid yet */
    uint32_t dead;    /* certainly, and not reaped yet */
    uint64_t mourned; /* which ones: changes when another one is found dead */
};

/*
 * Counts one place, in the shared memory or in a copy of it. `fd` and `pid_namespace` as of
 * sx_liveness_dead. A place whose holder changes meanwhile counts as living.
 */
void sx_place_survey(struct sx_survey *survey, int fd, const struct sx_place *place,
                     uint64_t pid_namespace);

/*
 * Has nobody been left to produce? `fd` as above. Where the common byte is held and no place is
 * taken, its holder is about to say how the stream ends.
 */
bool sx_place_orphaned(const struct sx_survey *survey, int fd);

#endif
