/* SPDX-License-Identifier: MIT */
/*
 * Every change that others can see: a store, a read-modify-write, a copy into the mapping, a wake,
 * a lock, a step of the file or its name.
 *
 * Each is one line, which says what it changes, in which order, and its name. On both sides of it
 * is a point, NAME_before and NAME_after, at which a test can have the process kill itself; so
 * there is a place to die between any two of them. The points are compiled in with SX_CRASH_POINTS
 * only; otherwise nothing is left of them. No change is made in any other way (crash/stores), but
 * for an acknowledgment that programs make by streamx_next.h; and the tests read the list of points
 * from these lines.
 */
#ifndef SX_STORE_H
#define SX_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef SX_CRASH_POINTS
void sx_crash_point(const char *name);

static inline int sx_crash_behind(int result, const char *name)
{
    sx_crash_point(name);
    return result;
}

/* A place to die where nothing is changed. */
#define SX_CRASH_POINT(name) sx_crash_point(#name)
#define SX_CRASH_BEHIND(result, name) sx_crash_behind(result, #name)
#else
#define SX_CRASH_POINT(name) ((void)0)
#define SX_CRASH_BEHIND(result, name) (result)
#endif

/* Does what changes something, and returns nothing. */
#define SX_STEP(name, act)                                                                         \
    (SX_CRASH_POINT(name##_before), (void)(act), SX_CRASH_POINT(name##_after))

/* Does what returns an int: a system call, or one of ours that makes it. */
#define SX_TRY(name, call) (SX_CRASH_POINT(name##_before), SX_CRASH_BEHIND(call, name##_after))

#define SX_STORE(name, object, value, order)                                                       \
    SX_STEP(name, atomic_store_explicit(object, value, order))

/* A counter, whose value before does not matter. */
#define SX_ADD(name, object, value, order)                                                         \
    SX_STEP(name, atomic_fetch_add_explicit(object, value, order))

/* Compare and swap; true: swapped. The weak form may fail for no cause, and is for loops. */
#define SX_SWAP(name, object, expected, desired, order, failure_order)                             \
    SX_TRY(name, atomic_compare_exchange_strong_explicit(object, expected, desired, order,         \
                                                         failure_order))
#define SX_SWAP_WEAK(name, object, expected, desired, order, failure_order)                        \
    SX_TRY(name,                                                                                   \
           atomic_compare_exchange_weak_explicit(object, expected, desired, order, failure_order))

#endif
