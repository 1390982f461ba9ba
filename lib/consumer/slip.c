/* SPDX-License-Identifier: MIT */
#include "consumer/slip.h"

#include "consumer/publication.h"
#include "kernel/clock.h"
#include "kernel/processor.h"

/* Turns between two looks. Each takes the line from the producer, if it is about to write it. */
#define LOOK_TURNS 8u

/* It waits twice as long as the slots took to fill last, and that. */
#define SPARE_TURNS 32u

#define SELDOM (UINT64_C(1) << 16)

void sx_slip_init(struct sx_slip *s, const struct sx_shape *shape)
{
    uint32_t slots = sx_processor_slots_behind(shape->slots);

    *s = (struct sx_slip){.slots = slots,
                          .patience = SX_SPIN_TURNS + slots,
                          .after = slots > 0 ? slots : SX_FETCH_NEVER};
    sx_trial_init(&s->trial, SX_TRIAL_CONSUMERS_RUN);
}

/* Are so many slots filled, from the next one on? The last one is filled last. */
static bool filled(const struct streamx_consumer *c, uint32_t slots)
{
    uint64_t bytes = (slots - 1) * c->offer.stride;
    const struct sx_frame *frame =
        (const struct sx_frame *)(const void *)sx_publication_ahead(c, c->offer.slot, bytes);

    /* Relaxed: each is asked for when it is taken. */
    return atomic_load_explicit(&frame->stamp, memory_order_relaxed) == c->offer.next + slots - 1;
}

static void stay_behind(struct streamx_consumer *c)
{
    struct sx_slip *s = &c->slip;
    uint32_t most = SX_SPIN_TURNS + s->slots, turns = 0;

    while (!filled(c, s->slots)) {
        if (turns >= s->patience) {
            s->patience = 2 * s->patience < most ? 2 * s->patience : most;
            s->after = 2 * s->after < SELDOM ? 2 * s->after : SELDOM;
            return;
        }
        for (uint32_t turn = 0; turn < LOOK_TURNS; turn++)
            sx_spin_turn(&c->spin);
        turns += LOOK_TURNS;
    }
    s->patience = 2 * turns + SPARE_TURNS < most ? 2 * turns + SPARE_TURNS : most;
    s->after = s->slots;
}

void sx_slip_go_on(struct streamx_consumer *c, bool may)
{
    struct sx_slip *s = &c->slip;

    if (sx_trial_is_due(&s->trial, c->offer.next))
        sx_trial_go_on(&s->trial, c->offer.next, sx_clock_now());
    if (!s->trial.second) {
        c->offer.stop = s->trial.until;
        return;
    }
    /* What is in hand would keep the slots from being filled. */
    if (may && c->offer.in_hand == 0 && sx_spin_turns(&c->spin) > 0)
        stay_behind(c);
    c->offer.stop = c->offer.next + s->after;
}
