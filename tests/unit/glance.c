/* SPDX-License-Identifier: MIT */
/* For how long a side glances that is not to spin: no longer than what it may spare is worth. */
#include "waiting/glance.h"

#include <pthread.h>
#include <stdatomic.h>

#include "kernel/clock.h"
#include "kernel/futex.h"
#include "support.h"
#include "waiting/wait.h"

#define SLEEP_NS INT64_C(80000)
#define MANY (10 * SX_GLANCE_REST_LAST)
#define PART_NS (SLEEP_NS / SX_GLANCE_PART)

static struct sx_glance glance_after(int64_t sleep_ns)
{
    struct sx_glance glance = {0};

    sx_glance_slept(&glance, sleep_ns, true);
    return glance;
}

/* With as much time to spend as there can be. */
static void glance_in_vain(struct sx_glance *glance)
{
    glance->credit_ns = INT64_MAX / 2;
    ck_assert(sx_glance_begin(glance, PART_NS, 0));
    sx_glance_end(glance, true, 0);
}

/* So many waits, each in vain; for how many of them it glanced longer. */
static unsigned vain_waits(struct sx_glance *glance, unsigned waits)
{
    unsigned longer = 0;

    for (unsigned i = 0; i < waits; i++) {
        if (sx_glance_wish(glance) > 0) {
            glance_in_vain(glance);
            longer++;
        }
    }
    return longer;
}

START_TEST(half_of_a_short_sleep_is_tried_ever_more_seldom)
{
    struct sx_glance glance = {0};

    ck_assert_uint_eq(vain_waits(&glance, MANY), 0); /* nothing is known */
    glance = glance_after(SLEEP_NS);
    for (unsigned rest = 0; rest <= SX_GLANCE_REST_LAST;
         rest = rest == 0 ? SX_GLANCE_REST_FIRST : 2 * rest) {
        ck_assert_uint_eq(vain_waits(&glance, rest), 0);
        ck_assert_int_eq(sx_glance_wish(&glance), PART_NS);
        glance_in_vain(&glance);
    }
    ck_assert_uint_eq(vain_waits(&glance, 10 * (SX_GLANCE_REST_LAST + 1)), 10);
    glance.waits = 0;
    sx_glance_end(&glance, false, 0); /* from the beginning, once it has paid */
    ck_assert_uint_eq(vain_waits(&glance, SX_GLANCE_REST_FIRST + 3), 3);
}
END_TEST

START_TEST(nothing_is_tried_where_messages_are_far_apart)
{
    struct sx_glance glance = glance_after(SX_GLANCE_LONGEST_NS);

    ck_assert_uint_eq(vain_waits(&glance, SX_GLANCE_REST_FIRST), 1);
    glance = glance_after(SX_GLANCE_LONGEST_NS + 1);
    ck_assert_uint_eq(vain_waits(&glance, MANY), 0);
    /* One who was in lock-step before. */
    glance = glance_after(SLEEP_NS);
    for (int i = 0; i < 100; i++)
        sx_glance_slept(&glance, SX_NS_PER_MS, i % 2);
    ck_assert_uint_eq(vain_waits(&glance, MANY), 0);
}
END_TEST

/* Until it has spared no more sleeps than not; not for long, however often it has before. */
START_TEST(it_is_made_each_time_as_long_as_it_pays)
{
    struct sx_glance glance = glance_after(SLEEP_NS);

    sx_glance_end(&glance, false, 0);
    ck_assert_int_eq(sx_glance_wish(&glance), PART_NS);
    sx_glance_end(&glance, true, 0);
    ck_assert_uint_eq(vain_waits(&glance, 1 + SX_GLANCE_REST_FIRST), 1);
    for (unsigned i = 0; i < 1000; i++)
        sx_glance_end(&glance, false, 0);
    ck_assert_uint_eq(vain_waits(&glance, SX_GLANCE_MOST + SX_GLANCE_REST_FIRST),
                      SX_GLANCE_MOST + 1);
}
END_TEST

/* One who would always glance: from some time on, in steps of a wait. */
START_TEST(no_more_than_a_part_of_all_time_is_spent)
{
    struct sx_glance glance = glance_after(SLEEP_NS);
    const int64_t from_ns = SX_NS_PER_S;
    int64_t now_ns = from_ns, spent_ns = 0;
    unsigned first = 0;

    sx_glance_end(&glance, false, 0);
    for (int i = 0; i < 10000; i++) {
        int64_t ns = sx_glance_wish(&glance);

        ck_assert_int_eq(ns, PART_NS);
        if (sx_glance_begin(&glance, ns, now_ns)) {
            first += spent_ns == (now_ns - from_ns);
            now_ns += ns;
            spent_ns += ns;
            sx_glance_end(&glance, false, now_ns);
        } else {
            now_ns += SLEEP_NS;
        }
    }
    ck_assert_uint_ge(first, SX_GLANCE_MOST); /* which were saved up for */
    ck_assert_int_le(spent_ns, (now_ns - from_ns) / SX_GLANCE_SHARE + SX_GLANCE_MOST * PART_NS);
    ck_assert_int_ge(spent_ns, (now_ns - from_ns) / SX_GLANCE_SHARE / 2);
}
END_TEST

