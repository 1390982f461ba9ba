/* SPDX-License-Identifier: MIT */
/*
 * Seats and their steps. Each step is one compare-and-swap on the owner word, which carries an
 * attach number that is never used twice; so a step that comes late fails instead of hitting a
 * successor, and nobody holds anything that a stopped process could sit on.
 *
 *   step                by                    who dies
 *
 *   free -> joining     sx_registry_enter     after it: is reaped; the seat counted for nobody
 *   joining -> active   sx_registry_activate  after it: is reaped; its cursor is what it started at
 *   active -> free      sx_registry_leave     before it: is reaped, with the same effect
 *   any -> free         sx_registry_reap      before it: the next one who needs it reaps
 */
#include "memory/registry.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "memory/store.h"
#include "memory/wake.h"

/* How often a compare-and-swap that others keep disturbing is tried again. Honest ones disturb
 * each other a few times; this bounds what a hostile one can do. */
#define PATIENCE 10000

uint32_t sx_registry_used(const struct sx_segment *segment)
{
    /* Acquire pairs with raise_used: a seat that counts is below what is read here, or is told of
     * by a later epoch. */
    uint32_t used = atomic_load_explicit(&segment->control->seats_used, memory_order_acquire);

    return used < segment->shape.max_consumers ? used : segment->shape.max_consumers;
}

uint32_t sx_registry_active(const struct sx_segment *segment)
{
    uint32_t used = sx_registry_used(segment), active = 0;

    for (uint32_t i = 0; i < used; i++)
        /* Relaxed: a number that may be out of date a moment later in any case. */
        active += sx_owner_state(atomic_load_explicit(&segment->control->seats[i].owner,
                                                      memory_order_relaxed)) == SX_SEAT_ACTIVE;
    return active;
}

struct sx_peer sx_registry_peer(const struct sx_seat *seat, uint64_t owner)
{
    struct sx_peer peer = {.lock_byte = SX_LOCK_CONSUMER +
                                        (int64_t)(sx_owner_attach(owner) & SX_ATTACH_MAX)};

    /* A seat whose holder is joining may still show the pid of its last holder. */
    if (sx_owner_state(owner) == SX_SEAT_JOINING)
        return peer;
    /* Relaxed: stored before the seat became active, which the caller's acquire of `owner` has
     * seen. A successor's may be read instead: the caller looks at `owner` again. */
    peer.pid_namespace = atomic_load_explicit(&seat->pid_namespace, memory_order_relaxed);
    peer.pid = atomic_load_explicit(&seat->pid, memory_order_relaxed);
    return peer;
}

uint32_t sx_registry_list(const struct sx_segment *segment, uint32_t *list)
{
    uint32_t used = sx_registry_used(segment), count = 0;

    for (uint32_t i = 0; i < used; i++)
        /* Acquire pairs with sx_registry_activate. */
        if (sx_owner_state(atomic_load_explicit(&segment->control->seats[i].owner,
                                                memory_order_acquire)) == SX_SEAT_ACTIVE)
            list[count++] = i;
    return count;
}

bool sx_registry_pids(const struct sx_segment *segment, uint32_t *pids, uint32_t *count)
{
    uint32_t used = sx_registry_used(segment);
    bool all = segment->pid_namespace != 0;

    *count = 0;
    for (uint32_t i = 0; i < used; i++) {
        const struct sx_seat *seat = &segment->control->seats[i];
        /* Acquire: the pid read next is at least as new. */
        uint64_t owner = atomic_load_explicit(&seat->owner, memory_order_acquire);
        struct sx_peer peer = sx_registry_peer(seat, owner);
        uint32_t pid = sx_segment_pid(segment, &peer);

        if (sx_owner_state(owner) == SX_SEAT_FREE)
            continue;
        if (pid == 0)
            all = false;
        else
            pids[(*count)++] = pid;
    }
    return all;
}

bool sx_registry_joining(const struct sx_segment *segment)
{
    uint32_t used = sx_registry_used(segment);

    for (uint32_t i = 0; i < used; i++)
        /* Relaxed: who joins later changes the event that the caller has loaded. */
        if (sx_owner_state(atomic_load_explicit(&segment->control->seats[i].owner,
                                                memory_order_relaxed)) == SX_SEAT_JOINING)
            return true;
    return false;
}

static void tally_seat(const struct sx_segment *segment, uint32_t index, struct sx_tally *tally)
{
    uint64_t cursor;

    if (sx_registry_cursor(&segment->control->seats[index], &cursor))
        sx_tally_count(tally, index, cursor);
}

