/* SPDX-License-Identifier: MIT */
/* When a wait spins, and how that is tuned. */
#include "waiting/wait.h"

#include <sched.h>
#include <sys/sysinfo.h>

#include "kernel/clock.h"
#include "support.h"
#include "waiting/nap.h"

static _Atomic uint32_t word;

/* Thousands of times, which beside other work would take the scheduler's slice each. */
int sched_yield(void)
{
    return 0;
}

/* Until it has to park. */
static void spin_out(struct sx_wait *wait)
{
    while (!sx_wait_must_park(wait))
        while (sx_wait_spin(wait))
            ;
}

/* One wait in vain: spins out, then parks until its deadline. */
static struct sx_wait vain_wait(struct sx_spin *spin)
{
    struct sx_wait wait;

    sx_wait_begin(&wait, spin, sx_clock_now() + 200000);
    spin_out(&wait);
    sx_wait_tick(&wait);
    sx_wait_park(&wait, &word, atomic_load(&word) + 1);
    sx_wait_end(&wait, false);
    return wait;
}

/* The same. True if it spun for longer than a glance, as far as its deadline let it. */
static bool barren_wait(struct sx_spin *spin)
{
    return vain_wait(spin).spin_ns > 0;
}

/* A wait that is over while it spins. */
static void fruitful_wait(struct sx_spin *spin)
{
    struct sx_wait wait;

    sx_wait_begin(&wait, spin, SX_NEVER);
    sx_wait_spin(&wait);
    sx_wait_end(&wait, true);
}

/* A handle's spin on a machine with several processors, whatever this one has. */
static struct sx_spin spin_in(int64_t spin_ns, uint32_t slots)
{
    struct sx_spin spin;

    sx_spin_init(&spin, spin_ns, slots);
    spin.alone = false;
    if (spin_ns >= 0)
        spin.bound_ns = spin.budget_ns = spin_ns ? spin_ns : 50000;
    return spin;
}

static struct sx_spin spin_of(int64_t spin_ns)
{
    return spin_in(spin_ns, 1024);
}

START_TEST(never_means_a_glance_and_that_seldom_if_in_vain)
{
    struct sx_spin spin = spin_of(-1);

    for (int round = 0; round < 2; round++) {
        int seldom = 0;

        for (unsigned i = 0; i < SX_SPIN_GLANCES; i++)
            ck_assert_uint_eq(vain_wait(&spin).turns, SX_WAIT_TURNS);
        for (unsigned i = 0; i < 10 * SX_SPIN_SELDOM; i++)
            seldom += vain_wait(&spin).turns == SX_WAIT_TURNS;
        ck_assert_int_eq(seldom, 10);
        ck_assert_int_eq(spin.budget_ns, 0);
        fruitful_wait(&spin);
    }
}
END_TEST

START_TEST(who_wakes_up_does_not_glance_again)
{
    struct sx_spin spin = spin_of(-1);
    struct sx_wait wait;

    sx_wait_begin(&wait, &spin, SX_NEVER);
    spin_out(&wait);
    ck_assert(!sx_wait_spin(&wait));
    ck_assert(sx_wait_must_park(&wait));
}
END_TEST

/* A wait in which each turn that gives way seems to take that long; its turns. */
static unsigned wait_giving_way_until(struct sx_spin *spin, int64_t long_ns, int64_t until_ns)
{
    struct sx_wait wait;
    unsigned turns = 0;

    sx_wait_begin(&wait, spin, SX_NEVER);
    wait.spin_ns = 0; /* no more turns than have to be */
    wait.more_until_ns = until_ns;
    do
        wait.yielded_ns = sx_clock_now() - long_ns;
    while (sx_wait_spin(&wait) && ++turns < 1000);
    if (turns == 0)
        sx_wait_park(&wait, &word, atomic_load(&word) + 1);
    sx_wait_end(&wait, true);
    return turns;
}

static unsigned wait_giving_way(struct sx_spin *spin, int64_t long_ns)
{
    return wait_giving_way_until(spin, long_ns, SX_NEVER);
}

