/* SPDX-License-Identifier: MIT */
/*
 * One step may be left out or moved: mutations.pml. INTACT: none can be, and then asking costs no
 * states.
 *
 *   UNLESS(name, step)                 the step, unless that mutation leaves it out
 *   EITHER(name, mutated, step)        the one if that mutation is chosen, the other if not
 */
#ifdef INTACT
#define MUT(name) false
#define UNLESS(name, ...) __VA_ARGS__
#define EITHER(name, mutated, ...) __VA_ARGS__
#else
local byte mutation;
#define MUT(name) (mutation == name)
#define UNLESS(name, ...) \
    if \
    :: !MUT(name) -> __VA_ARGS__ \
    :: else \
    fi
#define EITHER(name, mutated, ...) \
    if \
    :: MUT(name) -> mutated \
    :: else -> __VA_ARGS__ \
    fi
#endif
