/* SPDX-License-Identifier: MIT */
/*
 * Watching a stream without being waited for (README.md, section 11).
 *
 * A tap copies a publication while the producer may be overwriting it, and looks afterwards whether
 * it may have been: the producer stores `claimed` before the first byte of a slot. Only a copy that
 * passed that look is handed out. A tap stores nothing, so that nobody can tell that it is there,
 * and its death leaves nothing behind.
 *
 * It waits by looking: there is no word on which it could announce itself.
 */
#define _GNU_SOURCE
#include "consumer/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "consumer/publication.h"
#include "kernel/clock.h"
#include "memory/backing.h"

#define NAP_FIRST_NS INT64_C(20000)
#define NAP_LAST_NS (10 * SX_NS_PER_MS)

/* So many copies in a row may be lost before it naps, or a call that does not wait gives up. */
#define PATIENCE 64

/* Internal results of a look: neither a public one. */
#define LOST (-ESTALE)
#define NOTHING (-EAGAIN)

/* ---- the copy ------------------------------------------------------------------------------ */

/*
 * Word by word, each loaded once, by relaxed loads. The producer's stores of payload are plain
 * ones, and may come at the same time. That gives a word any value at worst, and no such value is
 * used: the look that follows the copy finds the claim that came before those stores.
 * ThreadSanitizer cannot know that, so that it is told not to look, and plain volatile loads are
 * what it then leaves alone.
 */
#ifdef SX_THREAD_SANITIZER
#define RACY_WORD const volatile uint64_t
#define LOAD_WORD(word) (*(word))
__attribute__((no_sanitize("thread")))
#else
#define RACY_WORD const _Atomic uint64_t
#define LOAD_WORD(word) atomic_load_explicit((word), memory_order_relaxed)
#endif
static void
copy_words(unsigned char *to, const unsigned char *from, size_t bytes)
{
    RACY_WORD *words = (RACY_WORD *)(const void *)from;

    /* The last word may reach beyond the payload; not beyond the slot, which is made of words. */
    for (size_t i = 0; 8 * i < bytes; i++) {
        uint64_t word = LOAD_WORD(words + i);
        memcpy(to + 8 * i, &word, sizeof word);
    }
}

/* What the stream does not reserve may be a hole by now, and reading a hole of tmpfs through a
 * mapping would make memory of it. False: it could not be read. */
static bool copy_rest(const struct streamx_consumer *c, const unsigned char *payload, size_t from,
                      size_t bytes)
{
    uint64_t body = c->segment.shape.slots_offset + (uint64_t)(payload - c->segment.slots);

    if (from < bytes && !sx_segment_intact(&c->segment))
        return false;
    while (from < bytes) {
        ssize_t got = pread(c->segment.fd, c->copy + from, bytes - from, (off_t)(body + from));

        if (got <= 0 && !(got < 0 && errno == EINTR))
            return false;
        from += got > 0 ? (size_t)got : 0;
    }
    return true;
}

/* How many bytes of a body are memory for certain. */
static size_t mapped_bytes(const struct sx_shape *shape)
{
    return sx_backing_is_partial(shape) ? shape->reserve_size : SIZE_MAX;
}

/* So many bytes of the frame, from its payload on, to the copy, which has room for them. */
static bool copy_payload(const struct streamx_consumer *c, uint64_t extent, size_t bytes)
{
    size_t mapped = mapped_bytes(&c->segment.shape), begin = sx_extent_begin(extent);
    const unsigned char *payload = sx_consumer_frame(c)->body + begin;
    int saved = errno;
    bool copied;

    mapped = mapped > begin ? mapped - begin : 0;
    copy_words(c->copy, payload, bytes < mapped ? bytes : mapped);
    copied = copy_rest(c, payload, mapped, bytes);
    errno = saved;
    return copied;
}