START_TEST(glance_gives_way_in_a_crowd_and_there_is_none_on_the_only_processor)
{
    struct sx_spin spin = spin_of(-1);

    ck_assert_uint_eq(vain_wait(&spin).turns, SX_WAIT_TURNS);
    spin.alone = true;
    ck_assert_uint_eq(vain_wait(&spin).turns, 0);
    sx_spin_crowd(&spin, 10000);
    ck_assert_uint_eq(wait_giving_way(&spin, -SX_NS_PER_S), SX_SPIN_YIELDS);
    /* Which has spared a sleep. */
    ck_assert_uint_eq(wait_giving_way(&spin, -SX_NS_PER_S), SX_SPIN_YIELDS_PAID);
    /* But not for long. */
    ck_assert_uint_eq(wait_giving_way_until(&spin, -SX_NS_PER_S, sx_clock_now()), SX_SPIN_YIELDS);
    ck_assert_uint_eq(wait_giving_way(&spin, -SX_NS_PER_S), SX_SPIN_YIELDS_PAID);
    vain_wait(&spin);
    ck_assert_uint_eq(wait_giving_way(&spin, -SX_NS_PER_S), SX_SPIN_YIELDS);
}
END_TEST

/* Nor is anybody given way to who might not give the processor back in time. */
START_TEST(nobody_gives_way_shortly_before_the_deadline)
{
    struct sx_spin spin = spin_of(0);
    struct sx_wait wait;

    sx_spin_crowd(&spin, 3 * (uint32_t)get_nprocs());
    sx_wait_begin(&wait, &spin, sx_clock_now() + SX_NS_PER_MS);
    ck_assert(sx_wait_spin(&wait));
    ck_assert(sx_wait_must_park(&wait));
    ck_assert_uint_eq(wait.turns, 0);
}
END_TEST

/* How many waits in a row nobody is given way to; then some turns in which no time passes. */
static unsigned rest(struct sx_spin *spin)
{
    unsigned waits = 0, most = sx_spin_yields_most(spin), turns;

    while ((turns = wait_giving_way(spin, -SX_NS_PER_S)) == 0) {
        ck_assert_uint_lt(++waits, 100000);
        most = SX_SPIN_YIELDS;
    }
    ck_assert_uint_eq(turns, most);
    return waits;
}

static void outlast(int64_t spin_ns)
{
    struct sx_spin spin = spin_of(spin_ns);
    unsigned before = 0, waits;

    sx_spin_crowd(&spin, 10000 * (uint32_t)get_nprocs());
    ck_assert_uint_eq(rest(&spin), 0);
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(wait_giving_way(&spin, SX_NS_PER_S), 1);
        ck_assert_uint_eq(spin.in_vain, 1);
        waits = rest(&spin);
        ck_assert_uint_gt(waits, before);
        before = waits;
    }
    ck_assert_uint_eq(wait_giving_way(&spin, SX_NS_PER_S), 1);
    ck_assert_uint_le(rest(&spin), before + SX_SPIN_SELDOM);
    /* And fewer after waits in which that went well. */
    for (unsigned i = 0; i < before; i++)
        ck_assert_uint_eq(rest(&spin), 0);
    ck_assert_uint_eq(wait_giving_way(&spin, SX_NS_PER_S), 1);
    ck_assert_uint_lt(rest(&spin), before / 8);
}

START_TEST(who_gave_way_for_long_sleeps_for_a_while)
{
    outlast(0);
    outlast(-1);
}
END_TEST

START_TEST(barren_spinning_ceases_and_is_tried_again_ever_more_rarely)
{
    struct sx_spin spin = spin_of(0);
    int spun = 0, last = 0, gap = 0;

    while (barren_wait(&spin))
        ck_assert_int_lt(++spun, 20);
    for (int i = 0; i < 200; i++) {
        if (!barren_wait(&spin))
            continue;
        ck_assert_int_gt(i - last, gap);
        gap = i - last;
        last = i;
    }
    ck_assert_int_gt(gap, 0);
}
END_TEST

