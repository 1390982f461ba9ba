/* SPDX-License-Identifier: MIT */
#include "kernel/processor.h"

static const struct sx_processor common = {.pauses = 1,
                                           .fetches_ahead = 8,
                                           .fetches_least = 8,
                                           .fetches_divisor = 1,
                                           .fetches_most = UINT64_MAX,
                                           .fetches_opened = 1024,
                                           .reads_ahead = true};
static const struct sx_processor amd = {.pauses = 2,
                                        .fetches_ahead = 32,
                                        .fetches_least = 8,
                                        .fetches_divisor = 4,
                                        .fetches_from = 16,
                                        .fetches_wide_from = 256,
                                        .fetches_on_trial = true,
                                        .fetches_most = 4095,
                                        .fetches_opened = 8192,
                                        .fetches_each = true,
                                        .fetches_next = 8,
                                        .stays_behind = 64,
                                        .stays_behind_least = 16};

const struct sx_processor *sx_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    if (__builtin_cpu_is("amd"))
        return &amd;
#endif
    return &common;
}

uint32_t sx_processor_slots_ahead(uint32_t slots, bool wide)
{
    const struct sx_processor *p = sx_processor();
    uint32_t most = slots / p->fetches_divisor;

    if (slots < (wide ? p->fetches_wide_from : p->fetches_from))
        return 0;
    if (most < p->fetches_least)
        most = slots < p->fetches_least ? slots : p->fetches_least;
    return most < p->fetches_ahead ? most : p->fetches_ahead;
}

uint32_t sx_processor_slots_behind(uint32_t slots)
{
    const struct sx_processor *p = sx_processor();
    uint32_t most = slots / 4;

    if (most < p->stays_behind_least)
        return 0;
    return most < p->stays_behind ? most : p->stays_behind;
}
