/* SPDX-License-Identifier: MIT */
/*
 * Self-tuned spinning. A wake from the kernel costs tens of microseconds across cores, a hand-over
 * between two spinning ones a tenth of a microsecond. So a wait spins for about as long as a wake
 * would cost, which wastes at most as much as it could have saved; but only where spinning has
 * lately paid: each barren wait halves the budget down to nothing, then one wait in PROBE_EVERY
 * tries again, and one success restores it. Where one processor is all there is, spinning only
 * keeps the other side from running.
 */
#define _GNU_SOURCE
#include "wait.h"

#include <sched.h>

#include "futex.h"

#define SPIN_BOUND_NS INT64_C(50000)
#define SPIN_LEAST_NS INT64_C(2000)
#define PROBE_EVERY 32u
#define ROUND_NS SX_NS_PER_MS
#define TICK_FIRST_NS SX_NS_PER_MS
#define TICK_LAST_NS (64 * SX_NS_PER_MS)

static bool one_processor(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1;
}

void sx_spin_init(struct sx_spin *spin, int64_t spin_ns)
{
    if (spin_ns < 0 || one_processor())
        spin->bound_ns = 0;
    else
        spin->bound_ns = spin_ns == 0 ? SPIN_BOUND_NS : spin_ns;
    spin->budget_ns = spin->bound_ns;
    spin->barren = 0;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void sx_wait_begin(struct sx_wait *wait, struct sx_spin *spin, int64_t deadline_ns)
{
    *wait = (struct sx_wait){.spin = spin,
                             .deadline_ns = deadline_ns,
                             .spin_ns = spin->budget_ns,
                             .tick_ns = TICK_FIRST_NS};
    if (spin->budget_ns == 0 && spin->bound_ns > 0 && ++spin->barren % PROBE_EVERY == 0)
        wait->spin_ns = spin->bound_ns;
    wait->spinning = wait->spin_ns > 0;
}

bool sx_wait_spin_on(struct sx_wait *wait)
{
    int64_t now = sx_clock_now();

    if (wait->spin_until_ns == 0) {
        if (__builtin_add_overflow(now, wait->spin_ns, &wait->spin_until_ns))
            wait->spin_until_ns = SX_NEVER;
        wait->spin_until_ns = earlier(wait->spin_until_ns, wait->deadline_ns);
    }
    if (wait->round_until_ns == 0)
        wait->round_until_ns = earlier(wait->spin_until_ns, now + ROUND_NS);
    if (now < wait->round_until_ns)
        return true;
    wait->round_until_ns = 0;
    wait->spinning = now < wait->spin_until_ns;
    return false;
}

bool sx_wait_should_look(struct sx_wait *wait)
{
    int64_t now;

    /* Not in the first round: most waits are over before anybody can have died. */
    if (wait->look_ns == 0) {
        wait->look_ns = sx_clock_now() + wait->tick_ns;
        return false;
    }
    now = sx_clock_now();
    if (now < wait->look_ns)
        return false;
    if (wait->tick_ns < TICK_LAST_NS)
        wait->tick_ns *= 2;
    wait->look_ns = now + wait->tick_ns;
    return true;
}

void sx_wait_park(struct sx_wait *wait, const _Atomic uint32_t *word, uint32_t value)
{
    wait->parked = true;
    /* The result does not matter: the caller looks again in any case. */
    sx_futex_wait(word, value, earlier(wait->deadline_ns, wait->look_ns));
}

bool sx_wait_expired(const struct sx_wait *wait)
{
    return wait->deadline_ns != SX_NEVER && sx_clock_now() >= wait->deadline_ns;
}

void sx_wait_end(struct sx_wait *wait)
{
    struct sx_spin *spin = wait->spin;

    if (!wait->parked) {
        spin->budget_ns = spin->bound_ns;
    } else if (spin->budget_ns > 0) {
        spin->budget_ns /= 2;
        if (spin->budget_ns < SPIN_LEAST_NS)
            spin->budget_ns = 0;
    }
}