START_TEST(one_success_restores_the_budget)
{
    struct sx_spin spin = spin_of(0);

    while (barren_wait(&spin))
        ;
    ck_assert_int_eq(spin.budget_ns, 0);
    fruitful_wait(&spin);
    ck_assert_int_eq(spin.budget_ns, spin.bound_ns);
    ck_assert(barren_wait(&spin));
}
END_TEST

START_TEST(wait_whose_time_is_up_before_it_sleeps_is_in_vain)
{
    struct sx_spin spin = spin_of(0);
    struct sx_wait wait;

    while (barren_wait(&spin))
        ;
    sx_wait_begin(&wait, &spin, sx_clock_now());
    sx_wait_spin(&wait);
    sx_wait_end(&wait, false);
    ck_assert_int_eq(spin.budget_ns, 0);
    ck_assert_uint_gt(spin.in_vain, 0);
}
END_TEST

/* As one who lets others in between: it is told to spin for so long in all. */
START_TEST(rounds_of_a_wait_are_in_vain_together)
{
    struct sx_spin spin = spin_of(4000), tuned = spin_of(0);

    for (int halved = 0; halved < 2; halved++) {
        ck_assert(!sx_spin_cut_short(&spin, spin.budget_ns / 2));
        ck_assert(!sx_spin_cut_short(&spin, spin.budget_ns / 2 - 1));
        ck_assert(sx_spin_cut_short(&spin, 1));
        sx_spin_settle(&spin, true);
    }
    ck_assert(sx_spin_cut_short(&tuned, 1)); /* which spins for less than most waits last */
}
END_TEST

START_TEST(round_by_itself_is_not_in_vain)
{
    struct sx_spin spin;
    struct sx_wait wait;

    do {
        spin = spin_of(SX_NS_PER_S);
        sx_wait_begin(&wait, &spin, sx_clock_now() + BRIEFLY);
        spin_out(&wait);
        sx_wait_end(&wait, false);
    } while (wait.cut_ns <= 0); /* its time was up before it could spin */
    ck_assert_int_eq(spin.budget_ns, spin.bound_ns);
    ck_assert_uint_eq(spin.in_vain, 0);
    sx_wait_begin(&wait, &spin, SX_NEVER);
    wait.slept = true;
    sx_wait_end(&wait, true);
    ck_assert_int_lt(spin.budget_ns, spin.bound_ns);
}
END_TEST

START_TEST(spinning_stops_at_the_deadline)
{
    struct sx_spin spin = spin_of(INT64_MAX);
    struct sx_wait wait;
    int64_t deadline = sx_clock_now() + BRIEFLY;

    sx_wait_begin(&wait, &spin, deadline);
    spin_out(&wait);
    ck_assert(sx_wait_expired(&wait));
    ck_assert_int_ge(sx_clock_now(), deadline);
}
END_TEST

START_TEST(long_spinning_comes_up_to_look_for_deaths)
{
    struct sx_spin spin = spin_of(INT64_MAX);
    struct sx_wait wait;
    int looks = 0;

    sx_wait_begin(&wait, &spin, SX_NEVER);
    for (int round = 0; round < 20; round++) {
        while (sx_wait_spin(&wait))
            ;
        ck_assert(!sx_wait_must_park(&wait));
        looks += sx_wait_tick(&wait);
    }
    ck_assert_int_ge(looks, 2);
}
END_TEST

/* How long a wait lasts before it looks for deaths. */
static int64_t first_look_ns(struct sx_spin *spin)
{
    struct sx_wait wait;
    int64_t after_ns;

    sx_wait_begin(&wait, spin, SX_NEVER);
    ck_assert(!sx_wait_tick(&wait));
    ck_assert(!sx_wait_is_long(&wait));
    after_ns = wait.look_ns - wait.tick_ns;
    ck_assert_int_le(after_ns, sx_clock_now());
    wait.look_ns = after_ns; /* as if that time had passed */
    ck_assert(sx_wait_tick(&wait));
    ck_assert(sx_wait_is_long(&wait));
    return wait.tick_ns / 2;
}

