/* SPDX-License-Identifier: MIT */
/*
 * A wake is a bump of the word that the other side sleeps on, then the system call: one that read
 * the word before the bump is woken, or does not fall asleep on it. Before the bump comes all that
 * the other side is to find.
 */
#include "memory/wake.h"

#include "kernel/futex.h"
#include "memory/fast.h"
#include "memory/store.h"

SX_OUT_OF_LINE void sx_wake_consumers(struct sx_control *control)
{
    /* The flag before the bump, the bump before the wake, and the wake for all: whoever's
     * announcement is cleared here read the event before the bump, and does not sleep on. */
    SX_STORE(wake_sleepers, &control->sleepers, 0, memory_order_relaxed);
    /* Release: a consumer that reads the bump announces itself after the clearing. */
    SX_ADD(wake_event, &control->data_event, 1, memory_order_acq_rel);
    SX_STEP(wake, sx_futex_wake(&control->data_event));
}

void sx_tell_consumers(struct sx_control *control)
{
    /* Release: what they are to find is visible to who reads the bumped word. */
    SX_ADD(data_event, &control->data_event, 1, memory_order_acq_rel);
    SX_STEP(data_wake, sx_futex_wake(&control->data_event));
}

void sx_wake_producer(struct sx_control *control)
{
    /* Release: what made the caller wake it is visible to who reads the bumped word. */
    SX_ADD(room_event, &control->room_event, 1, memory_order_acq_rel);
    SX_STEP(room_wake, sx_futex_wake(&control->room_event));
}
