/* SPDX-License-Identifier: MIT */
/*
 * Reads /proc/self/fdinfo (see io_uring_show_fdinfo in the kernel): a ring's file tells how many
 * entries were taken from it and how many completions were put into it, ever, and lists those that
 * did not fit in. The counts are of 32 bits and compared by difference.
 */
#include "traces.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds what the file tells of a ring. Other descriptors' files say nothing of the kind. */
static void count_ring(const char *path, struct traces *traces)
{
    FILE *file = fopen(path, "re");
    char line[256];
    unsigned taken = 0, head = 0, tail = 0, outside = 0;
    bool overflow = false;

    if (!file)
        return; /* the listing's own, which has been closed */
    while (fgets(line, sizeof line, file)) {
        overflow |= strncmp(line, "CqOverflowList:", 15) == 0;
        outside += overflow && strstr(line, "user_data=") != NULL;
        if (sscanf(line, "SqHead: %u", &taken) == 1 || sscanf(line, "CqHead: %u", &head) == 1 ||
            sscanf(line, "CqTail: %u", &tail) == 1)
            continue;
    }
    traces->requests += (int)(taken - tail - outside);
    traces->completions += (int)(tail - head + outside);
    fclose(file);
}

struct traces traces_now(void)
{
    struct traces traces = {0};
    DIR *directory = opendir("/proc/self/fdinfo");
    struct dirent *entry;

    ck_assert_ptr_nonnull(directory);
    while ((entry = readdir(directory))) {
        char path[300];

        if (entry->d_name[0] == '.')
            continue;
        traces.descriptors++;
        snprintf(path, sizeof path, "/proc/self/fdinfo/%s", entry->d_name);
        count_ring(path, &traces);
    }
    closedir(directory);
    return traces;
}

/* What is set up once, when a wait first lasts, may have come since, on a busy machine; a timer
 * that has just run out, or a wake that was for another, may lie there too. What is left behind
 * each time comes to as many as there were rounds. */
#define CHANCE 8

static bool no_more_than(const struct traces *now, const struct traces *before)
{
    return now->descriptors <= before->descriptors + CHANCE &&
           now->requests <= before->requests + CHANCE &&
           now->completions <= before->completions + CHANCE;
}

void ck_assert_no_more_traces_than(const struct traces *before)
{
    int64_t give_up_ns = now_ns() + PATIENCE;
    struct traces now;

    while (now = traces_now(), !no_more_than(&now, before)) {
        ck_assert_msg(now_ns() < give_up_ns,
                      "left behind: descriptors %d, before %d; requests %d, before %d; "
                      "completions %d, before %d",
                      now.descriptors, before->descriptors, now.requests, before->requests,
                      now.completions, before->completions);
        look_again_soon();
    }
}
