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
#include "waiting/wait.h"

#include <sys/sysinfo.h>

#include "kernel/futex.h"

#define SPIN_BOUND_NS INT64_C(50000)
#define SPIN_LEAST_NS INT64_C(2000)
#define PROBE_FIRST 16u /* barren waits until the next probe; doubles */
#define PROBE_LAST 1024u
#define ROUND_NS SX_NS_PER_MS
#define TICK_FIRST_NS SX_NS_PER_MS
#define TICK_LAST_NS (64 * SX_NS_PER_MS)
#define LOOK_NOW INT64_C(1)
/* A death by exec tells no pidfd, and a peer stopped between its store and its wake tells nobody.
 */
#define BACKSTOP_NS (2 * SX_NS_PER_S)

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

void sx_spin_init(struct sx_spin *spin, int64_t spin_ns)
{
    if (spin_ns < 0 || processor_count() == 1)
        spin->bound_ns = 0;
    else
        spin->bound_ns = spin_ns == 0 ? SPIN_BOUND_NS : spin_ns;
    spin->budget_ns = spin->bound_ns;
    spin->probe_after = PROBE_FIRST;
    spin->skipped = 0;
    spin->tuned = spin_ns == 0;
    spin->crowded = false;
    spin->turns = 1;
}

void sx_spin_crowd(struct sx_spin *spin, uint32_t parties)
{
    uint32_t processors = (uint32_t)processor_count();

    spin->crowded = parties > processors;
    spin->turns = spin->crowded ? parties / processors : 1;
}

/* A spin would only be in the way. */
static bool unwelcome(const struct sx_spin *spin)
{
    return spin->tuned && spin->crowded;
}

/* Is it time to try spinning again, which has not paid? */
static bool probes(struct sx_spin *spin)
{
    if (spin->bound_ns == 0 || ++spin->skipped < spin->probe_after)
        return false;
    spin->skipped = 0;
    if (spin->probe_after < PROBE_LAST)
        spin->probe_after *= 2;
    return true;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void sx_wait_begin(struct sx_wait *wait, struct sx_spin *spin, int64_t deadline_ns)
{
    *wait = (struct sx_wait){.spin = spin,
                             .deadline_ns = deadline_ns,
                             .spin_ns = unwelcome(spin) ? 0 : spin->budget_ns,
                             .tick_ns = TICK_FIRST_NS,
                             .alarm_ns = SX_NEVER};
    if (spin->budget_ns == 0 && !unwelcome(spin) && probes(spin))
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

/* When a sleep ends if nothing ends it before. */
static int64_t wake_time(const struct sx_wait *wait, int64_t look_ns)
{
    return earlier(earlier(wait->deadline_ns, wait->alarm_ns), look_ns);
}

void sx_wait_park(struct sx_wait *wait, const _Atomic uint32_t *word, uint32_t value)
{
    wait->parked = true;
    /* The result does not matter: the caller looks again in any case. */
    sx_futex_wait(word, value, wake_time(wait, wait->look_ns));
}

bool sx_wait_is_long(const struct sx_wait *wait)
{
    return wait->tick_ns > TICK_FIRST_NS;
}

void sx_wait_sleep(struct sx_wait *wait, struct sx_sleeper *sleeper, bool covered)
{
    int64_t until_ns = covered ? sx_clock_now() + BACKSTOP_NS : wait->look_ns;

    wait->parked = true;
    sx_sleeper_sleep(sleeper, wake_time(wait, until_ns));
    wait->look_ns = LOOK_NOW;
}

bool sx_wait_expired(const struct sx_wait *wait)
{
    return wait->deadline_ns != SX_NEVER && sx_clock_now() >= wait->deadline_ns;
}

void sx_wait_end(struct sx_wait *wait)
{
    struct sx_spin *spin = wait->spin;

    if (wait->parked)
        spin->waited_ns = sx_clock_now();
    if (!wait->parked) {
        spin->budget_ns = spin->bound_ns;
        spin->probe_after = PROBE_FIRST;
    } else if (spin->budget_ns > 0) {
        spin->budget_ns /= 2;
        if (spin->budget_ns < SPIN_LEAST_NS)
            spin->budget_ns = 0;
    }
}
