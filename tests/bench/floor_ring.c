/* SPDX-License-Identifier: MIT */
/*
 * The floor of streaming: a bare ring of one sender, without any guarantee. No seats, no deaths, no
 * sleep, nothing that a joiner could rely on.
 *
 * A slot is a stamp and, in the same line, the value, or the batch of them. The sender looks at the
 * readers' counters only when the ring looks full; a reader stores its own once for each value that
 * it is done with, into a line of its own. Whoever waits pauses between two looks; with more
 * processes than processors it yields, so that the floor of a crowd is the switches which no ring
 * can do without.
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loops.h"

#define LINE 64u

/* What one reader is done with. */
struct counter {
    _Alignas(128) _Atomic uint64_t done; /* values */
};

struct slot {
    _Atomic uint64_t stamp; /* the unit that lies here, counted from 1 */
    unsigned char value[];
};

static struct {
    size_t bytes;
    struct counter *counters;
    unsigned char *slots;
} ring;

/* One side's view. */
struct side {
    uint32_t slots, batch, readers;
    size_t stride, offset; /* of a slot, and of the value in it */
    size_t payload;
    bool crowded, whole; /* `whole`: done with a unit at a time, not with a value */
    uint64_t unit;       /* the newest that was sent, or the one that is being read */
    uint32_t place;
    uint64_t free_until; /* units that may be sent without another look */
    uint32_t left;       /* values of this unit that have not been read */
    uint64_t values;
    const unsigned char *next;
    _Atomic uint64_t *done;
};

/* Small values share the stamp's line; large ones begin with a line of their own. */
static size_t value_offset(const struct entry *entry)
{
    return entry->payload * entry->batch <= 4096 - sizeof(uint64_t) ? sizeof(uint64_t) : LINE;
}

static size_t stride(const struct entry *entry)
{
    return (value_offset(entry) + entry->payload * entry->batch + LINE - 1) / LINE * LINE;
}

static bool prepare(struct entry *entry)
{
    size_t counters = CONSUMERS_MOST * sizeof *ring.counters;

    ring.bytes = counters + entry->slots * stride(entry);
    ring.counters = shared_memory(ring.bytes);
    ring.slots = (unsigned char *)ring.counters + counters;
    return true;
}

static void clean(struct entry *entry)
{
    (void)entry;
    munmap(ring.counters, ring.bytes);
}

static struct side side_of(const struct role *role)
{
    const struct entry *entry = role->entry;

    return (struct side){.slots = entry->slots,
                         .batch = entry->batch,
                         .readers = entry->consumers,
                         .stride = stride(entry),
                         .offset = value_offset(entry),
                         .payload = entry->payload,
                         .whole = entry->way == WHOLE,
                         .crowded = (long)entry->consumers + 1 > sysconf(_SC_NPROCESSORS_ONLN),
                         .free_until = entry->slots,
                         .done = &ring.counters[role->index % CONSUMERS_MOST].done};
}

INLINE void wait_a_little(const struct side *side)
{
    if (side->crowded)
        sched_yield();
    else
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#else
        __asm__ volatile("" ::: "memory");
#endif
}

INLINE struct slot *slot_at(const struct side *side, uint32_t place)
{
    return (struct slot *)(void *)(ring.slots + place * side->stride);
}

INLINE void step(struct side *side)
{
    side->unit++;
    side->place = side->place + 1 == side->slots ? 0 : side->place + 1;
}

/* ---- the sender ------------------------------------------------------------------------------ */

static uint64_t slowest(const struct side *side)
{
    uint64_t least = UINT64_MAX;

    for (uint32_t i = 0; i < side->readers; i++) {
        /* Acquire: the reading of the slot comes before. */
        uint64_t done = atomic_load_explicit(&ring.counters[i].done, memory_order_acquire);

        least = done < least ? done : least;
    }
    return least;
}

INLINE void await_room(struct side *side)
{
    while (side->unit == side->free_until) {
        side->free_until = slowest(side) / side->batch + side->slots;
        if (side->unit == side->free_until)
            wait_a_little(side);
    }
}

/* A copy whose length the compiler knows is a few instructions. */
INLINE void copy(unsigned char *to, const void *from, size_t bytes)
{
    if (bytes == 32)
        memcpy(to, from, 32);
    else if (bytes == 64)
        memcpy(to, from, 64);
    else
        memcpy(to, from, bytes);
}

INLINE void send_unit(void *context, const void *data, size_t bytes)
{
    struct side *side = context;
    struct slot *slot = slot_at(side, side->place);

    await_room(side);
    copy((unsigned char *)slot + side->offset, data, bytes * side->batch);
    step(side);
    /* Release: the value. */
    atomic_store_explicit(&slot->stamp, side->unit, memory_order_release);
}

static void send(struct role *role)
{
    struct side side = side_of(role);

    role_begin(role);
    send_values(role, &side, send_unit, NULL, NULL, NULL);
}

/* ---- a reader -------------------------------------------------------------------------------- */

/* The value before is done with; the next one. */
INLINE size_t receive_value(void *context, const void **data)
{
    struct side *side = context;

    /* Release: it was read before. */
    if (!side->whole || side->left == 0)
        atomic_store_explicit(side->done, side->values, memory_order_release);
    side->values++;
    if (side->left == 0) {
        struct slot *slot = slot_at(side, side->place);

        step(side);
        while (atomic_load_explicit(&slot->stamp, memory_order_acquire) != side->unit)
            wait_a_little(side);
        side->next = (unsigned char *)slot + side->offset;
        side->left = side->batch;
    }
    side->left--;
    *data = side->next;
    side->next += side->payload;
    return side->payload;
}

static void receive(struct role *role)
{
    struct side side = side_of(role);

    role_ready(role);
    receive_values(role, &side, receive_value, NULL, NULL);
    atomic_store_explicit(side.done, side.values, memory_order_release);
}

const struct transport transport_ring = {.name = "bare ring",
                                         .spins = true,
                                         .payload_most = 1u << 30,
                                         .consumers_most = CONSUMERS_MOST,
                                         .prepare = prepare,
                                         .send = send,
                                         .receive = receive,
                                         .clean = clean};
