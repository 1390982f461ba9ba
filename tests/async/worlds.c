/* SPDX-License-Identifier: MIT */
/* Playing a scene in every world: see worlds.h. A filter stays, so each play has its process. */
#include "worlds.h"

#include <stdio.h>

struct play {
    const struct world *world;
    enum way way;
    void (*scene)(struct watch *watch);
};

static bool armable(const struct world *world)
{
    return !world->without_rings && rings_can_be_armed();
}

static void perform(struct link parent, void *arg)
{
    const struct play *play = arg;
    struct watch *watch;

    (void)parent;
    if (!world_enter(play->world))
        return;
    watch = watch_open(play->way);
    watch->everything = play->world == worlds;
    watch->armable = armable(play->world);
    play->scene(watch);
    watch_close(watch);
}

/* A sanitizer's processes are slow to make and to end. So in a short run it is spared the worlds
 * that have the ways of another one ("no io_uring" stays: only there the library's thread sleeps on
 * two words), and the one in which a tick stands beside a ring. Without a sanitizer every play is
 * made in every world. */
static bool left_out(const struct world *world)
{
    return SANITIZED && world->spared && !long_run();
}

static void play_by(enum way first, enum way last, void (*scene)(struct watch *watch))
{
    for (unsigned i = 0; i < world_count; i++)
        for (unsigned way = first; way <= last; way++) {
            struct play play = {.world = &worlds[i], .way = (enum way)way, .scene = scene};
            struct child child;

            if (left_out(&worlds[i]) || (way == BY_ARM && !armable(&worlds[i])))
                continue;
            /* The last one of these is where a failure happened. */
            printf("# %s, by %s\n", worlds[i].name, way_name((enum way)way));
            fflush(stdout);
            child = child_start(perform, &play);
            child_join(&child);
        }
}

void everywhere(void (*scene)(struct watch *watch))
{
    play_by(BY_POLL, BY_ARM, scene);
}

void everywhere_by_descriptor(void (*scene)(struct watch *watch))
{
    play_by(BY_POLL, BY_EPOLL, scene);
}

void everywhere_armed(void (*scene)(struct watch *watch))
{
    play_by(BY_ARM, BY_ARM, scene);
}
