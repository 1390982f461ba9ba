/* SPDX-License-Identifier: MIT */
/*
 * peek NAME FIELD: prints one number of a stream, for the cases to wait for. Exit status 1 if there
 * is no such stream.
 */
#include <inttypes.h>
#include <stdio.h>
#include <streamx.h>
#include <string.h>

static int field_of(const struct streamx_info *info, const char *field, uint64_t *value)
{
    if (strcmp(field, "consumers") == 0)
        *value = info->consumers;
    else if (strcmp(field, "producers") == 0)
        *value = info->producers;
    else if (strcmp(field, "published") == 0)
        *value = info->published;
    else if (strcmp(field, "publications") == 0)
        *value = info->publications;
    else if (strcmp(field, "acknowledged") == 0)
        *value = info->acknowledged;
    else if (strcmp(field, "waiting_for") == 0)
        *value = info->waiting_for;
    else if (strcmp(field, "slots") == 0)
        *value = info->slots;
    else if (strcmp(field, "slot_size") == 0)
        *value = info->slot_size;
    else if (strcmp(field, "min_consumers") == 0)
        *value = info->min_consumers;
    else if (strcmp(field, "mode") == 0)
        *value = info->mode;
    else
        return -1;
    return 0;
}

int main(int argc, char **argv)
{
    struct streamx_info info;
    uint64_t value;

    if (argc != 3)
        return 2;
    if (streamx_inspect(argv[1], &info, sizeof info) != 0)
        return 1;
    if (field_of(&info, argv[2], &value) != 0)
        return 2;
    printf("%" PRIu64 "\n", value);
    return 0;
}