/* So many sleeps, of which each `every`th takes `ns`, and the others `others_ns`. */
static void sleeps(struct sx_glance *glance, int every, int64_t ns, int64_t others_ns)
{
    for (int i = 0; i < 1000; i++)
        sx_glance_slept(glance, i % every == 0 ? ns : others_ns, true);
}

START_TEST(shorter_third_tells_what_a_sleep_takes)
{
    struct sx_glance glance = glance_after(SX_NS_PER_MS);

    sleeps(&glance, 1, SLEEP_NS, SLEEP_NS);
    ck_assert_int_ge(glance.sleep_ns, SLEEP_NS);
    ck_assert_int_le(glance.sleep_ns, SLEEP_NS + 16);
    sleeps(&glance, 2, SLEEP_NS, SX_NS_PER_S); /* many have been longer */
    ck_assert_int_le(glance.sleep_ns, 2 * SLEEP_NS);
    sleeps(&glance, 1, SLEEP_NS, SLEEP_NS);
    sleeps(&glance, 4, SLEEP_NS / 40, SLEEP_NS); /* some were woken before they were asleep */
    ck_assert_int_ge(glance.sleep_ns, SLEEP_NS / 2);
    sleeps(&glance, 1, 2 * SLEEP_NS, 2 * SLEEP_NS); /* the machine is another one now */
    ck_assert_int_eq(glance.sleep_ns, 2 * SLEEP_NS);
    sleeps(&glance, 1, SLEEP_NS / 4, SLEEP_NS / 4);
    ck_assert_int_le(glance.sleep_ns, SLEEP_NS / 2);
    sx_glance_slept(&glance, INT64_MAX, true);
    ck_assert_int_lt(glance.sleep_ns, SLEEP_NS);
}
END_TEST

/* One that was over early for another reason than a wake tells nothing. */
START_TEST(sleep_that_nobody_ended_tells_only_that_it_was_longer)
{
    struct sx_glance glance = {0};

    sx_glance_slept(&glance, SLEEP_NS, false);
    ck_assert_int_eq(glance.sleep_ns, 0);
    glance = glance_after(SLEEP_NS);
    sx_glance_slept(&glance, SLEEP_NS / 2, false);
    ck_assert_int_eq(glance.sleep_ns, SLEEP_NS);
    sx_glance_slept(&glance, 2 * SLEEP_NS, false);
    ck_assert_int_gt(glance.sleep_ns, SLEEP_NS);
}
END_TEST

/* Neither if what it is for comes in the first turns, nor without the time for it. */
START_TEST(one_that_was_not_made_counts_for_nothing)
{
    struct sx_glance glance = glance_after(SLEEP_NS);

    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(sx_glance_wish(&glance), PART_NS);
    ck_assert(!sx_glance_begin(&glance, PART_NS, 0));
    ck_assert_int_eq(sx_glance_wish(&glance), PART_NS);
    ck_assert(sx_glance_begin(&glance, PART_NS, SX_NS_PER_S));
    sx_glance_end(&glance, true, SX_NS_PER_S);
    ck_assert_int_eq(sx_glance_wish(&glance), 0);
}
END_TEST

/* ---- in a wait ------------------------------------------------------------------------------- */

static _Atomic uint32_t word;

/* Of a side that is not to spin, with several processors, whatever this machine has. */
static struct sx_spin never_spinning(void)
{
    struct sx_spin spin;

    sx_spin_init(&spin, -1, 1);
    spin.alone = false;
    spin.glance = glance_after(SLEEP_NS);
    spin.glance.paid = 1;
    return spin;
}

/* Until it has to park; how long that took. */
static int64_t glance_out(struct sx_wait *wait)
{
    int64_t since_ns = sx_clock_now();

    while (!sx_wait_must_park(wait))
        while (sx_wait_spin(wait))
            ;
    return sx_clock_now() - since_ns;
}

