/* SPDX-License-Identifier: MIT */
/*
 * The estimate of what a short sleep takes follows the shortest: it goes down by a quarter of the
 * way, since one that was woken before it was asleep says little, and up by a part of itself.
 */
#include "waiting/glance.h"

#include "kernel/clock.h"

#define DOWN 4 /* a part of the way */
#define UP 64  /* a part of the estimate */

void sx_glance_slept(struct sx_glance *g, int64_t ns)
{
    if (g->sleep_ns == 0)
        g->sleep_ns = ns;
    else if (ns < g->sleep_ns)
        g->sleep_ns -= (g->sleep_ns - ns) / DOWN;
    else
        g->sleep_ns = sx_clock_earlier(ns, g->sleep_ns + g->sleep_ns / UP + 1);
}

/* In vain again and again, ever more seldom. */
static uint32_t next_rest(uint32_t rest)
{
    if (rest < SX_GLANCE_REST_FIRST)
        return SX_GLANCE_REST_FIRST;
    return rest < SX_GLANCE_REST_LAST ? 2 * rest : rest;
}

int64_t sx_glance_wish(struct sx_glance *g)
{
    if (g->sleep_ns == 0 || g->sleep_ns > SX_GLANCE_LONGEST_NS)
        return 0;
    if (g->paid == 0) {
        if (g->waits++ < g->rest)
            return 0;
        g->rest = next_rest(g->rest);
    }
    g->waits = 0;
    return g->sleep_ns / SX_GLANCE_PART;
}

bool sx_glance_begin(struct sx_glance *g, int64_t ns, int64_t now_ns)
{
    g->credit_ns += (now_ns - g->since_ns) / SX_GLANCE_SHARE;
    g->credit_ns = sx_clock_earlier(g->credit_ns, SX_GLANCE_MOST * ns);
    g->since_ns = now_ns;
    return g->credit_ns >= ns;
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
