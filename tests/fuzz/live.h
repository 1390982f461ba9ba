/* SPDX-License-Identifier: MIT */
/* What the threads of fuzz_live share: see fuzz_live.c. */
#ifndef STREAMX_FUZZ_LIVE_H
#define STREAMX_FUZZ_LIVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "patch.h"
#include "templates.h"

/* One thread's chance, and the call that it is in. */
struct actor {
    uint64_t random;
    const char *_Atomic call; /* NULL: between calls */
    _Atomic int64_t since_ns;
    _Atomic uint64_t calls;
    _Atomic uint64_t messages;
};

extern _Atomic bool live_over; /* everybody ends at the next occasion */

int64_t live_now(void);
uint64_t live_random(struct actor *actor, uint64_t limit);
/* NOWAIT, or a short while, or now and then long enough to fall asleep in earnest. */
int64_t live_timeout(struct actor *actor);

/* The result of a call, timed. */
#define LIVE_CALL(actor, name, ...)                                                                \
    (live_enter((actor), #name), live_left((actor), name(__VA_ARGS__)))
#define LIVE_CALL_VOID(actor, name, ...)                                                           \
    (live_enter((actor), #name), name(__VA_ARGS__), (void)live_left((actor), 0))
void live_enter(struct actor *actor, const char *call);
int live_left(struct actor *actor, int result);

/* Tells the mutator which file there is now. */
void live_terrain(const struct terrain *terrain);

/* The roles, each until live_over. */
void live_produce(struct actor *actor);
void live_come_in(struct actor *actor);
void live_consume(struct actor *actor);
void live_look(struct actor *actor);
void live_mutate(struct actor *actor);

#endif
