/* SPDX-License-Identifier: MIT */
#include "consumer/slip.h"

#include "consumer/publication.h"
#include "consumer/wait.h"
#include "kernel/clock.h"
#include "kernel/processor.h"

/* Turns between two looks. Each takes the line from the producer, if it is about to write it. */
#define LOOK_TURNS 16u

/* So many slots at least must have been filled between two of them. */
#define LOOK_SLOTS 8u

#define SELDOM UINT64_C(4096)          /* publications, between two times that it is asked */
#define NEVER (UINT64_C(1) << 62)      /* likewise */
#define BYTES_MOST (UINT64_C(1) << 15) /* in the slots: more would not be near any more */

void sx_slip_init(struct sx_slip *s, const struct sx_shape *shape)
{
    uint32_t slots = sx_processor_slots_behind(shape->slots);

    if (slots * shape->slot_stride > BYTES_MOST)
        slots = 0;
    *s = (struct sx_slip){.slots = slots, .after = slots > 0 ? slots : NEVER};
    sx_trial_init(&s->trial, SX_TRIAL_CONSUMERS_RUN);
}

/* Are so many slots filled, from the next one on? The last one is filled last. */
static bool filled(const struct streamx_consumer *c, uint32_t slots)
{
    uint64_t bytes = (slots - 1) * c->offer.stride;
    const struct sx_frame *frame =
        (const struct sx_frame *)(const void *)sx_publication_ahead(c, c->offer.slot, bytes);

    /* Acquire pairs with the release in publish.h, as in sx_consumer_ready, which asks of each when
     * its turn comes. */
    return atomic_load_explicit(&frame->stamp, memory_order_acquire) == c->offer.next + slots - 1;
}

/* How many are filled, of `known` at least: a few less, perhaps. */
static uint32_t count_filled(const struct streamx_consumer *c, uint32_t known)
{
    uint32_t slots = c->slip.slots;

    if (filled(c, slots))
        return slots;
    while (known + LOOK_SLOTS < slots && filled(c, known + LOOK_SLOTS))
        known += LOOK_SLOTS;
    return known;
}

/* With the next one filled. False: the others do not come fast enough. The first look is at the
 * last one alone: for the most part they come, and those between are about to be written. */
static bool await_filled(const struct streamx_consumer *c)
{
    uint32_t slots = c->slip.slots, known = filled(c, slots) ? slots : 1, before;

    while (known < slots) {
        for (uint32_t turn = 0; turn < LOOK_TURNS; turn++)
            sx_spin_turn(&c->spin);
        before = known;
        known = count_filled(c, known);
        if (known == before)
            return false;
    }
    return true;
}

/* What was learnt whether they are worth it. */
static void think_over(struct streamx_consumer *c)
{
    struct sx_slip *s = &c->slip;

    if (!sx_trial_is_due(&s->trial, c->offer.next))
        return;
    sx_trial_go_on(&s->trial, c->offer.next, sx_clock_now());
    s->after = s->slots;
}

void sx_slip_go_on(struct streamx_consumer *c, bool has_time)
{
    struct sx_slip *s = &c->slip;
    uint64_t left;

    c->offer.call_at = c->offer.next + s->after;
    /* What is in hand would keep the slots from being filled. And where the next one is not, there
     * is a wait to come. */
    if (s->slots == 0 || !has_time || sx_consumer_in_hand(c) > 0 || !sx_consumer_ready(c))
        return;
    sx_consumer_count_parties(c);
    if (sx_spin_turns(&c->spin) == 0)
        return;
    think_over(c);
    if (s->trial.second)
        s->after = await_filled(c) ? s->slots : s->after < SELDOM / 2 ? 2 * s->after : SELDOM;
    left = s->trial.until - c->offer.next;
    c->offer.call_at = c->offer.next + (s->trial.second && s->after < left ? s->after : left);
}