static bool make_room(struct streamx_consumer *c, size_t bytes)
{
    size_t room = bytes / 8 * 8 + 8; /* never none: a message of 0 bytes lies somewhere too */
    unsigned char *copy;

    if (room <= c->copy_room)
        return true;
    /* Not realloc: what is in it is of no use any more. */
    copy = malloc(room);
    if (!copy)
        return false;
    free(c->copy);
    c->copy = copy;
    c->copy_room = room;
    return true;
}

/* Is what was read of the slot what was published there? */
static bool intact(const struct streamx_consumer *c)
{
    uint64_t claimed;

    /* Pairs with the barrier behind the claim in claim.h: a byte of a later publication, or of a
     * loan that was discarded, was read only if this load sees the claim that was stored before
     * it. */
    sx_barrier_loads();
    claimed = atomic_load_explicit(&c->segment.control->claimed, memory_order_relaxed);
    return sx_after(c->offer.next + c->segment.shape.slots, claimed);
}

/* Copies the next publication and opens the copy: 1; NOTHING, LOST, -ENOMEM or -EPROTO. */
static int copy_next(struct streamx_consumer *c)
{
    const struct sx_frame *frame = sx_consumer_frame(c);
    /* Acquire pairs with the release in publish.h: the frame and the payload. */
    uint64_t stamp = atomic_load_explicit(&frame->stamp, memory_order_acquire);
    uint64_t extent, first, time_ns, publication = c->offer.next;
    uint32_t count, bytes;
    bool sound, room = false, copied = false;

    if (stamp != publication)
        return sx_after(stamp, publication) ? LOST : NOTHING;
    /* Relaxed, all: published by the stamp; and whether they still are what was published is asked
     * below. */
    extent = atomic_load_explicit(&frame->extent, memory_order_relaxed);
    first = atomic_load_explicit(&frame->first_seq, memory_order_relaxed);
    time_ns = atomic_load_explicit(&frame->time_ns, memory_order_relaxed);
    count = sx_extent_count(extent);
    bytes = sx_extent_bytes(extent);
    sound = sx_publication_fits(c, extent) && sx_after(first, c->offer.taken);
    if (sound)
        room = make_room(c, sx_ring_taken(bytes, count));
    if (room)
        copied = copy_payload(c, extent, sx_ring_taken(bytes, count));
    if (!intact(c))
        return LOST;
    if (!sound)
        return -EPROTO;
    if (!room || !copied)
        return room ? -EBADF : -ENOMEM;
    sx_publication_stand_at(c, first - 1);
    c->offer.time_ns = time_ns;
    sx_publication_go_to(c, publication + 1);
    if (!sx_publication_lay_out(c, c->copy, extent) ||
        (publication == c->tap_latest && !sx_publication_skip(c, count - 1)))
        return -EPROTO;
    return 1;
}

/* ---- where to look ------------------------------------------------------------------------- */

/* The newest publication, the seq of its last message, and the oldest that is still there. */
static bool survey(const struct streamx_consumer *c, uint64_t *newest, uint64_t *last,
                   uint64_t *oldest)
{
    struct sx_position position;
    uint64_t claimed;

    if (!sx_frames_newest(&c->segment, &position))
        return false;
    *newest = position.published;
    *last = position.last_seq;
    /* Relaxed: what has left the ring since is found out when it is copied. */
    claimed = atomic_load_explicit(&c->segment.control->claimed, memory_order_relaxed);
    *oldest = sx_ring_oldest(claimed, c->segment.shape.slots);
    return true;
}

/* What was to come next is gone. The oldest that is there would soon be gone as well: half a ring
 * behind the newest leaves as much time to copy as can be had. */
static int catch_up(struct streamx_consumer *c)
{
    uint32_t half = c->segment.shape.slots / 2;
    uint64_t newest, last, oldest, to;

    if (!survey(c, &newest, &last, &oldest))
        return -EPROTO;
    to = newest > half ? newest - half : 1;
    sx_publication_go_to(c, sx_after(oldest, to) ? oldest : to);
    return 0;
}