START_TEST(crowd_looks_for_deaths_after_a_round_of_all)
{
    struct sx_spin spin = spin_of(0);

    ck_assert_int_eq(first_look_ns(&spin), 4 * SX_NS_PER_MS);
    spin.turns = 19;
    ck_assert_int_eq(first_look_ns(&spin), 4 * SX_NS_PER_MS);
    spin.turns = 32;
    ck_assert_int_eq(first_look_ns(&spin), 8 * SX_NS_PER_MS);
    spin.turns = 128;
    ck_assert_int_eq(first_look_ns(&spin), 32 * SX_NS_PER_MS);
}
END_TEST

/* The turns that give way belong to its first round. */
START_TEST(time_until_the_first_look_begins_with_the_first_turn)
{
    struct sx_spin spin = spin_of(0);
    struct sx_wait wait;
    int64_t begun_ns, look_ns;

    sx_spin_crowd(&spin, 100000 * (uint32_t)get_nprocs()); /* no turn is a long one */
    begun_ns = sx_clock_now();
    sx_wait_begin(&wait, &spin, SX_NEVER);
    ck_assert(sx_wait_spin(&wait));
    look_ns = wait.look_ns;
    ck_assert_int_ge(look_ns, begun_ns + wait.tick_ns);
    ck_assert_int_le(look_ns, wait.yielded_ns + wait.tick_ns);
    ck_assert_int_gt(wait.more_until_ns, begun_ns);
    spin_out(&wait);
    ck_assert_int_eq(wait.look_ns, look_ns);
    wait.look_ns = begun_ns;
    ck_assert(sx_wait_tick(&wait));
}
END_TEST

START_TEST(alarm_ends_a_sleep)
{
    struct sx_spin spin = spin_of(-1);
    struct sx_wait wait;

    sx_wait_begin(&wait, &spin, SX_NEVER);
    sx_wait_tick(&wait);
    wait.look_ns = SX_NEVER;
    wait.alarm_ns = sx_clock_now() + BRIEFLY;
    sx_wait_park(&wait, &word, atomic_load(&word));
    ck_assert_int_ge(sx_clock_now(), wait.alarm_ns);
}
END_TEST

/* A wait that has nothing left to do but to park. */
static struct sx_wait parking_wait(struct sx_spin *spin)
{
    struct sx_wait wait;

    sx_wait_begin(&wait, spin, SX_NEVER);
    return wait;
}

START_TEST(nap_is_due_after_a_run_and_once_in_a_wait)
{
    struct sx_spin spin = spin_of(-1);
    struct sx_wait wait = parking_wait(&spin);
    struct sx_nap nap;

    sx_nap_init(&nap, 1024);
    ck_assert(!sx_nap_take(&nap, &wait, 2)); /* nothing has gone through */
    ck_assert(sx_nap_take(&nap, &wait, 2000));
    ck_assert(!sx_nap_take(&nap, &wait, 4000));
    wait = parking_wait(&spin);
    ck_assert(sx_nap_take(&nap, &wait, 4000));
}
END_TEST

START_TEST(naps_are_paid_for)
{
    struct sx_spin spin = spin_of(-1);
    struct sx_nap nap;
    int naps = 0;

    sx_nap_init(&nap, 1024);
    for (int i = 0; i < 1000; i++) { /* however much it was, a ring's worth is saved up */
        struct sx_wait wait = parking_wait(&spin);
        naps += sx_nap_take(&nap, &wait, 1000000);
    }
    ck_assert_int_eq(naps, 8);
}
END_TEST

START_TEST(shallow_ring_has_no_naps)
{
    struct sx_spin spin = spin_of(-1);
    struct sx_wait wait = parking_wait(&spin);
    struct sx_nap nap;

    sx_nap_init(&nap, 4);
    sx_spin_crowd(&spin, 10000);
    ck_assert(!sx_nap_take(&nap, &wait, 100000));
}
END_TEST

