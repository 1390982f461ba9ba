/* SPDX-License-Identifier: MIT */
/* The producers' places: coming in, leaving, reaping, and how a stream ends (README.md, section
 * 13). */
#ifndef SX_ROSTER_H
#define SX_ROSTER_H

#include "memory/place.h"
#include "memory/segment.h"

/* Our place. */
struct sx_post {
    uint32_t index;
    uint64_t attach;
};

static inline struct sx_place *sx_roster_at(const struct sx_segment *segment, uint32_t index)
{
    struct sx_seat *behind = &segment->control->seats[segment->shape.max_consumers];

    return (struct sx_place *)(void *)behind + index;
}

/* One look at all of them. */
struct sx_survey sx_roster_survey(const struct sx_segment *segment);

/* Has every producer certainly died? */
bool sx_roster_orphaned(const struct sx_segment *segment);

/* The same, or has the last one abandoned it? Then a successor may come, or nobody. */
bool sx_roster_deserted(const struct sx_segment *segment);

/* How many producers there are, dead ones that nobody has found included. */
uint32_t sx_roster_active(const struct sx_segment *segment);

/*
 * Takes an attach number, its locks (so that the segment's lock descriptor is closed) and a free
 * place; the dead are reaped first, where none is free. -EUSERS: none to be had.
 */
int sx_roster_join(struct sx_segment *segment, struct sx_post *post);

/* Joining -> active; from here on we count. */
void sx_roster_activate(struct sx_segment *segment, const struct sx_post *post);

/*
 * Counts us among those who came in, and brings an abandoned stream back to life. False: it has
 * ended, and we are out again.
 */
bool sx_roster_arrive(struct sx_segment *segment, const struct sx_post *post);

/*
 * Leaves a shared stream: the last one ends it, as `ending` says. Wakes nobody. True: it has ended,
 * by us or by another.
 */
bool sx_roster_leave(struct sx_segment *segment, const struct sx_post *post, enum sx_state ending);

/* Ends a stream that is not shared. */
void sx_roster_end(struct sx_segment *segment, const struct sx_post *post, enum sx_state ending);

/* Frees the place of a dead one, and first makes good what it left half done. `reaper`: our own
 * attach number. True: it did. */
bool sx_roster_reap(struct sx_segment *segment, uint32_t index, uint64_t reaper);

/* The producers have changed: who watches them looks again. */
void sx_roster_tell(struct sx_segment *segment);

#endif