void sx_registry_tally(const struct sx_segment *segment, const uint32_t *list, uint32_t count,
                       struct sx_tally *tally)
{
    memset(tally, 0, sizeof *tally);
    for (uint32_t i = 0; i < count; i++)
        tally_seat(segment, list[i], tally);
    /* Last: who left before its seat was looked at has raised this (sx_registry_raise_acked). */
    sx_tally_finish(tally, atomic_load_explicit(&segment->control->acked, memory_order_acquire));
}

void sx_registry_tally_all(const struct sx_segment *segment, struct sx_tally *tally)
{
    uint32_t used = sx_registry_used(segment);

    memset(tally, 0, sizeof *tally);
    for (uint32_t i = 0; i < used; i++)
        tally_seat(segment, i, tally);
    /* Last, as above. */
    sx_tally_finish(tally, atomic_load_explicit(&segment->control->acked, memory_order_acquire));
}

/* The set of seats that count has changed. */
static void tell_producer(struct sx_segment *segment)
{
    /* Sequentially consistent, for pair 4; the joiner's heavy barrier follows (join.c). */
    SX_ADD(epoch, &segment->control->epoch, 1, memory_order_seq_cst);
    sx_wake_producer(segment->control);
}

static void raise_used(struct sx_segment *segment, uint32_t used)
{
    _Atomic uint32_t *seats_used = &segment->control->seats_used;
    uint32_t seen = atomic_load_explicit(seats_used, memory_order_relaxed);

    for (int i = 0; i < PATIENCE && seen < used; i++)
        if (SX_SWAP_WEAK(used, seats_used, &seen, used, memory_order_acq_rel, memory_order_relaxed))
            break;
}

/* Release, before the seat is given up: whoever finds it free finds this. */
void sx_registry_raise_acked(struct sx_segment *segment, uint64_t seq)
{
    _Atomic uint64_t *acked = &segment->control->acked;
    uint64_t seen = atomic_load_explicit(acked, memory_order_relaxed);

    for (int i = 0; i < PATIENCE && sx_after(seq, seen); i++)
        if (SX_SWAP_WEAK(acked, acked, &seen, seq, memory_order_acq_rel, memory_order_relaxed))
            break;
}

/* A fresh attach number, with its lock. Numbers that somebody else holds were tampered with. */
static int take_number(struct sx_segment *segment, uint64_t *attach)
{
    int failed = -EPROTO;

    for (int i = 0; i < 100; i++) {
        /* Relaxed: only its uniqueness matters. */
        SX_STEP(enter_number,
                *attach = 1 + atomic_fetch_add_explicit(&segment->control->next_attach, 1,
                                                        memory_order_relaxed));
        if (*attach > SX_ATTACH_MAX)
            return -EPROTO;
        failed = sx_segment_hold(segment, SX_LOCK_CONSUMER + (int64_t)*attach, 0);
        if (failed != -EAGAIN)
            break;
    }
    return failed == -EAGAIN ? -EPROTO : failed;
}

static int find_seat(struct sx_segment *segment, uint64_t attach)
{
    for (uint32_t i = 0; i < segment->shape.max_consumers; i++) {
        uint64_t free_owner = 0;
        struct sx_seat *seat = &segment->control->seats[i];

        if (atomic_load_explicit(&seat->owner, memory_order_relaxed) != 0)
            continue;
        raise_used(segment, i + 1);
        /* Acquire: the stores to the seat that follow come after its last holder's leave. */
        if (SX_SWAP(enter_seat, &seat->owner, &free_owner, sx_owner_make(attach, SX_SEAT_JOINING),
                    memory_order_acq_rel, memory_order_relaxed))
            return (int)i;
    }
    return -EUSERS;
}

int sx_registry_enter(struct sx_segment *segment, const char *label, struct sx_ticket *ticket)
{
    struct sx_seat *seat;
    int found, failed = take_number(segment, &ticket->attach);

    if (failed)
        return failed;
    found = find_seat(segment, ticket->attach);
    if (found == -EUSERS) {
        /* Look again in any case: somebody else may be reaping the same seats. */
        sx_registry_reap_all(segment);
        found = find_seat(segment, ticket->attach);
    }
    if (found < 0)
        return found;
    ticket->seat = (uint32_t)found;
    seat = &segment->control->seats[ticket->seat];
    /* Relaxed: published by the compare-and-swap that activates the seat. */
    SX_STORE(enter_namespace, &seat->pid_namespace, segment->pid_namespace, memory_order_relaxed);
    SX_STORE(enter_time, &seat->attached_ns, sx_clock_now(), memory_order_relaxed);
    SX_STEP(enter_label, memcpy(seat->label, label, sizeof seat->label));
    SX_STORE(enter_pid, &seat->pid, (uint32_t)getpid(), memory_order_relaxed);
    /* From here on a sleeping producer looks after this seat: if we die between the next two steps,
     * nothing else would tell it that the seat counts. */
    sx_wake_producer(segment->control);
    return 0;
}

