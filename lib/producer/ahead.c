/* SPDX-License-Identifier: MIT */
#include "producer/ahead.h"

#include "kernel/clock.h"
#include "kernel/processor.h"
#include "memory/fast.h"

#define PS_PER_NS 1000

void sx_ahead_init(struct sx_ahead *a, const struct sx_shape *shape)
{
    const struct sx_processor *processor = sx_processor();
    uint32_t ahead = sx_processor_slots_ahead(shape->slots, shape->slot_stride > SX_LINE);

    *a = (struct sx_ahead){.slots = ahead == 0 ? INT64_MAX : ahead,
                           .most = ahead,
                           .bytes = ahead * shape->slot_stride,
                           .tries = ahead != 0 && processor->fetches_on_trial};
}

static void begin(struct sx_ahead *a, bool with, uint64_t next, uint64_t publications)
{
    a->slots = with ? a->most : INT64_MAX;
    a->since = next;
    a->until = next + publications;
}

void sx_ahead_go_on(struct sx_ahead *a, uint64_t next, int64_t now_ns)
{
    bool with = a->slots != INT64_MAX;

    if (a->runs == 0) { /* the first run of a trial is as it was, and may not be new */
        a->least_ps[0] = a->least_ps[1] = INT64_MAX;
        a->runs = SX_AHEAD_RUNS;
    } else {
        int64_t ns = sx_clock_earlier(now_ns - a->since_ns, SX_NS_PER_S);
        int64_t ps = ns * PS_PER_NS / (int64_t)(next - a->since);

        a->least_ps[with] = sx_clock_earlier(ps, a->least_ps[with]);
        a->runs--;
        with = !with;
    }
    a->since_ns = now_ns;
    if (a->runs > 0)
        begin(a, with, next, SX_AHEAD_RUN);
    else
        begin(a, a->least_ps[1] < a->least_ps[0], next, SX_AHEAD_KEPT);
}
