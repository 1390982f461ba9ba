/* SPDX-License-Identifier: MIT */
/* What is learnt of a beat, and when it is followed. */
#include "waiting/beat.h"

#include "kernel/clock.h"
#include "support.h"
#include "waiting/wait.h"

#define GAP_NS INT64_C(1000000)
#define BEGIN_NS INT64_C(1000000000)

/* Arrivals that stray from the beat by what `strays` says, in turn; the time of the last. */
static int64_t arrivals(struct sx_beat *beat, int count, const int64_t strays[], int kinds)
{
    int64_t now = BEGIN_NS;

    for (int i = 0; i < count; i++) {
        now += GAP_NS + strays[i % kinds];
        sx_beat_arrived(beat, now, false);
    }
    return now;
}

static bool expects(const struct sx_beat *beat)
{
    return sx_beat_window(beat).from_ns != SX_NEVER;
}

static const int64_t little[] = {-40000, 25000, 10000, -30000, 40000, -5000};
static const int64_t much[] = {-900000, 1500000, -600000, 200000, -800000, 700000};

START_TEST(steady_beat_is_expected_shortly_before_it_is_due)
{
    struct sx_beat beat;
    struct sx_beat_window window;
    int64_t last;

    sx_beat_init(&beat, false);
    last = arrivals(&beat, 60, little, 6);
    window = sx_beat_window(&beat);
    ck_assert_int_gt(window.from_ns, last + GAP_NS / 2);
    ck_assert_int_lt(window.from_ns, last + GAP_NS - 40000);
    ck_assert_int_gt(window.until_ns, last + GAP_NS + 40000);
    ck_assert_int_lt(window.until_ns, last + GAP_NS * 3 / 2);
}
END_TEST

START_TEST(nothing_is_expected_before_the_beat_is_known)
{
    struct sx_beat beat;

    sx_beat_init(&beat, false);
    for (unsigned i = 0; i < SX_BEAT_GAPS; i++) {
        sx_beat_arrived(&beat, BEGIN_NS + i * GAP_NS, false);
        ck_assert(!expects(&beat));
    }
}
END_TEST

START_TEST(irregular_arrivals_are_not_expected)
{
    struct sx_beat beat;

    sx_beat_init(&beat, false);
    arrivals(&beat, 60, much, 6);
    ck_assert(!expects(&beat));
}
END_TEST

START_TEST(beat_that_was_off_is_not_followed)
{
    struct sx_beat beat;
    struct sx_spin spin;

    sx_beat_init(&beat, true);
    arrivals(&beat, 60, little, 6);
    ck_assert(!expects(&beat));
    sx_spin_init(&spin, -1, 1);
    ck_assert(spin.beat.off);
    sx_spin_init(&spin, 50000, 1);
    ck_assert(spin.beat.off);
    sx_spin_init(&spin, 0, 1);
    sx_spin_crowd(&spin, 10000);
    ck_assert(spin.beat.off);
}
END_TEST

/* Whatever is spun, it is a tenth at most: also by one who uses all of each window. */
START_TEST(a_tenth_of_the_time_is_spun_at_most)
{
    struct sx_beat beat;
    int64_t spun = 0, now;
    int windows = 0;

    sx_beat_init(&beat, false);
    now = arrivals(&beat, 60, little, 6);
    for (int i = 0; i < 1000; i++) {
        struct sx_beat_window window = sx_beat_window(&beat);

        if (window.from_ns != SX_NEVER) {
            windows++;
            spun += window.until_ns - window.from_ns;
            sx_beat_spent(&beat, window.until_ns - window.from_ns);
        }
        now += GAP_NS + little[i % 6];
        sx_beat_arrived(&beat, now, false);
    }
    ck_assert_int_gt(windows, 100);
    ck_assert_int_le(spun, 1000 * GAP_NS / SX_BEAT_SHARE + 2 * GAP_NS);
}
END_TEST

START_TEST(sleeps_that_end_late_are_begun_sooner_and_at_last_not_at_all)
{
    struct sx_beat beat;
    int64_t last, from;

    sx_beat_init(&beat, false);
    last = arrivals(&beat, 60, little, 6);
    from = sx_beat_window(&beat).from_ns;
    for (int i = 0; i < 8; i++)
        sx_beat_awoke(&beat, last, last + 200000);
    ck_assert_int_lt(sx_beat_window(&beat).from_ns, from);
    for (int i = 0; i < 30; i++)
        sx_beat_awoke(&beat, last, last + 3 * GAP_NS);
    ck_assert(!expects(&beat));
    /* But for good only if they go on being late. */
    for (int i = 0; i < 500; i++)
        sx_beat_arrived(&beat, last += GAP_NS, false);
    ck_assert(expects(&beat));
}
END_TEST

/* Nor does what sleeps cost get forgotten where nothing could be expected in any case. */
START_TEST(irregular_time_does_not_make_sleeps_seem_shorter)
{
    struct sx_beat beat;
    int64_t last;

    sx_beat_init(&beat, false);
    last = arrivals(&beat, 2000, much, 6);
    for (int i = 0; i < 100; i++)
        sx_beat_arrived(&beat, last += GAP_NS, false);
    ck_assert(expects(&beat));
    ck_assert_int_le(sx_beat_window(&beat).from_ns, last + GAP_NS - SX_BEAT_LATE_NS);
}
END_TEST

/* By what a sleep is late, two arrivals may seem to have come in the wrong order. */
START_TEST(arrival_right_behind_another_one_is_an_outlier_and_no_new_beginning)
{
    struct sx_beat beat;
    int64_t last;

    sx_beat_init(&beat, false);
    last = arrivals(&beat, 60, little, 6);
    sx_beat_arrived(&beat, last + 1000, true);
    sx_beat_arrived(&beat, last + GAP_NS, false);
    ck_assert(expects(&beat));
}
END_TEST

