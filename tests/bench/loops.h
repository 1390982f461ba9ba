/* SPDX-License-Identifier: MIT */
/*
 * The work, the same for every transport. Each of them gives its own send and receive, and these
 * loops are inlined around them: what is measured has no indirect call in it.
 *
 * A sender warms up, sends a value with the mark, from which on both sides count, and ends with the
 * last one. When to do so it asks the clock, not at every value.
 *
 * The paced work puts the time of sending into the second word, whose content is checked by its
 * being no later than now and no earlier than the round.
 */
#ifndef STREAMX_BENCH_LOOPS_H
#define STREAMX_BENCH_LOOPS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "content.h"

#define PACE_NS 200000
#define JITTER 0.05

#define INLINE static inline __attribute__((always_inline))

/* Sends the unit: one value, or the batch that begins at `data`. */
typedef void send_fn(void *context, const void *data, size_t bytes);
/* Receives one value, valid until the next call; its length. */
typedef size_t receive_fn(void *context, const void **data);
/* Gives the place that the next send is to be written to. */
typedef void *loan_fn(void *context);

static inline void *value_buffer(size_t bytes)
{
    void *buffer = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);

    if (!buffer)
        wrong("no memory");
    memset(buffer, 0, bytes);
    return buffer;
}

/* Where a sender stands. */
struct course {
    int64_t turn_ns; /* when the mark, or the last value, is due */
    int64_t previous_ns;
    uint64_t number, marked_at;
    bool marked, timed;
    uint32_t every; /* units between two looks at the clock */
};

INLINE struct course course_begin(const struct role *role)
{
    const struct entry *entry = role->entry;

    return (struct course){.turn_ns = now_ns() + role->warm_ns,
                           .timed = entry->kind != PACED && entry->delays,
                           .every = entry->payload * entry->batch > 4096 ? 1
                                    : entry->kind == PACED               ? 1
                                    : entry->waiting == PARKED           ? 16
                                                                         : 64};
}

/* What to note on the unit that follows. */
INLINE enum note course_note(struct course *course, const struct role *role, uint64_t unit)
{
    if ((unit & (course->every - 1)) != 0 || now_ns() < course->turn_ns)
        return NOTE_NONE;
    if (course->marked)
        return NOTE_LAST;
    course->marked = true;
    course->turn_ns = now_ns() + role->measured_ns;
    return NOTE_MARK;
}

/* A note is on the last value of a batch. */
INLINE void fill_unit(unsigned char *data, size_t bytes, unsigned batch, uint64_t number,
                      enum note note, bool ends)
{
    for (unsigned i = 0; i + 1 < batch; i++)
        content_fill(data + i * bytes, bytes, number + i, NOTE_NONE, ends);
    content_fill(data + (batch - 1) * bytes, bytes, number + batch - 1, note, ends);
}

/* From one time to send to the next. */
static inline int64_t gap_ns(const struct entry *entry)
{
    double pace = entry->pace_ns ? (double)entry->pace_ns : PACE_NS;

    if (entry->jitter == JITTERED)
        pace *= 1 - JITTER + 2 * JITTER * drand48();
    if (entry->jitter == RANDOM)
        pace *= -log1p(-drand48());
    return (int64_t)pace;
}

/* Waits, running, for the next time to send; that time is put there. */
INLINE void pace(const struct entry *entry, void *place, int64_t *due_ns)
{
    int64_t now;

    if (*due_ns == 0)
        *due_ns = now_ns();
    *due_ns += gap_ns(entry);
    while ((now = now_ns()) < *due_ns)
        ;
    memcpy(place, &now, sizeof now);
}

INLINE void check_reply(const struct entry *entry, receive_fn *receive, void *context,
                        uint64_t number)
{
    const void *data;

    if (receive(context, &data) != entry->payload ||
        !content_right(data, entry->payload, number, false))
        wrong("a reply is not the value that was sent");
}

INLINE void send_values(struct role *role, void *context, send_fn *send, loan_fn *loan,
                        receive_fn *reply, void *reply_context)
{
    const struct entry *entry = role->entry;
    const size_t bytes = entry->payload;
    const unsigned batch = entry->batch;
    const bool paced = entry->kind == PACED, ends = entry->way == LOANED;
    unsigned char *buffer = value_buffer(bytes * batch), *data = buffer;
    struct course course = course_begin(role);
    enum note note = NOTE_NONE;
    int64_t due_ns = 0;

    for (uint64_t unit = 1; note != NOTE_LAST; unit++) {
        note = course_note(&course, role, unit);
        if (loan)
            data = loan(context);
        fill_unit(data, bytes, batch, course.number + 1, note, ends);
        if (paced)
            pace(entry, data + sizeof(uint64_t), &due_ns);
        send(context, data, bytes);
        course.number += batch;
        if (reply)
            check_reply(entry, reply, reply_context, course.number);
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
    free(buffer);
}

/* The value's age, if it is paced; its content is made to be what it would be if it were not. */
INLINE void note_age(struct role *role, bool counting, const void *data, uint64_t *copy)
{
    int64_t sent_ns, now = now_ns();

    memcpy(copy, data, role->entry->payload);
    sent_ns = (int64_t)copy[1];
    if (sent_ns > now || sent_ns < now - INT64_C(60000000000))
        wrong("a value tells a time that is not of this round");
    copy[1] = content_word(copy[0], 1);
    if (counting)
        histogram_note(&role->share->delays, now - sent_ns);
}

INLINE void receive_values(struct role *role, void *context, receive_fn *receive, send_fn *reply,
                           void *reply_context)
{
    const struct entry *entry = role->entry;
    const size_t bytes = entry->payload;
    const bool copies = entry->way == COPIED, ends = entry->way == LOANED;
    const bool paced = entry->kind == PACED;
    uint64_t number = 0, marked_at = 0;
    void *copy = value_buffer(bytes);
    enum note note = NOTE_NONE;
    const void *data;

    while (note != NOTE_LAST) {
        if (receive(context, &data) != bytes)
            wrong("a value has another length than was sent");
        if (paced)
            note_age(role, marked_at != 0, data, copy);
        else if (copies)
            memcpy(copy, data, bytes);
        if (paced || copies)
            data = copy;
        if (!content_right(data, bytes, ++number, ends))
            wrong("a value is not the one that follows, or not whole");
        note = content_note(data);
        if (reply)
            reply(reply_context, data, bytes);
        if (note == NOTE_MARK) {
            marked_at = number;
            share_begin(role->share);
        }
    }
    share_end(role->share, number - marked_at);
    free(copy);
}

#endif
