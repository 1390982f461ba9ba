/* SPDX-License-Identifier: MIT */
/*
 * The worlds in which waiting without blocking must work: a kernel with everything, and kernels and
 * containers that lack some of it. A scene is played in each of them, in each way of waiting, in a
 * process of its own.
 */
#ifndef STREAMX_ASYNC_WORLDS_H
#define STREAMX_ASYNC_WORLDS_H

#include "watch.h"

#define LACKS_MAX 4

/* What is missing. */
struct world {
    const char *name;
    bool without_rings; /* so that nothing can be armed, and the descriptors work all the same */
    bool spared;        /* by a sanitizer in a short run: see worlds.c */
    struct {
        long system_call; /* 0: none */
        int error;
    } lacks[LACKS_MAX];
};

/* worlds_filtered.c: by filters. worlds_old.c: by an older kernel's answer. */
extern const struct world worlds[];
extern const unsigned world_count;

/* From now on this process and its children live there. False: it cannot be done here. */
bool world_enter(const struct world *world);

/* Plays the scene in every world that is not spared, and way. The watch is open, and is closed
 * afterwards. */
void everywhere(void (*scene)(struct watch *watch));

/* Likewise by descriptor only, or armed only. */
void everywhere_by_descriptor(void (*scene)(struct watch *watch));
void everywhere_armed(void (*scene)(struct watch *watch));

#endif
