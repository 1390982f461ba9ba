/* SPDX-License-Identifier: MIT */
/*
 * The course of one wait. Deaths are looked for by a tick that starts at four milliseconds, or in a
 * crowd at a round of all, so that a wait which is over sooner pays nothing for it. Not even for
 * the timer, which is no earlier than the kernel's own tick then (4 ms at the usual 250 Hz) and
 * need not be set in the processor; in a virtual machine that makes a hand-over a tenth to a third
 * longer. From then on the handle's own ring is told of them at once, and the tick is only a
 * backstop: a death by exec tells no pidfd, and a peer stopped between its store and its wake tells
 * nobody.
 */
#define _GNU_SOURCE
#include "waiting/wait.h"

#include <errno.h>
#include <sched.h>

#include "kernel/clock.h"
#include "kernel/futex.h"

#define ROUND_NS SX_NS_PER_MS
#define TICK_FIRST_NS (4 * SX_NS_PER_MS)
#define TICK_LAST_NS (64 * SX_NS_PER_MS)
#define TICK_TURNS 4u /* of a crowd, in a millisecond */
#define BACKSTOP_NS (2 * SX_NS_PER_S)
#define LOOK_NOW INT64_C(1)
#define YIELD_MOST_NS SX_NS_PER_MS /* and so many rounds of all: */
#define YIELD_ROUNDS 4

/* To look for deaths is a system call for each of the others, to be told of them is three. */
static int64_t first_tick_ns(const struct sx_spin *spin)
{
    int64_t round_ns = SX_NS_PER_MS * (spin->turns / TICK_TURNS);

    return sx_clock_earlier(round_ns > TICK_FIRST_NS ? round_ns : TICK_FIRST_NS, TICK_LAST_NS);
}

void sx_wait_begin(struct sx_wait *wait, struct sx_spin *spin, int64_t deadline_ns)
{
    *wait = (struct sx_wait){.spin = spin,
                             .deadline_ns = deadline_ns,
                             .spin_ns = spin->budget_ns,
                             .yielding = sx_spin_yields(spin),
                             .tick_ns = first_tick_ns(spin),
                             .alarm_ns = SX_NEVER,
                             .window = sx_beat_window(&spin->beat),
                             .expecting_ns = SX_NEVER};
    if (wait->yielding && spin->resting > 0) {
        spin->resting--;
        return;
    }
    if (spin->budget_ns == 0 && sx_spin_probe(spin))
        wait->spin_ns = spin->bound_ns;
    if (sx_spin_glances_long(spin))
        wait->spin_ns = wait->glance_ns = sx_glance_wish(&spin->glance);
    wait->spinning = wait->spin_ns > 0 || sx_spin_glances(spin);
}

static void set_end_of_spin(struct sx_wait *wait, int64_t now)
{
    if (__builtin_add_overflow(now, wait->spin_ns, &wait->spin_until_ns))
        wait->spin_until_ns = SX_NEVER;
    if (wait->deadline_ns >= wait->spin_until_ns)
        return;
    wait->spin_until_ns = wait->deadline_ns;
    wait->cut_ns = wait->deadline_ns - now;
}

bool sx_wait_yield(struct sx_wait *wait)
{
    int64_t now, most_ns = YIELD_MOST_NS + YIELD_ROUNDS * SX_SPIN_ROUND_NS * wait->spin->turns;
    uint32_t most = sx_spin_yields_most(wait->spin);
    int saved = errno;

    if (wait->yielded_ns == 0) {
        wait->yielded_ns = sx_clock_now();
        wait->more_until_ns = wait->yielded_ns + most_ns;
        wait->look_ns = wait->yielded_ns + wait->tick_ns; /* these turns are the first round */
        set_end_of_spin(wait, wait->yielded_ns);
    }
    if (wait->deadline_ns - wait->yielded_ns < most_ns) { /* who sleeps is up in time */
        wait->spinning = false;
        return true;
    }
    sched_yield();
    errno = saved;
    now = sx_clock_now();
    wait->turns++;
    if (now >= wait->more_until_ns)
        most = SX_SPIN_YIELDS;
    wait->spinning = wait->turns < most || now < wait->spin_until_ns;
    if (now - wait->yielded_ns > most_ns) {
        sx_spin_rest(wait->spin);
        wait->spinning = false;
        wait->slept = true; /* as good as */
    }
    wait->yielded_ns = now;
    return true;
}

