/* SPDX-License-Identifier: MIT */
/* What is left after a torture run, and how things look when one has failed. */
#include "torture.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static int describe_consumer(const struct streamx_consumer_info *info, void *arg)
{
    static const char *const states[] = {"?", "alive", "dead", "evicted", "joining"};

    (void)arg;
    fprintf(stderr,
            "  consumer %llu, process %u, %s: acknowledged %llu, behind %llu, waited %lld ms\n",
            (unsigned long long)info->attach, info->pid, states[info->state % 5],
            (unsigned long long)info->acknowledged, (unsigned long long)info->behind,
            (long long)info->waited_ns / MS);
    return 0;
}

void describe(void)
{
    const struct generation *generation = generation_at(atomic_load(&board->current));
    struct streamx_info info;
    int result = streamx_inspect(STREAM, &info, sizeof info);

    fprintf(stderr, "  the board: putting %llu, put %llu, acking %llu, acked %llu\n",
            (unsigned long long)atomic_load(&generation->putting),
            (unsigned long long)atomic_load(&generation->put),
            (unsigned long long)atomic_load(&generation->acking),
            (unsigned long long)atomic_load(&generation->acked));
    if (result != 0) {
        fprintf(stderr, "  no stream to look at: %s\n", strerror(-result));
        return;
    }
    fprintf(stderr,
            "  the stream: %s, state %u, process %u, published %llu, acknowledged %llu, "
            "waiting for %lld for %lld ms\n",
            info.type, info.state, info.pid, (unsigned long long)info.published,
            (unsigned long long)info.acknowledged, (long long)info.waiting_for,
            (long long)info.waiting_ns / MS);
    streamx_inspect_consumers(STREAM, describe_consumer, NULL);
}

void reuse_name(void)
{
    struct streamx_producer *producer;
    int result = streamx_create(&producer, STREAM, NULL);

    if (result == 0)
        result = streamx_close(producer, STREAMX_NOWAIT);
    if (result != 0)
        fprintf(stderr, "torture: the name cannot be used again: %s\n", strerror(-result));
}

bool directory_is_empty(const char *directory)
{
    DIR *listing = opendir(directory);
    const struct dirent *entry;
    bool empty = true;

    if (!listing)
        return false;
    while ((entry = readdir(listing)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        fprintf(stderr, "torture: left behind: %s\n", entry->d_name);
        empty = false;
    }
    closedir(listing);
    return empty;
}
