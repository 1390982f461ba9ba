/* SPDX-License-Identifier: MIT */
/*
 * The producers' places and their steps (README.md, section 13). None of them waits for anybody:
 * each is one compare-and-swap on the owner's word, which carries an attach number that is never
 * used twice, or on the stream's state.
 *
 *   free -> joining     sx_roster_join      dies after it: reaped; it counted for nobody
 *   joining -> active   sx_roster_activate  dies after it: a producer that has died
 *   active -> leaving   sx_roster_leave     dies after it: reaped; nothing of it is missing
 *   any -> free         its holder, or whoever found it dead
 *
 * How a stream ends. Who leaves is first no longer active, then reads the state, then looks at all
 * places, and swaps the state from the value read. Who comes in is first active, then swaps the
 * state to a new value. So of a leaver that did not see a newcomer and that newcomer, one fails.
 */
#define _GNU_SOURCE
#include "memory/roster.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "kernel/process.h"
#include "memory/pen.h"
#include "memory/store.h"
#include "memory/wake.h"
#include "streamx.h"

/* As in registry.c: bounds what a hostile one can do. */
#define PATIENCE 10000

struct sx_survey sx_roster_survey(const struct sx_segment *segment)
{
    struct sx_survey survey = {0};

    for (uint32_t i = 0; i < segment->shape.max_producers; i++)
        sx_place_survey(&survey, segment->fd, sx_roster_at(segment, i), segment->pid_namespace);
    return survey;
}

bool sx_roster_orphaned(const struct sx_segment *segment)
{
    struct sx_survey survey = sx_roster_survey(segment);

    /* In this order: what was said of another file is nothing. */
    return sx_place_orphaned(&survey, segment->fd) && sx_segment_intact(segment);
}

bool sx_roster_deserted(const struct sx_segment *segment)
{
    /* Acquire pairs with the release of the ending: every stamp was stored before. */
    uint32_t state = atomic_load_explicit(&segment->control->state, memory_order_acquire);

    return sx_state_of(state) == SX_STATE_ABANDONED || sx_roster_orphaned(segment);
}

uint32_t sx_roster_active(const struct sx_segment *segment)
{
    uint32_t active = 0;

    for (uint32_t i = 0; i < segment->shape.max_producers; i++)
        /* Relaxed: a number that may be out of date a moment later in any case. */
        active += sx_place_state(atomic_load_explicit(&sx_roster_at(segment, i)->owner,
                                                      memory_order_relaxed)) == SX_PLACE_ACTIVE;
    return active;
}

void sx_roster_tell(struct sx_segment *segment)
{
    struct sx_control *control = segment->control;

    /* Release: who reads it bumped sees the place as it is now. */
    SX_ADD(roster_event, &control->roster_event, 1, memory_order_acq_rel);
    sx_tell_consumers(control);
}

/* ---- coming in ---- */

/* A fresh attach number, with its lock. Numbers that somebody else holds were tampered with. */
static int take_number(struct sx_segment *segment, uint64_t *attach)
{
    int failed = -EPROTO;

    for (int i = 0; i < 100; i++) {
        /* Relaxed: only its uniqueness matters. */
        SX_STEP(place_number,
                *attach = 1 + atomic_fetch_add_explicit(&segment->control->next_producer, 1,
                                                        memory_order_relaxed));
        if (*attach > SX_ATTACH_MAX)
            return -EPROTO;
        /* The common one too: other versions know only that. */
        failed = sx_segment_hold(segment, sx_place_lock_byte(*attach), SX_LOCK_PRODUCER);
        if (failed != -EAGAIN)
            break;
    }
    return failed == -EAGAIN ? -EPROTO : failed;
}