bool sx_registry_activate(struct sx_segment *segment, const struct sx_ticket *ticket, uint64_t seq)
{
    struct sx_seat *seat = &segment->control->seats[ticket->seat];
    uint64_t joining = sx_owner_make(ticket->attach, SX_SEAT_JOINING);

    SX_STORE(activate_cursor, &seat->cursor, sx_cursor_make(seq), memory_order_relaxed);
    /* Release: who sees it active sees the cursor and the rest. */
    if (!SX_SWAP(activate, &seat->owner, &joining, sx_owner_make(ticket->attach, SX_SEAT_ACTIVE),
                 memory_order_seq_cst, memory_order_relaxed))
        return false;
    tell_producer(segment);
    return true;
}

/* Frees a seat that is `owner`'s, whose cursor was read while it was. */
static bool give_up(struct sx_segment *segment, struct sx_seat *seat, uint64_t owner,
                    uint64_t cursor)
{
    uint64_t was = owner;

    if (sx_owner_state(owner) == SX_SEAT_ACTIVE)
        sx_registry_raise_acked(segment, sx_cursor_seq(cursor));
    if (!SX_SWAP(give_up, &seat->owner, &owner, 0, memory_order_seq_cst, memory_order_relaxed))
        return false;
    if (sx_owner_state(was) == SX_SEAT_ACTIVE)
        tell_producer(segment);
    else /* it never counted: the epoch says who has been attached */
        sx_wake_producer(segment->control);
    return true;
}

void sx_registry_retire(struct sx_segment *segment, const struct sx_ticket *ticket, uint64_t seq)
{
    struct sx_seat *seat = &segment->control->seats[ticket->seat];
    uint64_t active = sx_owner_make(ticket->attach, SX_SEAT_ACTIVE);
    uint64_t retired = sx_owner_make(ticket->attach, SX_SEAT_RETIRED);

    /* As in give_up: what it has acknowledged, before the seat ceases to count. */
    sx_registry_raise_acked(segment, seq);
    if (SX_SWAP(retire, &seat->owner, &active, retired, memory_order_seq_cst, memory_order_relaxed))
        tell_producer(segment);
}

void sx_registry_leave(struct sx_segment *segment, const struct sx_ticket *ticket)
{
    struct sx_seat *seat = &segment->control->seats[ticket->seat];
    uint64_t owner = atomic_load_explicit(&seat->owner, memory_order_relaxed);

    if (sx_owner_attach(owner) != ticket->attach)
        return;
    give_up(segment, seat, owner, atomic_load_explicit(&seat->cursor, memory_order_relaxed));
}

bool sx_registry_reap(struct sx_segment *segment, uint32_t index)
{
    struct sx_seat *seat = &segment->control->seats[index];
    uint64_t owner = atomic_load_explicit(&seat->owner, memory_order_acquire);
    struct sx_peer peer;
    uint64_t cursor;

    if (sx_owner_state(owner) == SX_SEAT_FREE)
        return false;
    peer = sx_registry_peer(seat, owner);
    if (!sx_segment_dead(segment, &peer))
        return false;
    /* The holder is dead, so that its words rest; if the owner is still the same after the cursor
     * was read (acquire), the cursor is that holder's and not a successor's. The death was of the
     * peer as read before: also only true of the same owner. */
    cursor = atomic_load_explicit(&seat->cursor, memory_order_acquire);
    if (atomic_load_explicit(&seat->owner, memory_order_acquire) != owner)
        return false;
    return give_up(segment, seat, owner, cursor);
}

bool sx_registry_reap_all(struct sx_segment *segment)
{
    uint32_t used = sx_registry_used(segment);
    bool reaped = false;

    for (uint32_t i = 0; i < used; i++)
        reaped |= sx_registry_reap(segment, i);
    return reaped;
}

void sx_registry_reap_until_alive(struct sx_segment *segment, const uint32_t *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct sx_seat *seat = &segment->control->seats[list[i]];
        uint64_t owner = atomic_load_explicit(&seat->owner, memory_order_acquire);
        struct sx_peer peer = sx_registry_peer(seat, owner);
        uint64_t cursor;

        if (!sx_registry_cursor(seat, &cursor) || (cursor & SX_CURSOR_EVICTED))
            continue;
        if (sx_segment_held(segment, &peer))
            return;
        sx_registry_reap(segment, list[i]);
    }
}
