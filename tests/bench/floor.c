/* SPDX-License-Identifier: MIT */
/*
 * The machine's own floor, without any protocol: what two processes need to tell each other a
 * number by a bare cache line, or by a bare futex, and how fast memory is copied.
 *
 * Each direction has a line of its own, so that each has one writer. Nothing pauses between two
 * looks at the line. The futex is woken at each stroke and slept on at each wait, as between two
 * sides that never spin.
 */
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loops.h"

struct ball {
    _Alignas(128) _Atomic uint64_t head; /* number and note, as in content.h */
    int64_t sent_ns;
    _Atomic uint32_t event;
};

static struct ball *balls; /* there, back */

static bool prepare(struct entry *entry)
{
    (void)entry;
    if (!balls)
        balls = shared_memory(2 * sizeof *balls);
    memset(balls, 0, 2 * sizeof *balls);
    return true;
}

/* Release and acquire: the time of sending. */
static inline void strike_line(struct ball *ball, uint64_t head)
{
    atomic_store_explicit(&ball->head, head, memory_order_release);
}

static inline uint64_t await_line(struct ball *ball, uint64_t last)
{
    uint64_t head;

    while ((head = atomic_load_explicit(&ball->head, memory_order_acquire)) == last)
        ;
    return head;
}

static inline void strike_futex(struct ball *ball, uint64_t head)
{
    strike_line(ball, head);
    atomic_fetch_add_explicit(&ball->event, 1, memory_order_release);
    syscall(SYS_futex, &ball->event, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static inline uint64_t await_futex(struct ball *ball, uint64_t last)
{
    for (;;) {
        uint32_t event = atomic_load_explicit(&ball->event, memory_order_acquire);
        uint64_t head = atomic_load_explicit(&ball->head, memory_order_acquire);

        if (head != last)
            return head;
        syscall(SYS_futex, &ball->event, FUTEX_WAIT, event, NULL, NULL, 0);
    }
}

typedef void strike_fn(struct ball *ball, uint64_t head);
typedef uint64_t await_fn(struct ball *ball, uint64_t last);

INLINE void serve(struct role *role, strike_fn *strike, await_fn *await)
{
    struct course course = course_begin(role);
    enum note note = NOTE_NONE;
    uint64_t replied = 0;
    int64_t due_ns = 0;

    while (note != NOTE_LAST) {
        uint64_t head;

        note = course_note(&course, role, ++course.number);
        head = course.number | (uint64_t)note << NOTE_SHIFT;
        if (role->entry->kind == PACED)
            pace(role->entry, &balls[0].sent_ns, &due_ns);
        strike(&balls[0], head);
        replied = await(&balls[1], replied);
        if (replied != head)
            wrong("the floor's ball is not the one that was struck");
        if (course.timed) {
            int64_t now = now_ns();

            if (course.marked && note == NOTE_NONE)
                histogram_note(&role->share->delays, now - course.previous_ns);
            course.previous_ns = now;
        }
        if (note == NOTE_MARK) {
            course.marked_at = course.number;
            share_begin(role->share);
        }
    }
    share_end(role->share, course.number - course.marked_at);
}

INLINE void retrieve(struct role *role, strike_fn *strike, await_fn *await)
{
    uint64_t head = 0, number = 0, marked_at = 0;
    bool paced = role->entry->kind == PACED;

    while (head >> NOTE_SHIFT != NOTE_LAST) {
        head = await(&balls[0], head);
        if (paced && marked_at)
            histogram_note(&role->share->delays, now_ns() - balls[0].sent_ns);
        if ((head & NUMBER_MASK) != ++number)
            wrong("the floor's ball is not the one that follows");
        strike(&balls[1], head);
        if (head >> NOTE_SHIFT == NOTE_MARK) {
            marked_at = number;
            share_begin(role->share);
        }
    }
    share_end(role->share, number - marked_at);
}

static void serve_line(struct role *role)
{
    role_begin(role);
    serve(role, strike_line, await_line);
}

static void retrieve_line(struct role *role)
{
    role_ready(role);
    retrieve(role, strike_line, await_line);
}

static void serve_futex(struct role *role)
{
    role_begin(role);
    serve(role, strike_futex, await_futex);
}

static void retrieve_futex(struct role *role)
{
    role_ready(role);
    retrieve(role, strike_futex, await_futex);
}

const struct transport transport_line = {.name = "cache line",
                                         .spins = true,
                                         .payload_most = 8,
                                         .consumers_most = 1,
                                         .prepare = prepare,
                                         .send = serve_line,
                                         .receive = retrieve_line};

const struct transport transport_futex = {.name = "futex",
                                          .payload_most = 8,
                                          .consumers_most = 1,
                                          .prepare = prepare,
                                          .send = serve_futex,
                                          .receive = retrieve_futex};

/* ---- memcpy -------------------------------------------------------------------------------- */

/* Likewise in private memory, from one buffer into as many as a ring has slots. The receiver has
 * nothing to do, and counts what the sender did. */
static void copy(struct role *role)
{
    const struct entry *entry = role->entry;
    unsigned char *from = value_buffer(entry->payload);
    unsigned char *to = value_buffer(entry->payload * entry->slots);
    struct course course = course_begin(role);
    enum note note = NOTE_NONE;

    role_begin(role);
    for (uint64_t unit = 1; note != NOTE_LAST; unit++) {
        unsigned char *slot = to + unit % entry->slots * entry->payload;

        note = course_note(&course, role, unit);
        content_fill(from, entry->payload, ++course.number, note, false);
        memcpy(slot, from, entry->payload);
        __asm__ volatile("" ::"r"(slot) : "memory");
        if (note == NOTE_MARK) {
            course.marked_at = course.number;
            share_begin(role->share);
        }
    }
    share_end(role->share, course.number - course.marked_at);
    share_begin(role->share + 1);
    share_end(role->share + 1, role->share->values);
    role->share[1].began_ns = role->share->began_ns;
    role->share[1].ended_ns = role->share->ended_ns;
}

static void watch(struct role *role)
{
    role_ready(role);
}

const struct transport transport_memcpy = {.name = "memcpy",
                                           .spins = true,
                                           .payload_most = 1u << 30,
                                           .consumers_most = 1,
                                           .send = copy,
                                           .receive = watch};
