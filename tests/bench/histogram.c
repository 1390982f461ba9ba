/* SPDX-License-Identifier: MIT */
/* Adding up and reading histograms; noting is inline. */
#include "histogram.h"

void histogram_add(struct histogram *to, const struct histogram *from)
{
    to->count += from->count;
    if (from->most > to->most)
        to->most = from->most;
    for (uint32_t i = 0; i < HISTOGRAM_CELLS; i++)
        to->cells[i] += from->cells[i];
}

/* The upper end of a cell. */
static uint64_t upper(uint32_t cell)
{
    uint32_t shift = cell / HISTOGRAM_STEPS;

    if (shift == 0)
        return cell;
    return (((uint64_t)HISTOGRAM_STEPS + cell % HISTOGRAM_STEPS + 1) << (shift - 1)) - 1;
}

double histogram_percentile(const struct histogram *histogram, double share)
{
    double wanted = share * (double)histogram->count;
    uint64_t seen = 0;

    for (uint32_t i = 0; i < HISTOGRAM_CELLS; i++) {
        seen += histogram->cells[i];
        if (seen > 0 && (double)seen >= wanted)
            return (double)(upper(i) < histogram->most ? upper(i) : histogram->most);
    }
    return (double)histogram->most;
}
