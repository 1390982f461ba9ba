/* SPDX-License-Identifier: MIT */
/* A trial of two ways: both are tried alike, and the quicker one is kept for a while. */
#include "waiting/trial.h"

#include "support.h"

#define BEGIN_NS INT64_C(1000000000)
#define RUN 4096u

/* A stream whose publications take so long in the one way, and in the other. */
struct pace {
    struct sx_trial trial;
    uint64_t next;
    int64_t now_ns;
    int64_t each_ns[2];
};

static struct pace stream_with(int64_t first_ns, int64_t second_ns)
{
    struct pace p = {.next = 1, .now_ns = BEGIN_NS, .each_ns = {first_ns, second_ns}};

    sx_trial_init(&p.trial, RUN);
    return p;
}

/* So many publications, of which it is asked after every eighth, as by one who finds eight slots
 * free; how many were in the second way. */
static uint64_t publish(struct pace *p, uint64_t publications)
{
    uint64_t second = 0;

    for (uint64_t i = 0; i < publications; i += 8) {
        if (sx_trial_is_due(&p->trial, p->next))
            sx_trial_go_on(&p->trial, p->next, p->now_ns);
        second += p->trial.second ? 8 : 0;
        p->now_ns += 8 * p->each_ns[p->trial.second];
        p->next += 8;
    }
    return second;
}

/* Through a trial, to the first publication of what is kept. */
static void decide(struct pace *p)
{
    publish(p, SX_TRIAL_RUNS * RUN + 8);
    ck_assert_uint_eq(p->trial.runs, 0);
}

START_TEST(quicker_way_is_kept)
{
    struct pace slow = stream_with(33, 23), near = stream_with(10, 11);

    decide(&slow);
    ck_assert(slow.trial.second);
    decide(&near);
    ck_assert(!near.trial.second);
}
END_TEST

START_TEST(second_way_is_not_kept_for_next_to_nothing)
{
    struct pace p = stream_with(100, 99);

    decide(&p);
    ck_assert(!p.trial.second);
    p = stream_with(100, 90);
    decide(&p);
    ck_assert(p.trial.second);
}
END_TEST

START_TEST(both_ways_are_tried_alike)
{
    struct pace p = stream_with(10, 11);

    ck_assert_uint_eq(publish(&p, SX_TRIAL_RUNS * RUN), SX_TRIAL_RUNS / 2 * RUN);
}
END_TEST

START_TEST(it_is_tried_again_later_and_seldom)
{
    struct pace p = stream_with(10, 11);

    decide(&p);
    ck_assert_uint_eq(publish(&p, SX_TRIAL_KEPT - 8), 0);
    /* The processors have been moved apart. */
    p.each_ns[0] = 33;
    p.each_ns[1] = 23;
    decide(&p);
    ck_assert(p.trial.second);
    ck_assert_uint_eq(publish(&p, SX_TRIAL_KEPT - 8), SX_TRIAL_KEPT - 8);
    /* And together. */
    p.each_ns[0] = 10;
    p.each_ns[1] = 11;
    decide(&p);
    ck_assert(!p.trial.second);
}
END_TEST

/* As by one who was off the processor. */
START_TEST(runs_that_were_held_up_do_not_decide)
{
    struct pace p = stream_with(33, 23);

    for (unsigned run = 0; run < SX_TRIAL_RUNS; run++) {
        publish(&p, RUN);
        p.now_ns += run < SX_TRIAL_RUNS - 2 ? 4000000 : 0;
    }
    decide(&p);
    ck_assert(p.trial.second);
}
END_TEST

/* Others have published meanwhile, or a successor goes on far away; or the numbers wrap. */
START_TEST(wherever_the_publications_are_it_goes_on)
{
    static const uint64_t nexts[] = {1, UINT64_C(1) << 40, UINT64_MAX - 3 * RUN};

    for (size_t i = 0; i < sizeof nexts / sizeof nexts[0]; i++) {
        struct pace p = stream_with(33, 23);

        p.next = p.trial.until = nexts[i] & ~UINT64_C(7);
        decide(&p);
        ck_assert(p.trial.second);
        p.next += 5 * SX_TRIAL_KEPT;
        decide(&p);
        ck_assert(p.trial.second);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("trial", quicker_way_is_kept, second_way_is_not_kept_for_next_to_nothing,
                     both_ways_are_tried_alike, it_is_tried_again_later_and_seldom,
                     runs_that_were_held_up_do_not_decide,
                     wherever_the_publications_are_it_goes_on);
}
