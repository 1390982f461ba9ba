/* SPDX-License-Identifier: MIT */
/*
 * The estimate of what a short sleep takes follows the shorter third of them: it goes down in
 * longer steps than up. A sleep that is far shorter counts as one of half its length: that one was
 * woken before it was asleep.
 */
#include "waiting/glance.h"

#include "kernel/clock.h"

#define DOWN 16 /* a part of the way, which is half of the estimate at most */
#define UP 64   /* a part of the estimate */

void sx_glance_slept(struct sx_glance *g, int64_t ns, bool woken)
{
    if (ns > g->sleep_ns && g->sleep_ns > 0)
        g->sleep_ns = sx_clock_earlier(ns, g->sleep_ns + g->sleep_ns / UP + 1);
    else if (woken && g->sleep_ns > 0)
        g->sleep_ns -= sx_clock_earlier(g->sleep_ns - ns, g->sleep_ns / 2) / DOWN;
    else if (woken)
        g->sleep_ns = ns;
}

int64_t sx_glance_wish(struct sx_glance *g)
{
    if (g->sleep_ns == 0 || g->sleep_ns > SX_GLANCE_LONGEST_NS)
        return 0;
    if (g->paid == 0 && g->waits < g->rest) {
        g->waits++;
        return 0;
    }
    return g->sleep_ns / SX_GLANCE_PART;
}

/* Those that do not pay are made ever more seldom. */
static uint32_t next_rest(uint32_t rest)
{
    if (rest < SX_GLANCE_REST_FIRST)
        return SX_GLANCE_REST_FIRST;
    return rest < SX_GLANCE_REST_LAST ? 2 * rest : rest;
}

bool sx_glance_begin(struct sx_glance *g, int64_t ns, int64_t now_ns)
{
    g->credit_ns += (now_ns - g->since_ns) / SX_GLANCE_SHARE;
    g->credit_ns = sx_clock_earlier(g->credit_ns, SX_GLANCE_MOST * ns);
    g->since_ns = now_ns;
    if (g->credit_ns < ns)
        return false;
    if (g->paid == 0)
        g->rest = next_rest(g->rest);
    g->waits = 0;
    return true;
}

void sx_glance_end(struct sx_glance *g, bool in_vain, int64_t now_ns)
{
    g->credit_ns -= now_ns - g->since_ns;
    if (in_vain) {
        if (g->paid > 0)
            g->paid--;
        return;
    }
    g->rest = 0;
    if (g->paid < SX_GLANCE_MOST)
        g->paid++;
}