START_TEST(nap_never_outlasts_the_deadline)
{
    struct sx_spin spin = spin_of(-1);
    struct sx_wait wait;
    struct sx_nap nap;

    sx_nap_init(&nap, 1024);
    sx_wait_begin(&wait, &spin, sx_clock_now());
    ck_assert(!sx_nap_take(&nap, &wait, 100000));
}
END_TEST

START_TEST(self_tuned_spin_gives_way_in_a_crowd)
{
    struct sx_spin tuned = spin_of(0), told = spin_of(70000);

    sx_spin_crowd(&tuned, 10000);
    sx_spin_crowd(&told, 10000);
    ck_assert_uint_eq(sx_spin_turns(&tuned), 0);
    ck_assert(sx_spin_yields(&tuned));
    ck_assert_uint_gt(sx_spin_turns(&told), 0);
    ck_assert(!sx_spin_yields(&told));
    ck_assert(barren_wait(&told));
    sx_spin_crowd(&tuned, 1);
    ck_assert(!sx_spin_yields(&tuned));
}
END_TEST

/* How many parties are a crowd, if that many slots are between them. */
static uint32_t crowd_at(uint32_t slots)
{
    uint32_t parties = 0;
    struct sx_spin spin;

    sx_spin_init(&spin, 0, slots);
    while (!sx_spin_unwelcome(&spin) && parties < 100000)
        sx_spin_crowd(&spin, ++parties);
    ck_assert_uint_eq(spin.turns, slots >= 64 ? parties / (uint32_t)get_nprocs() : 1);
    return parties;
}

START_TEST(crowd_depends_on_the_slots)
{
    uint32_t processors = (uint32_t)get_nprocs();

    ck_assert_uint_eq(crowd_at(1), 2 * processors + 1);
    ck_assert_uint_eq(crowd_at(2), processors + processors / 2 + 1);
    ck_assert_uint_eq(crowd_at(63), processors + processors / 2 + 1);
    ck_assert_uint_eq(crowd_at(64), processors + 1);
    ck_assert_uint_eq(crowd_at(1024), processors + 1);
}
END_TEST

START_TEST(stride_grows_while_the_first_look_finds)
{
    struct sx_spin spin = spin_of(0);

    for (int i = 0; i < 20; i++)
        sx_spin_learn(&spin, 100, true);
    ck_assert_uint_eq(spin.stride, spin.furthest);
    for (int i = 0; i < 20; i++)
        sx_spin_learn(&spin, 100, false);
    ck_assert_uint_eq(spin.stride, 1);
    for (int i = 0; i < 20; i++)
        sx_spin_learn(&spin, 1, true); /* one by one */
    ck_assert_uint_eq(spin.stride, SX_SPIN_ALONE);
    spin = spin_in(0, 1);
    for (int i = 0; i < 20; i++)
        sx_spin_learn(&spin, 100, true);
    ck_assert_uint_eq(spin.stride, 1);
}
END_TEST

#define TURNS (SX_SPIN_NEAR / 2) /* of two pauses: in one slot this is just near */

/* That many publications, for each of which it waits that many turns. */
static void wait_for_each(struct sx_spin *spin, uint64_t *next, unsigned count, uint32_t turns)
{
    for (unsigned i = 0; i < count; i++) {
        sx_spin_adapt(spin, ++*next);
        spin->took = turns;
    }
}

/* One whose processor wants two pauses a turn where lines cross slowly. */
static struct sx_spin slow_spin_in(uint32_t slots)
{
    struct sx_spin spin = spin_in(0, slots);

    spin.pauses = spin.longer = 2;
    return spin;
}

