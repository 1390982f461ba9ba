/* SPDX-License-Identifier: MIT */
#include "waiting/trial.h"

#include "kernel/clock.h"

#define PS_PER_NS 1000
#define CLEARLY 16 /* by a part of so many */

void sx_trial_init(struct sx_trial *t, uint32_t run)
{
    *t = (struct sx_trial){.second = true, .run = run};
}

/* What was found for the run that ends. */
static void judge(struct sx_trial *t, uint64_t next, int64_t now_ns)
{
    int64_t ns = sx_clock_earlier(now_ns - t->since_ns, SX_NS_PER_S);
    int64_t ps = ns * PS_PER_NS / (int64_t)(next - t->since);

    t->least_ps[t->second] = sx_clock_earlier(ps, t->least_ps[t->second]);
    t->runs--;
}

static bool second_is_quicker(const struct sx_trial *t)
{
    return t->least_ps[1] < t->least_ps[0] - t->least_ps[0] / CLEARLY;
}

void sx_trial_go_on(struct sx_trial *t, uint64_t next, int64_t now_ns)
{
    bool begins = t->runs == 0;

    if (begins) {
        t->least_ps[0] = t->least_ps[1] = INT64_MAX;
        t->runs = SX_TRIAL_RUNS;
    } else {
        judge(t, next, now_ns);
        t->second = t->runs > 0 ? !t->second : second_is_quicker(t);
    }
    t->since = next;
    t->since_ns = now_ns;
    t->until = next + (t->runs > 0 ? t->run : SX_TRIAL_KEPT);
}
