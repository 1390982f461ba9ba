/* SPDX-License-Identifier: MIT */
/* Small things that every part of the benchmark uses. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void wrong(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    _exit(EXIT_FAILURE);
}

void failed(int error, const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(error));
    _exit(EXIT_FAILURE);
}

void *shared_memory(size_t bytes)
{
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (memory == MAP_FAILED)
        must_errno(-1, "mmap");
    return memory;
}

const char *path_of(const char *format, ...)
{
    static char path[4096];
    int length = snprintf(path, sizeof path, "%s/", settings.directory);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(path + length, sizeof path - (size_t)length, format, arguments);
    va_end(arguments);
    return path;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

/* Between the two values that are nearest to that share of a sorted list. */
static double quantile(const double *sorted, unsigned count, double share)
{
    double place = share * (count - 1);
    unsigned below = (unsigned)place;
    unsigned above = below + 1 < count ? below + 1 : below;

    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

struct spread spread_of(const double *values, unsigned count)
{
    double sorted[ROUNDS_MOST];

    if (count == 0)
        return (struct spread){0, 0, 0};
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return (struct spread){quantile(sorted, count, 0.25), quantile(sorted, count, 0.5),
                           quantile(sorted, count, 0.75)};
}

double median(const double *values, unsigned count)
{
    return spread_of(values, count).median;
}