START_TEST(wait_glances_for_so_long_and_learns_what_came_of_it)
{
    struct sx_spin spin = never_spinning();
    struct sx_wait wait;

    sx_wait_begin(&wait, &spin, SX_NEVER);
    ck_assert_int_ge(glance_out(&wait), PART_NS);
    ck_assert_int_eq(spin.glance.credit_ns, SX_GLANCE_MOST * PART_NS);
    sx_wait_end(&wait, false);
    ck_assert_uint_eq(spin.glance.paid, 0);
    ck_assert_int_eq(spin.glance.credit_ns, (SX_GLANCE_MOST - 1) * PART_NS); /* however late */

    spin.glance.paid = 1;
    sx_wait_begin(&wait, &spin, SX_NEVER);
    for (unsigned i = 0; i < SX_WAIT_TURNS; i++)
        sx_wait_spin(&wait);
    sx_wait_end(&wait, true); /* it came in the first turns, which are made in any case */
    ck_assert_uint_eq(spin.glance.paid, 1);
    sx_wait_begin(&wait, &spin, SX_NEVER);
    for (unsigned i = 0; i < SX_WAIT_TURNS + 1; i++)
        sx_wait_spin(&wait);
    sx_wait_end(&wait, true);
    ck_assert_uint_eq(spin.glance.paid, 2);

    sx_wait_begin(&wait, &spin, SX_NEVER);
    glance_out(&wait);
    sx_wait_park(&wait, &word, 1);
    sx_wait_end(&wait, true); /* it had to sleep for it */
    ck_assert_uint_eq(spin.glance.paid, 1);

    spin.glance.credit_ns = -SX_NS_PER_S; /* it has spent what there is */
    sx_wait_begin(&wait, &spin, SX_NEVER);
    glance_out(&wait);
    ck_assert_uint_eq(wait.turns, SX_WAIT_TURNS);
    sx_wait_end(&wait, false);
    ck_assert_uint_eq(spin.glance.paid, 1);
}
END_TEST

START_TEST(nobody_else_does)
{
    struct sx_spin spin = never_spinning();
    struct sx_wait wait;

    spin.alone = true;
    sx_wait_begin(&wait, &spin, SX_NEVER);
    ck_assert(sx_wait_must_park(&wait));
    spin = never_spinning();
    spin.crowded = true;
    sx_wait_begin(&wait, &spin, SX_NEVER);
    ck_assert_int_eq(wait.spin_ns, 0);
    spin = never_spinning();
    spin.bound_ns = spin.budget_ns = 1; /* that long, and no longer */
    sx_wait_begin(&wait, &spin, SX_NEVER);
    ck_assert_int_eq(wait.spin_ns, 1);
    spin = never_spinning();
    spin.tuned = true;
    sx_wait_begin(&wait, &spin, SX_NEVER);
    ck_assert_int_eq(wait.spin_ns, 0);
}
END_TEST

static atomic_bool awake;

static void *wake_until_awake(void *unused)
{
    while (!atomic_load(&awake))
        sx_futex_wake(&word);
    return unused;
}

START_TEST(sleep_is_timed_if_a_wake_has_ended_it)
{
    struct sx_spin spin = never_spinning();
    struct sx_wait wait;
    pthread_t waker;

    spin.glance = (struct sx_glance){0};
    sx_wait_begin(&wait, &spin, sx_clock_now() + SX_NS_PER_MS);
    sx_wait_tick(&wait);
    sx_wait_park(&wait, &word, 1); /* it is not */
    ck_assert_int_eq(spin.glance.sleep_ns, 0);
    while (!sx_wait_expired(&wait)) /* nobody wakes */
        sx_wait_park(&wait, &word, 0);
    ck_assert_int_eq(spin.glance.sleep_ns, 0);

    sx_wait_begin(&wait, &spin, SX_NEVER);
    sx_wait_tick(&wait);
    ck_assert_int_eq(pthread_create(&waker, NULL, wake_until_awake, NULL), 0);
    while (spin.glance.sleep_ns == 0) { /* its tick may come first */
        sx_wait_tick(&wait);
        sx_wait_park(&wait, &word, 0);
    }
    atomic_store(&awake, true);
    pthread_join(waker, NULL);
    ck_assert_int_gt(spin.glance.sleep_ns, 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "glance", half_of_a_short_sleep_is_tried_ever_more_seldom,
        nothing_is_tried_where_messages_are_far_apart, it_is_made_each_time_as_long_as_it_pays,
        no_more_than_a_part_of_all_time_is_spent, shorter_third_tells_what_a_sleep_takes,
        sleep_that_nobody_ended_tells_only_that_it_was_longer,
        one_that_was_not_made_counts_for_nothing,
        wait_glances_for_so_long_and_learns_what_came_of_it, nobody_else_does,
        sleep_is_timed_if_a_wake_has_ended_it);
}