bool sx_wait_spin_on(struct sx_wait *wait)
{
    int64_t now;

    if (wait->spin_ns == 0 && wait->spin_until_ns == 0) { /* it was a glance */
        wait->spinning = false;
        return false;
    }
    now = sx_clock_now();
    if (wait->spin_until_ns == 0) {
        if (wait->glance_ns > 0 && !sx_glance_begin(&wait->spin->glance, wait->glance_ns, now))
            wait->spin_ns = wait->glance_ns = 0;
        set_end_of_spin(wait, now);
    }
    if (wait->round_until_ns == 0)
        wait->round_until_ns = sx_clock_earlier(wait->spin_until_ns, now + ROUND_NS);
    if (now < wait->round_until_ns)
        return true;
    wait->round_until_ns = 0;
    wait->spinning = now < wait->spin_until_ns;
    return false;
}

/* Spins through the window, or what is left of it. */
static void expect(struct sx_wait *wait, int64_t now)
{
    if (wait->slept)
        sx_beat_awoke(&wait->spin->beat, wait->window.from_ns, now);
    wait->window.from_ns = SX_NEVER;
    if (now >= wait->window.until_ns)
        return;
    wait->expecting_ns = now;
    wait->spinning = true;
    wait->spin_until_ns = sx_clock_earlier(wait->window.until_ns, wait->deadline_ns);
    wait->round_until_ns = 0;
}

bool sx_wait_tick(struct sx_wait *wait)
{
    int64_t now = sx_clock_now();

    if (now >= wait->window.from_ns)
        expect(wait, now);
    /* Not in the first round: most waits are over before anybody can have died. */
    if (wait->look_ns == 0) {
        wait->look_ns = now + wait->tick_ns;
        return false;
    }
    if (now < wait->look_ns)
        return false;
    wait->looked = true;
    if (wait->tick_ns < TICK_LAST_NS)
        wait->tick_ns *= 2;
    wait->look_ns = now + wait->tick_ns;
    return true;
}

/* When a sleep ends if nothing ends it before. */
static int64_t wake_time(const struct sx_wait *wait, int64_t look_ns)
{
    int64_t due_ns = sx_clock_earlier(wait->alarm_ns, wait->window.from_ns);

    return sx_clock_earlier(sx_clock_earlier(wait->deadline_ns, due_ns), look_ns);
}

void sx_wait_park(struct sx_wait *wait, const _Atomic uint32_t *word, uint32_t value)
{
    bool timed = sx_spin_glances_long(wait->spin);
    int64_t since_ns = timed ? sx_clock_now() : 0;
    int result = sx_futex_wait(word, value, wake_time(wait, wait->look_ns));

    wait->slept = true;
    /* For all else the result does not matter: the caller looks again in any case. */
    if (timed)
        sx_glance_slept(&wait->spin->glance, sx_clock_now() - since_ns, result == 0);
}

void sx_wait_park_on_ring(struct sx_wait *wait, struct sx_own_ring *ring, bool covered)
{
    int64_t until_ns = covered ? sx_clock_now() + BACKSTOP_NS : wait->look_ns;

    wait->slept = true;
    sx_armed_sleep(ring, wake_time(wait, until_ns));
    wait->look_ns = LOOK_NOW;
}

void sx_wait_look_now(struct sx_wait *wait)
{
    wait->look_ns = LOOK_NOW;
}

bool sx_wait_expired(const struct sx_wait *wait)
{
    return wait->deadline_ns != SX_NEVER && sx_clock_now() >= wait->deadline_ns;
}

void sx_wait_end(struct sx_wait *wait, bool came)
{
    struct sx_beat *beat = &wait->spin->beat;
    int64_t now;

    if (came || wait->slept || wait->cut_ns <= 0 || sx_spin_cut_short(wait->spin, wait->cut_ns))
        sx_spin_settle(wait->spin, wait->slept || !came);
    if (wait->glance_ns > 0 && wait->turns > SX_WAIT_TURNS)
        sx_glance_end(&wait->spin->glance, wait->slept || !came,
                      sx_clock_earlier(sx_clock_now(), wait->spin_until_ns));
    if (beat->off || (!wait->slept && wait->expecting_ns == SX_NEVER))
        return;
    now = sx_clock_now();
    if (wait->expecting_ns != SX_NEVER)
        sx_beat_spent(beat, sx_clock_earlier(now, wait->spin_until_ns) - wait->expecting_ns);
    if (!came)
        return;
    if (wait->window.from_ns != SX_NEVER)
        sx_beat_missed(beat, now);
    sx_beat_arrived(beat, now, wait->expecting_ns == SX_NEVER);
}
