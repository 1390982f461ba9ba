/* SPDX-License-Identifier: MIT */
/*
 * Self-tuned spinning. A wake from the kernel costs tens of microseconds across cores, a hand-over
 * between two spinning ones a tenth of a microsecond. So a wait spins for about as long as a wake
 * would cost, which wastes at most as much as it could have saved; but only where spinning has
 * lately paid: each barren wait halves the budget down to nothing; then a probe is made now and
 * then, ever more rarely, and one success restores the budget.
 *
 * Nothing spins on a machine with one processor. An affinity mask of one processor says less: it is
 * shared with the other side, and then the budget soon falls to nothing; or it is our own, and then
 * this is exactly who wants to spin.
 */
#define _GNU_SOURCE
#include "waiting/spin.h"

#include <stdatomic.h>
#include <sys/sysinfo.h>

#include "kernel/clock.h"
#include "kernel/processor.h"

#define BOUND_NS INT64_C(50000)
#define LEAST_NS INT64_C(2000)
#define PROBE_FIRST 16u /* barren waits until the next probe; doubles */
#define PROBE_LAST 1024u
#define REST_FIRST 16u /* waits; each time so many times as many: */
#define REST_GROWTH 8u /* and one less for each that came meanwhile */
#define REST_LAST 4096u

/* Asked once: the answer costs opening a file. */
static int processor_count(void)
{
    static _Atomic int processors;
    int count = atomic_load_explicit(&processors, memory_order_relaxed);

    if (count == 0) {
        count = get_nprocs();
        atomic_store_explicit(&processors, count, memory_order_relaxed);
    }
    return count;
}

void sx_spin_init(struct sx_spin *spin, int64_t spin_ns, uint32_t slots)
{
    int64_t bound_ns = spin_ns == 0 ? BOUND_NS : spin_ns;
    uint32_t furthest = slots / 8 + 1;

    if (spin_ns < 0 || processor_count() == 1)
        bound_ns = 0;
    *spin = (struct sx_spin){.bound_ns = bound_ns,
                             .budget_ns = bound_ns,
                             .probe_after = PROBE_FIRST,
                             .tuned = spin_ns == 0,
                             .alone = processor_count() == 1,
                             .slots = slots,
                             .turns = 1,
                             .stride = 1,
                             .pauses = sx_processor()->pauses,
                             .longer = sx_processor()->pauses,
                             .furthest = furthest < SX_SPIN_FURTHEST ? furthest : SX_SPIN_FURTHEST};
    sx_beat_init(&spin->beat, !spin->tuned || bound_ns == 0);
}

void sx_spin_judge(struct sx_spin *spin, uint64_t next)
{
    uint64_t publications = next - spin->judged;
    bool near = spin->spun * spin->slots <= SX_SPIN_NEAR * publications;

    /* Where there was less than a spin in two laps, they tell nothing. */
    if (spin->slots <= SX_SPIN_SHALLOW && UINT64_C(2) * spin->spins * spin->slots >= publications)
        spin->pauses = near ? 1 : spin->longer;
    spin->spins = 0;
    spin->spun = 0;
    spin->judged = next;
}

/* Parties beyond one for each processor, that are no crowd yet. */
static uint32_t spare_parties(uint32_t slots, uint32_t processors)
{
    return slots >= SX_SPIN_DEEP ? 0 : slots > 1 ? processors / 2 : processors;
}

void sx_spin_crowd(struct sx_spin *spin, uint32_t parties)
{
    uint32_t processors = (uint32_t)processor_count();

    spin->beat.off = !spin->tuned || spin->bound_ns == 0 || parties > processors;
    spin->crowded = parties > processors + spare_parties(spin->slots, processors);
    spin->turns = spin->crowded && spin->slots >= SX_SPIN_DEEP ? parties / processors : 1;
}

bool sx_spin_probe(struct sx_spin *spin)
{
    if (spin->bound_ns == 0 || ++spin->skipped < spin->probe_after)
        return false;
    spin->skipped = 0;
    if (spin->probe_after < PROBE_LAST)
        spin->probe_after *= 2;
    return true;
}

void sx_spin_rest(struct sx_spin *spin)
{
    spin->rest *= REST_GROWTH;
    if (spin->rest < REST_FIRST)
        spin->rest = REST_FIRST;
    if (spin->rest > REST_LAST)
        spin->rest = REST_LAST;
    spin->resting = spin->rest;
}

bool sx_spin_cut_short(struct sx_spin *spin, int64_t spun_ns)
{
    spin->cut_ns += spun_ns;
    return spin->tuned || spin->cut_ns >= spin->budget_ns;
}

void sx_spin_settle(struct sx_spin *spin, bool in_vain)
{
    spin->cut_ns = 0;
    if (spin->crowded)
        spin->waited_ns = sx_clock_now();
    if (!in_vain) {
        spin->budget_ns = spin->bound_ns;
        spin->probe_after = PROBE_FIRST;
        spin->in_vain = 0;
        if (spin->rest > 0)
            spin->rest--;
        return;
    }
    spin->in_vain++;
    spin->budget_ns /= 2;
    if (spin->budget_ns < LEAST_NS)
        spin->budget_ns = 0;
}
