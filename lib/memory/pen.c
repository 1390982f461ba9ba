/* SPDX-License-Identifier: MIT */
/* Who wants the pen, and the pen in the hand of one who dies. How it is waited for is in
 * producer/turn.c. */
#include "memory/pen.h"

#include "memory/position.h"
#include "memory/wake.h"

uint32_t sx_pen_tell(struct sx_segment *segment)
{
    uint32_t how;

    /* Before the wake: who wants it later says so again. */
    SX_STEP(pen_tell,
            how = atomic_exchange_explicit(&segment->control->pen_wanted, 0, memory_order_acq_rel));
    if (how & SX_PEN_WATCHED)
        sx_wake_producer(segment->control);
    return how;
}

static uint64_t load(const struct sx_segment *segment)
{
    return atomic_load_explicit(&segment->control->pen, memory_order_acquire);
}

/* Is it that of a sole one, which is not at a publication? */
static bool is_idle(const struct sx_segment *segment, uint64_t pen)
{
    /* Acquire pairs with the release of the end: all that it has published. */
    return (pen & SX_PEN_SOLE) &&
           atomic_load_explicit(&segment->control->sole_writing, memory_order_acquire) == 0;
}

uint64_t sx_pen_holder(const struct sx_segment *segment)
{
    uint64_t pen = load(segment);

    return is_idle(segment, pen) ? 0 : sx_pen_attach(pen);
}

bool sx_pen_share(struct sx_segment *segment)
{
    uint64_t pen = load(segment);

    /* Acquire and release: who takes it next sees what we have seen. */
    return is_idle(segment, pen) && SX_SWAP(pen_share, &segment->control->pen, &pen, SX_PEN_FREE,
                                            memory_order_acq_rel, memory_order_relaxed);
}

void sx_pen_come(struct sx_segment *segment)
{
    /* Relaxed: the barrier orders it. A pen that is not sole needs none: it never will be. */
    SX_STORE(pen_come, &segment->control->company, 1, memory_order_relaxed);
    if (!(load(segment) & SX_PEN_SOLE))
        return;
    sx_barrier_heavy_in_time(); /* pair 10 */
    sx_pen_share(segment);
}

static uint64_t look(struct sx_segment *segment)
{
    sx_pen_share(segment);
    return load(segment);
}

bool sx_pen_want(struct sx_segment *segment, uint32_t how, bool *certain)
{
    struct sx_control *control = segment->control;
    uint64_t pen = look(segment);

    if (pen == SX_PEN_FREE)
        return false;
    if (!(atomic_load_explicit(&control->pen_wanted, memory_order_relaxed) & how))
        SX_STEP(pen_want,
                atomic_fetch_or_explicit(&control->pen_wanted, how, memory_order_acq_rel));
    if (how != SX_PEN_WATCHED)
        return true;
    /* Pair 7: between the wish and the look at the pen. Its holder lays it down, passes its barrier
     * and looks at the wish. Which barrier that is, the pen says. */
    sx_barrier_full();
    pen = look(segment);
    if (pen != SX_PEN_FREE && !(pen & SX_PEN_FENCES)) {
        *certain &= sx_barrier_heavy();
        pen = look(segment);
    }
    return pen != SX_PEN_FREE;
}

bool sx_pen_recover(struct sx_segment *segment, uint64_t dead, uint64_t heir)
{
    uint64_t pen = atomic_load_explicit(&segment->control->pen, memory_order_seq_cst);

    if (sx_pen_attach(pen) != dead)
        return true;
    /* From that very holder, whose number is never used twice: of several heirs, one takes it. */
    if (!SX_SWAP(pen_inherit, &segment->control->pen, &pen, sx_pen_make(heir, true),
                 memory_order_acq_rel, memory_order_relaxed))
        return false;
    sx_position_recover(segment);
    sx_pen_lay_down(segment->control);
    sx_barrier_full(); /* pair 7 */
    if (sx_pen_is_wanted(segment->control))
        sx_pen_tell(segment);
    return true;
}
