/* SPDX-License-Identifier: MIT */
/* Whether lines are fetched ahead: both ways are tried, and the quicker one is kept. */
#include "producer/ahead.h"

#include "support.h"

#define MOST 32
#define BEGIN_NS INT64_C(1000000000)

/* A stream whose publications take so long, without and with. */
struct pace {
    struct sx_ahead ahead;
    uint64_t next;
    int64_t now_ns;
    int64_t each_ns[2];
};

static struct pace stream_with(int64_t without_ns, int64_t with_ns)
{
    return (struct pace){.ahead = {.slots = MOST, .most = MOST, .tries = true},
                         .next = 1,
                         .now_ns = BEGIN_NS,
                         .each_ns = {without_ns, with_ns}};
}

static bool fetches(const struct pace *p)
{
    ck_assert(p->ahead.slots == MOST || p->ahead.slots == INT64_MAX);
    return p->ahead.slots == MOST;
}

/* So many publications, of which it is asked after every eighth, as by one who finds eight slots
 * free; how many were in the way that fetches. */
static uint64_t publish(struct pace *p, uint64_t publications)
{
    uint64_t with = 0;

    for (uint64_t i = 0; i < publications; i += 8) {
        if (sx_ahead_is_due(&p->ahead, p->next))
            sx_ahead_go_on(&p->ahead, p->next, p->now_ns);
        with += fetches(p) ? 8 : 0;
        p->now_ns += 8 * p->each_ns[fetches(p)];
        p->next += 8;
    }
    return with;
}

/* Through a trial, to the first publication of what is kept. */
static void decide(struct pace *p)
{
    publish(p, SX_AHEAD_RUNS * SX_AHEAD_RUN + 8);
    ck_assert_uint_eq(p->ahead.runs, 0);
}

START_TEST(quicker_way_is_kept)
{
    struct pace slow = stream_with(33, 23), near = stream_with(10, 11);

    decide(&slow);
    ck_assert(fetches(&slow));
    decide(&near);
    ck_assert(!fetches(&near));
}
END_TEST

START_TEST(both_ways_are_tried_alike)
{
    struct pace p = stream_with(10, 11);

    ck_assert_uint_eq(publish(&p, SX_AHEAD_RUNS * SX_AHEAD_RUN), SX_AHEAD_RUNS / 2 * SX_AHEAD_RUN);
}
END_TEST

START_TEST(it_is_tried_again_later_and_seldom)
{
    struct pace p = stream_with(10, 11);

    decide(&p);
    ck_assert_uint_eq(publish(&p, SX_AHEAD_KEPT - 8), 0);
    /* The processors have been moved apart. */
    p.each_ns[0] = 33;
    p.each_ns[1] = 23;
    decide(&p);
    ck_assert(fetches(&p));
    ck_assert_uint_eq(publish(&p, SX_AHEAD_KEPT - 8), SX_AHEAD_KEPT - 8);
    /* And together. */
    p.each_ns[0] = 10;
    p.each_ns[1] = 11;
    decide(&p);
    ck_assert(!fetches(&p));
}
END_TEST

/* As by one who was off the processor. */
START_TEST(runs_that_were_held_up_do_not_decide)
{
    struct pace p = stream_with(33, 23);

    for (unsigned run = 0; run < SX_AHEAD_RUNS; run++) {
        publish(&p, SX_AHEAD_RUN);
        p.now_ns += run < SX_AHEAD_RUNS - 2 ? 4000000 : 0;
    }
    decide(&p);
    ck_assert(fetches(&p));
}
END_TEST

/* Others have published meanwhile, or a successor goes on far away; or the numbers wrap. */
START_TEST(wherever_the_publications_are_it_goes_on)
{
    static const uint64_t nexts[] = {1, UINT64_C(1) << 40, UINT64_MAX - 3 * SX_AHEAD_RUN};

    for (size_t i = 0; i < sizeof nexts / sizeof nexts[0]; i++) {
        struct pace p = stream_with(33, 23);

        p.next = p.ahead.until = nexts[i] & ~UINT64_C(7);
        decide(&p);
        ck_assert(fetches(&p));
        p.next += 5 * SX_AHEAD_KEPT;
        decide(&p);
        ck_assert(fetches(&p));
    }
}
END_TEST

START_TEST(nothing_is_tried_where_there_is_one_way)
{
    struct pace p = stream_with(10, 11);

    p.ahead.tries = false;
    ck_assert_uint_eq(publish(&p, 2 * SX_AHEAD_RUN), 2 * SX_AHEAD_RUN);
}
END_TEST

int main(void)
{
    return RUN_TESTS("ahead", quicker_way_is_kept, both_ways_are_tried_alike,
                     it_is_tried_again_later_and_seldom, runs_that_were_held_up_do_not_decide,
                     wherever_the_publications_are_it_goes_on,
                     nothing_is_tried_where_there_is_one_way);
}