static bool take_place(struct sx_segment *segment, struct sx_post *post)
{
    for (uint32_t i = 0; i < segment->shape.max_producers; i++) {
        struct sx_place *place = sx_roster_at(segment, i);
        uint64_t nobody = 0;

        /* Acquire: the stores to the place that follow come after its last holder's leave. */
        if (SX_SWAP(place_claim, &place->owner, &nobody,
                    sx_place_make(post->attach, SX_PLACE_JOINING), memory_order_acq_rel,
                    memory_order_relaxed)) {
            post->index = i;
            return true;
        }
    }
    return false;
}

static void reap_all(struct sx_segment *segment, uint64_t reaper)
{
    for (uint32_t i = 0; i < segment->shape.max_producers; i++)
        sx_roster_reap(segment, i, reaper);
}

static void fill_place(const struct sx_segment *segment, const struct sx_post *post)
{
    struct sx_place *place = sx_roster_at(segment, post->index);
    char label[sizeof place->label] = "";

    sx_process_name(label, sizeof label);
    /* Relaxed, all: published by the step to active. */
    SX_STEP(place_label, memcpy(place->label, label, sizeof place->label));
    SX_STORE(place_waiting, &place->waiting_since_ns, 0, memory_order_relaxed);
    SX_STORE(place_served, &place->served, 0, memory_order_relaxed);
    SX_STORE(place_latest, &place->latest, 0, memory_order_relaxed);
    SX_STORE(place_time, &place->attached_ns, sx_clock_now(), memory_order_relaxed);
    SX_STORE(place_namespace, &place->pid_namespace, segment->pid_namespace, memory_order_relaxed);
    SX_STORE(place_pid, &place->pid, (uint32_t)getpid(), memory_order_relaxed);
}

int sx_roster_join(struct sx_segment *segment, struct sx_post *post)
{
    int failed = take_number(segment, &post->attach);

    if (failed)
        return failed;
    if (!take_place(segment, post)) {
        reap_all(segment, post->attach);
        if (!take_place(segment, post))
            return -EUSERS;
    }
    fill_place(segment, post);
    return 0;
}

void sx_roster_activate(struct sx_segment *segment, const struct sx_post *post)
{
    struct sx_place *place = sx_roster_at(segment, post->index);
    uint64_t joining = sx_place_make(post->attach, SX_PLACE_JOINING);

    /* Sequentially consistent, before the state: see the head. */
    SX_SWAP(place_activate, &place->owner, &joining, sx_place_make(post->attach, SX_PLACE_ACTIVE),
            memory_order_seq_cst, memory_order_relaxed);
}

/* Gives a place up that was `owner`'s. */
static bool give_up(struct sx_segment *segment, struct sx_place *place, uint64_t owner)
{
    if (!SX_SWAP(place_free, &place->owner, &owner, 0, memory_order_seq_cst, memory_order_relaxed))
        return false;
    sx_roster_tell(segment);
    return true;
}

bool sx_roster_arrive(struct sx_segment *segment, const struct sx_post *post)
{
    _Atomic uint32_t *state = &segment->control->state;
    struct sx_place *place = sx_roster_at(segment, post->index);
    uint32_t seen = atomic_load_explicit(state, memory_order_acquire);

    for (int i = 0; i < PATIENCE && sx_state_of(seen) != SX_STATE_CLOSED; i++) {
        uint32_t next = ((seen & ~SX_STATE_MASK) | SX_STATE_LIVE) + SX_STATE_COMING;

        if (SX_SWAP_WEAK(place_enter, state, &seen, next, memory_order_seq_cst,
                         memory_order_acquire)) {
            sx_roster_tell(segment);
            return true;
        }
    }
    give_up(segment, place, sx_place_make(post->attach, SX_PLACE_ACTIVE));
    return false;
}

/* ---- leaving ---- */

/* Somebody's data may be incomplete: its end will not be a clean one. */
static void remember_casualty(struct sx_segment *segment)
{
    if (!(segment->shape.flags & STREAMX_SHARED) ||
        (atomic_load_explicit(&segment->control->state, memory_order_seq_cst) & SX_STATE_CASUALTY))
        return;
    /* Sequentially consistent, before the place is free: a leaver that does not see the place any
     * more, sees this, or fails to swap the state. */
    SX_STEP(casualty, atomic_fetch_or_explicit(&segment->control->state, SX_STATE_CASUALTY,
                                               memory_order_seq_cst));
}