START_TEST(turn_is_short_where_a_lap_of_a_shallow_ring_takes_little_waiting)
{
    struct sx_spin spin = slow_spin_in(1);
    uint64_t next = 0;

    wait_for_each(&spin, &next, SX_SPIN_JUDGED, TURNS + 1); /* the last of them counts later */
    ck_assert_uint_eq(spin.pauses, 2);
    wait_for_each(&spin, &next, 2 * SX_SPIN_JUDGED - 1, TURNS);
    ck_assert_uint_eq(spin.pauses, 2);
    wait_for_each(&spin, &next, 1, TURNS);
    ck_assert_uint_eq(spin.pauses, 1);
    wait_for_each(&spin, &next, SX_SPIN_JUDGED, 2 * TURNS);
    ck_assert_uint_eq(spin.pauses, 1);
    wait_for_each(&spin, &next, SX_SPIN_JUDGED, 2 * TURNS + 1);
    ck_assert_uint_eq(spin.pauses, 2);

    spin = slow_spin_in(2); /* the waits of both slots are added up */
    next = 0;
    wait_for_each(&spin, &next, 2 * SX_SPIN_JUDGED, 2);
    ck_assert_uint_eq(spin.pauses, 2);
    wait_for_each(&spin, &next, 2 * SX_SPIN_JUDGED, 1);
    ck_assert_uint_eq(spin.pauses, 1);
}
END_TEST

START_TEST(turn_keeps_its_length_where_waits_tell_nothing)
{
    struct sx_spin spin = slow_spin_in(1);
    uint64_t next = SX_SPIN_JUDGED + 500;

    wait_for_each(&spin, &next, 1, 1); /* joined late */
    ck_assert_uint_eq(spin.pauses, 2);
    next += UINT64_C(1) << 32; /* none was waited for */
    wait_for_each(&spin, &next, 1, 1);
    ck_assert_uint_eq(spin.pauses, 2);
    wait_for_each(&spin, &next, SX_SPIN_JUDGED / 2 - 2, 1); /* less than a spin in two laps */
    next += SX_SPIN_JUDGED / 2;
    wait_for_each(&spin, &next, 1, 1);
    ck_assert_uint_eq(spin.pauses, 2);
    wait_for_each(&spin, &next, SX_SPIN_JUDGED / 2, 1); /* more */
    next += SX_SPIN_JUDGED / 2;
    wait_for_each(&spin, &next, 1, 1);
    ck_assert_uint_eq(spin.pauses, 1);
    next += UINT64_C(1) << 32;
    wait_for_each(&spin, &next, 1, 1);
    ck_assert_uint_eq(spin.pauses, 1);
    wait_for_each(&spin, &next, SX_SPIN_JUDGED, SX_SPIN_NEAR + 1);
    ck_assert_uint_eq(spin.pauses, 2);
    spin.took = 0;
    next += SX_SPIN_JUDGED; /* so many spins were before */
    wait_for_each(&spin, &next, 1, 1);
    ck_assert_uint_eq(spin.pauses, 2);

    spin = slow_spin_in(SX_SPIN_SHALLOW + 1);
    next = 0;
    wait_for_each(&spin, &next, 4 * SX_SPIN_JUDGED, 0);
    ck_assert_uint_eq(spin.pauses, 2);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "wait", never_means_a_glance_and_that_seldom_if_in_vain, who_wakes_up_does_not_glance_again,
        glance_gives_way_in_a_crowd_and_there_is_none_on_the_only_processor,
        who_gave_way_for_long_sleeps_for_a_while, nobody_gives_way_shortly_before_the_deadline,
        wait_whose_time_is_up_before_it_sleeps_is_in_vain,
        barren_spinning_ceases_and_is_tried_again_ever_more_rarely, one_success_restores_the_budget,
        rounds_of_a_wait_are_in_vain_together, round_by_itself_is_not_in_vain,
        spinning_stops_at_the_deadline, long_spinning_comes_up_to_look_for_deaths,
        crowd_looks_for_deaths_after_a_round_of_all,
        time_until_the_first_look_begins_with_the_first_turn, alarm_ends_a_sleep,
        nap_is_due_after_a_run_and_once_in_a_wait, naps_are_paid_for, shallow_ring_has_no_naps,
        nap_never_outlasts_the_deadline, self_tuned_spin_gives_way_in_a_crowd,
        crowd_depends_on_the_slots, stride_grows_while_the_first_look_finds,
        turn_is_short_where_a_lap_of_a_shallow_ring_takes_little_waiting,
        turn_keeps_its_length_where_waits_tell_nothing);
}
