/* SPDX-License-Identifier: MIT */
/*
 * The estimate of what a short sleep takes follows the shortest: it goes down by a quarter of the
 * way, since one that was woken before it was asleep says little, and up by a part of itself.
 */
#include "waiting/glance.h"

#include "kernel/clock.h"

#define DOWN 4 /* a part of the way */
#define UP 16  /* a part of the estimate */

void sx_glance_slept(struct sx_glance *g, int64_t ns)
{
    if (g->sleep_ns == 0)
        g->sleep_ns = ns;
    else if (ns < g->sleep_ns)
        g->sleep_ns -= (g->sleep_ns - ns) / DOWN;
    else
        g->sleep_ns = sx_clock_earlier(ns, g->sleep_ns + g->sleep_ns / UP + 1);
}

int64_t sx_glance_ns(struct sx_glance *g)
{
    if (g->sleep_ns == 0 || g->sleep_ns > SX_GLANCE_LONGEST_NS)
        return 0;
    if (g->paid == 0 && ++g->waits < SX_GLANCE_SELDOM)
        return 0;
    g->waits = 0;
    return g->sleep_ns / SX_GLANCE_PART;
}

void sx_glance_settle(struct sx_glance *g, bool in_vain)
{
    if (!in_vain && g->paid < SX_GLANCE_MOST_PAID)
        g->paid++;
    if (in_vain && g->paid > 0)
        g->paid--;
}
