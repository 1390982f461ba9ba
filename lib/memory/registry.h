/* SPDX-License-Identifier: MIT */
/* The seats: who is attached, how far each has acknowledged (README.md, sections 3, 4 and 8). */
#ifndef SX_REGISTRY_H
#define SX_REGISTRY_H

#include "memory/ring.h"
#include "memory/segment.h"

/* A seat that we have. */
struct sx_ticket {
    uint32_t seat;
    uint64_t attach;
};

/* Is a cursor's evicted bit meant for this holder? It may have been set too late, for one who has
 * left (evict.c). Asked only if the bit is set. */
static inline bool sx_registry_evicted(const struct sx_seat *seat, uint64_t attach)
{
    /* Relaxed: stored before the bit, which the caller has loaded with acquire. */
    return atomic_load_explicit(&seat->evicted_attach, memory_order_relaxed) == attach;
}

/*
 * Reads an active seat's cursor, with the evicted bit if it counts; false if the seat is not
 * active. The owner is read before and after the cursor: between the two its holder might leave and
 * a joiner store where it means to start, which acknowledges nothing before that seat is active.
 */
static inline bool sx_registry_cursor(const struct sx_seat *seat, uint64_t *cursor)
{
    /* Acquire: the cursor is read afterwards. */
    uint64_t owner = atomic_load_explicit(&seat->owner, memory_order_acquire);

    for (int i = 0; i < 1000 && sx_owner_state(owner) == SX_SEAT_ACTIVE; i++) {
        uint64_t before = owner;
        /* Acquire pairs with the release in acknowledge.h: the consumer has finished reading
         * through this seq, so that its slot may be written; and the owner is read afterwards. */
        *cursor = atomic_load_explicit(&seat->cursor, memory_order_acquire);
        owner = atomic_load_explicit(&seat->owner, memory_order_acquire);
        if (__builtin_expect(owner != before, 0))
            continue;
        if (__builtin_expect((*cursor & SX_CURSOR_EVICTED) != 0, 0) &&
            !sx_registry_evicted(seat, sx_owner_attach(owner)))
            *cursor &= ~SX_CURSOR_EVICTED;
        return true;
    }
    return false;
}

/* How many consumers are attached, evicted ones included. */
uint32_t sx_registry_active(const struct sx_segment *segment);

/* How many seats need to be looked at. */
uint32_t sx_registry_used(const struct sx_segment *segment);

/* Lists the active seats; how many they are. `list` has room for all seats. */
uint32_t sx_registry_list(const struct sx_segment *segment, uint32_t *list);

/* Lists the pids of all who have a seat. False: somebody's number means nothing here, or is not
 * known yet, and is missing. `pids` has room for all seats. */
bool sx_registry_pids(const struct sx_segment *segment, uint32_t *pids, uint32_t *count);

/* Is somebody joining, in a seat that does not count yet? Its death would show nowhere else. */
bool sx_registry_joining(const struct sx_segment *segment);

/* One look at the `count` active seats that `list` names, then at `acked`. */
void sx_registry_tally(const struct sx_segment *segment, const uint32_t *list, uint32_t count,
                       struct sx_tally *tally);

/* One look at all active seats, then at `acked`. */
void sx_registry_tally_all(const struct sx_segment *segment, struct sx_tally *tally);

/* Takes an attach number, its lock and a free seat; dead holders are reaped
 * first. -EUSERS: none available. */
int sx_registry_enter(struct sx_segment *segment, const char *label, struct sx_ticket *ticket);

/* Joining -> active, with that cursor; tells the producer. False: the seat is not ours any more. */
bool sx_registry_activate(struct sx_segment *segment, const struct sx_ticket *ticket, uint64_t seq);

/* Active -> retired: the seat counts no more, though it is not free yet; `seq`: what was
 * acknowledged, which is all that was taken. */
void sx_registry_retire(struct sx_segment *segment, const struct sx_ticket *ticket, uint64_t seq);

/* Any -> free; what the cursor says remains acknowledged. */
void sx_registry_leave(struct sx_segment *segment, const struct sx_ticket *ticket);

/* What has been acknowledged through `seq` remains so, whatever becomes of the seat. */
void sx_registry_raise_acked(struct sx_segment *segment, uint64_t seq);

/* Frees the seat if its holder is certainly dead. True: it did. */
bool sx_registry_reap(struct sx_segment *segment, uint32_t seat);

/* Reaps every dead holder. True: there was one. */
bool sx_registry_reap_all(struct sx_segment *segment);

/* Reaps the dead of those seats, until it finds a live consumer that is not evicted. */
void sx_registry_reap_until_alive(struct sx_segment *segment, const uint32_t *list, uint32_t count);

/* The peer behind a seat, given its owner word. */
struct sx_peer sx_registry_peer(const struct sx_seat *seat, uint64_t owner);

#endif
