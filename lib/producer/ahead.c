/* SPDX-License-Identifier: MIT */
#include "producer/ahead.h"

#include "kernel/clock.h"
#include "kernel/processor.h"
#include "memory/fast.h"

void sx_ahead_init(struct sx_ahead *a, const struct sx_shape *shape)
{
    uint32_t ahead = sx_processor_slots_ahead(shape->slots, shape->slot_stride > SX_LINE);

    *a = (struct sx_ahead){.slots = ahead == 0 ? INT64_MAX : ahead,
                           .most = ahead,
                           .bytes = ahead * shape->slot_stride,
                           .tries = ahead != 0 && sx_processor()->fetches_on_trial};
    sx_trial_init(&a->trial, SX_TRIAL_PRODUCERS_RUN);
}

void sx_ahead_go_on(struct sx_ahead *a, uint64_t next)
{
    sx_trial_go_on(&a->trial, next, sx_clock_now());
    a->slots = a->trial.second ? a->most : INT64_MAX;
}