START_TEST(long_pause_begins_anew)
{
    struct sx_beat beat;
    int64_t last;

    sx_beat_init(&beat, false);
    last = arrivals(&beat, 60, little, 6);
    sx_beat_arrived(&beat, last + SX_BEAT_LONGEST_NS + 1, false);
    ck_assert(!expects(&beat));
}
END_TEST

/* A wait of one whose sleeps end so late, by the timer or by a wake, for what comes then. True: it
 * was met in its window. */
static bool wait_for(struct sx_beat *beat, int64_t comes_ns, int64_t timer_ns, int64_t wake_ns)
{
    struct sx_beat_window window = sx_beat_window(beat);
    int64_t awake_ns = window.from_ns, seen_ns = comes_ns + wake_ns;
    bool slept_through = window.from_ns == SX_NEVER || comes_ns <= window.from_ns + timer_ns;

    if (slept_through) {
        if (window.from_ns != SX_NEVER)
            sx_beat_missed(beat, seen_ns);
        sx_beat_arrived(beat, seen_ns, true);
        return false;
    }
    awake_ns += timer_ns;
    sx_beat_awoke(beat, window.from_ns, awake_ns);
    if (comes_ns > window.until_ns) {
        sx_beat_spent(beat, window.until_ns - awake_ns);
        sx_beat_arrived(beat, seen_ns, false);
        return false;
    }
    sx_beat_spent(beat, comes_ns - awake_ns);
    sx_beat_arrived(beat, comes_ns, false);
    return true;
}

/* A number from 0 to `most`, the same ones in each run. */
static int64_t some(uint32_t *state, int64_t most)
{
    *state = *state * 1664525u + 1013904223u;
    return (int64_t)(*state >> 8) % (most + 1);
}

/* How many of the last thousand of 1,200 arrivals are met, that stray by a twentieth. A sleep ends
 * later by up to half of what is said. */
static int count_met(int64_t timer_ns, int64_t wake_ns)
{
    int64_t now = BEGIN_NS;
    struct sx_beat beat;
    uint32_t state = 1;
    int met = 0;

    sx_beat_init(&beat, false);
    for (int i = 0; i < 1200; i++) {
        int64_t late_ns = timer_ns + some(&state, timer_ns / 2);

        now += GAP_NS - GAP_NS / 20 + some(&state, GAP_NS / 10);
        met += wait_for(&beat, now, late_ns, wake_ns + some(&state, wake_ns / 2)) && i >= 200;
    }
    return met;
}

/* Where an arrival that woke somebody is seen late, as in a virtual machine whose processors have
 * gone to sleep. */
START_TEST(beat_is_met_where_sleeps_end_late)
{
    ck_assert_int_ge(count_met(55000, 5000), 900); /* on a bare one */
    ck_assert_int_ge(count_met(120000, 70000), 800);
    ck_assert_int_ge(count_met(150000, 100000), 800);
    ck_assert_int_ge(count_met(200000, 150000), 800);
    ck_assert_int_ge(count_met(100000, 150000), 800);
}
END_TEST

/* One sleep that ends late by far, because somebody was in the way, is no reason to sleep less. */
START_TEST(single_sleep_that_ends_late_by_far_changes_little)
{
    struct sx_beat beat;
    int64_t last, from;

    sx_beat_init(&beat, false);
    last = arrivals(&beat, 60, little, 6);
    from = sx_beat_window(&beat).from_ns;
    sx_beat_awoke(&beat, last, last + 20 * GAP_NS);
    ck_assert_int_lt(sx_beat_window(&beat).from_ns, from);
    ck_assert_int_ge(sx_beat_window(&beat).from_ns, from - SX_BEAT_LATE_NS / 8);
}
END_TEST

/* A wait sleeps until its window, spins through it, and sleeps again. */
START_TEST(wait_spins_in_the_window)
{
    static _Atomic uint32_t word;
    struct sx_spin spin;
    struct sx_wait wait;
    int64_t from;

    sx_spin_init(&spin, -1, 1);
    sx_wait_begin(&wait, &spin, SX_NEVER);
    from = sx_clock_now() + 20 * SX_NS_PER_MS;
    wait.window = (struct sx_beat_window){.from_ns = from, .until_ns = from + SX_NS_PER_S / 2};
    while (sx_wait_spin(&wait)) /* no longer than for a glance */
        ;
    sx_wait_tick(&wait);
    while (sx_wait_must_park(&wait)) {
        sx_wait_park(&wait, &word, 0);
        sx_wait_tick(&wait);
    }
    ck_assert_int_ge(sx_clock_now(), from);
    ck_assert_int_eq(wait.window.from_ns, SX_NEVER);
    while (!sx_wait_must_park(&wait))
        while (sx_wait_spin(&wait))
            ;
    ck_assert_int_ge(sx_clock_now(), from + SX_NS_PER_S / 2);
    sx_wait_end(&wait, true);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "beat", steady_beat_is_expected_shortly_before_it_is_due,
        nothing_is_expected_before_the_beat_is_known, irregular_arrivals_are_not_expected,
        beat_that_was_off_is_not_followed, a_tenth_of_the_time_is_spun_at_most,
        sleeps_that_end_late_are_begun_sooner_and_at_last_not_at_all,
        irregular_time_does_not_make_sleeps_seem_shorter,
        arrival_right_behind_another_one_is_an_outlier_and_no_new_beginning,
        beat_is_met_where_sleeps_end_late, single_sleep_that_ends_late_by_far_changes_little,
        long_pause_begins_anew, wait_spins_in_the_window);
}
