/* SPDX-License-Identifier: MIT */
/* "There is no stream 'wrods'; there is 'words'." */
#include "common/similar.h"

#include <stdio.h>
#include <string.h>

#define LETTERS (STREAMX_NAME_MAX + 1)

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Row i tells, for each j, how far the first i letters of `a` are from the first j of `b`; a swap
 * looks two rows back. */
unsigned cli_similar_distance(const char *a, const char *b)
{
    unsigned rows[3][LETTERS + 1];
    size_t a_len = strnlen(a, LETTERS), b_len = strnlen(b, LETTERS);

    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned *now = rows[i % 3], *before = rows[(i + 2) % 3], *swapped = rows[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            now[j] = before[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = least(now[j], least(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], swapped[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

struct search {
    const char *name;
    char *similar;
    unsigned distance;
};

static int keep_nearest(const char *name, void *arg)
{
    struct search *search = arg;
    unsigned distance = cli_similar_distance(name, search->name);
    struct streamx_info info;

    if (distance == 0 || distance >= search->distance || /* 0: over, and its name is kept */
        streamx_inspect(name, &info, sizeof info) != 0)
        return 0;
    search->distance = distance;
    snprintf(search->similar, STREAMX_NAME_MAX + 1, "%s", name);
    return 0;
}

bool cli_similar_stream(char similar[STREAMX_NAME_MAX + 1], const char *name)
{
    unsigned tolerated = (unsigned)strlen(name) / 3;
    struct search search = {.name = name, .similar = similar};

    search.distance = (tolerated > 2 ? tolerated : 2) + 1;
    similar[0] = '\0';
    return streamx_list(keep_nearest, &search) == 0 && similar[0] != '\0';
}