int sx_tap_start(struct streamx_consumer *c, uint32_t start)
{
    uint64_t newest, last, oldest;

    if (!survey(c, &newest, &last, &oldest))
        return -EPROTO;
    if ((start == STREAMX_START_LATEST || start == STREAMX_START_OLDEST) && newest > 0 &&
        !sx_after(oldest, newest)) {
        if (start == STREAMX_START_LATEST)
            c->tap_latest = newest;
        sx_publication_go_to(c, start == STREAMX_START_LATEST ? newest : oldest);
        return 0;
    }
    sx_publication_stand_at(c, last);
    sx_publication_go_to(c, newest + 1);
    return 0;
}

/* ---- waiting ------------------------------------------------------------------------------- */

/* The same questions in the same order as in wait.c: so an end is never taken for a crash, and
 * what was published before it is never left out. */
static int look(struct streamx_consumer *c)
{
    int found = copy_next(c);
    uint32_t state;

    if (found != NOTHING)
        return found;
    /* Acquire pairs with the release in close.c: every stamp was stored before the end. */
    state = atomic_load_explicit(&c->segment.control->state, memory_order_acquire);
    if (sx_state_of(state) == SX_STATE_LIVE)
        return NOTHING;
    found = copy_next(c);
    if (found != NOTHING)
        return found;
    if (sx_state_of(state) == SX_STATE_CLOSED)
        return state & SX_STATE_CASUALTY ? -EOWNERDEAD : 0;
    return sx_state_of(state) == SX_STATE_ABANDONED ? -EOWNERDEAD : -EPROTO;
}

static int look_for_death(struct streamx_consumer *c)
{
    int found;

    if (!sx_roster_orphaned(&c->segment))
        return sx_segment_intact(&c->segment) ? NOTHING : -EBADF;
    found = look(c); /* what it did before it died counts */
    return found == NOTHING ? -EOWNERDEAD : found;
}

/* Looks until a copy has been made, there is nothing, or too many were lost in a row. */
static int look_patiently(struct streamx_consumer *c, int64_t deadline_ns)
{
    int found = look(c);

    for (int lost = 1; found == LOST; lost++) {
        int failed = catch_up(c);

        if (failed)
            return failed;
        if (lost == PATIENCE || (deadline_ns != 0 && sx_clock_now() >= deadline_ns))
            return LOST;
        found = look(c);
    }
    return found;
}

static void nap(int64_t nap_ns, int64_t now_ns, int64_t deadline_ns)
{
    int64_t left_ns = deadline_ns == SX_NEVER ? SX_NEVER : deadline_ns - now_ns;
    const struct timespec moment = {.tv_nsec = nap_ns < left_ns ? nap_ns : left_ns};
    int saved = errno;

    nanosleep(&moment, NULL); /* cut short by a signal, it is only a look more */
    errno = saved;
}

int sx_tap_wait(struct streamx_consumer *c, int64_t timeout_ns)
{
    int64_t deadline_ns = sx_clock_deadline(timeout_ns), nap_ns = NAP_FIRST_NS;

    for (;;) {
        int found = look_patiently(c, deadline_ns);
        int64_t now_ns = deadline_ns == 0 ? 0 : sx_clock_now();
        bool over = now_ns >= deadline_ns, lost = found == LOST;

        if (found == NOTHING && (over || nap_ns >= NAP_LAST_NS))
            found = look_for_death(c);
        if (found != NOTHING && found != LOST)
            return found;
        if (over)
            return deadline_ns == 0 ? -EAGAIN : -ETIMEDOUT;
        nap(nap_ns, now_ns, deadline_ns);
        nap_ns = lost ? NAP_FIRST_NS : 2 * nap_ns < NAP_LAST_NS ? 2 * nap_ns : NAP_LAST_NS;
    }
}
