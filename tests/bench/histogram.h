/* SPDX-License-Identifier: MIT */
/* Times by frequency, exact to 1/64: 64 steps from each power of two to the next. */
#ifndef STREAMX_BENCH_HISTOGRAM_H
#define STREAMX_BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS 64u
#define HISTOGRAM_CELLS (HISTOGRAM_STEPS * 35u) /* up to 2^40 ns, 18 minutes */

struct histogram {
    uint64_t count, most;
    uint64_t cells[HISTOGRAM_CELLS];
};

static inline uint32_t histogram_cell(uint64_t value)
{
    uint32_t shift, cell;

    if (value < HISTOGRAM_STEPS)
        return (uint32_t)value;
    shift = (uint32_t)(63 - __builtin_clzll(value)) - 6;
    cell = (shift + 1) * HISTOGRAM_STEPS + (uint32_t)(value >> shift) - HISTOGRAM_STEPS;
    return cell < HISTOGRAM_CELLS ? cell : HISTOGRAM_CELLS - 1;
}

static inline void histogram_note(struct histogram *histogram, int64_t value)
{
    uint64_t positive = value > 0 ? (uint64_t)value : 0;

    histogram->count++;
    histogram->cells[histogram_cell(positive)]++;
    if (positive > histogram->most)
        histogram->most = positive;
}

void histogram_add(struct histogram *to, const struct histogram *from);

/* The value that this share of all (0 to 1) does not exceed. */
double histogram_percentile(const struct histogram *histogram, double share);

#endif