bool sx_roster_reap(struct sx_segment *segment, uint32_t index, uint64_t reaper)
{
    struct sx_place *place = sx_roster_at(segment, index);
    uint64_t owner = atomic_load_explicit(&place->owner, memory_order_acquire);
    struct sx_peer peer;

    if (sx_place_state(owner) == SX_PLACE_FREE)
        return false;
    peer = sx_place_peer(place, owner);
    if (!sx_segment_dead(segment, &peer) ||
        atomic_load_explicit(&place->owner, memory_order_acquire) != owner)
        return false;
    /* Looked at behind its death, after which it takes no pen. */
    if (!sx_pen_recover(segment, sx_place_attach(owner), reaper))
        return false;
    if (sx_place_state(owner) == SX_PLACE_ACTIVE)
        remember_casualty(segment);
    return give_up(segment, place, owner);
}

/* Does anybody else live who counts? The dead are taken off. */
static bool others_live(struct sx_segment *segment, const struct sx_post *post)
{
    for (uint32_t i = 0; i < segment->shape.max_producers; i++) {
        uint64_t owner;

        if (i == post->index)
            continue;
        sx_roster_reap(segment, i, post->attach);
        owner = atomic_load_explicit(&sx_roster_at(segment, i)->owner, memory_order_seq_cst);
        if (sx_place_state(owner) == SX_PLACE_ACTIVE)
            return true;
    }
    return false;
}

/* The state is `ending` from now on; false: it is not what it was. */
static bool swap_state(struct sx_segment *segment, uint32_t *seen, enum sx_state ending)
{
    uint32_t ended = (*seen & ~SX_STATE_MASK) | (uint32_t)ending;

    /* Release: who sees the end sees every stamp. */
    return SX_SWAP(end_state, &segment->control->state, seen, ended, memory_order_seq_cst,
                   memory_order_acquire);
}

void sx_roster_end(struct sx_segment *segment, const struct sx_post *post, enum sx_state ending)
{
    uint32_t seen = atomic_load_explicit(&segment->control->state, memory_order_acquire);

    for (int i = 0; i < PATIENCE && sx_state_of(seen) == SX_STATE_LIVE; i++)
        if (swap_state(segment, &seen, ending))
            break;
    /* For a successor, which must not take us for somebody who is still at work. */
    if (ending == SX_STATE_ABANDONED)
        give_up(segment, sx_roster_at(segment, post->index),
                sx_place_make(post->attach, SX_PLACE_ACTIVE));
}

bool sx_roster_leave(struct sx_segment *segment, const struct sx_post *post, enum sx_state ending)
{
    struct sx_place *place = sx_roster_at(segment, post->index);
    uint64_t owner = sx_place_make(post->attach, SX_PLACE_ACTIVE);
    uint64_t leaving = sx_place_make(post->attach, SX_PLACE_LEAVING);
    uint32_t seen;

    if (ending == SX_STATE_ABANDONED)
        remember_casualty(segment);
    SX_SWAP(place_leave, &place->owner, &owner, leaving, memory_order_seq_cst,
            memory_order_relaxed);
    seen = atomic_load_explicit(&segment->control->state, memory_order_seq_cst);
    for (int i = 0; i < PATIENCE && sx_state_of(seen) == SX_STATE_LIVE; i++) {
        if (others_live(segment, post))
            break;
        /* If one of them was a casualty, or somebody has come in, it differs: look again. */
        if (swap_state(segment, &seen, ending))
            seen = (uint32_t)ending;
    }
    give_up(segment, place, leaving);
    return sx_state_of(seen) != SX_STATE_LIVE;
}
