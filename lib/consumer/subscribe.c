/* SPDX-License-Identifier: MIT */
/*
 * The consumer's life: subscribe and unsubscribe.
 *
 * An attempt to attach that finds the stream absent, or sees it end while it attaches, undoes
 * itself and waits for the next stream of that name.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/join.h"
#include "consumer/publication.h"
#include "consumer/slip.h"
#include "consumer/tap.h"
#include "kernel/clock.h"
#include "kernel/liveness.h"
#include "kernel/processor.h"
#include "memory/name.h"
#include "memory/store.h"

/* Between two looks for the name. */
#define TICK_FIRST_NS SX_NS_PER_MS
#define TICK_LAST_NS (32 * SX_NS_PER_MS)

#define FLAGS (STREAMX_ANY_OWNER | STREAMX_TAP | STREAMX_PATIENT | STREAMX_KEEP)

/* A subscription as asked for, checked. */
struct wish {
    const char *name;
    char *path;
    char label[64];
    const char *type;
    uint32_t start;
    uint32_t flags;
    int64_t spin_ns;
};

static int check_options(struct wish *wish, const struct streamx_subscribe_options *o)
{
    for (size_t i = 0; i < sizeof o->reserved / sizeof o->reserved[0]; i++)
        if (o->reserved[i] != 0)
            return -EINVAL;
    if (o->start > STREAMX_START_OLDEST || (o->flags & ~FLAGS) || o->spin_ns < -1 ||
        ((o->flags & STREAMX_TAP) && (o->flags & (STREAMX_PATIENT | STREAMX_KEEP))))
        return -EINVAL;
    if (o->type && strnlen(o->type, STREAMX_TAG_MAX + 1) > STREAMX_TAG_MAX)
        return -EINVAL;
    if (o->label && strnlen(o->label, STREAMX_TAG_MAX + 1) > STREAMX_TAG_MAX)
        return -EINVAL;
    if (o->label)
        memcpy(wish->label, o->label, strlen(o->label));
    else
        sx_process_name(wish->label, sizeof wish->label);
    wish->type = o->type && *o->type ? o->type : NULL;
    wish->start = o->start;
    wish->flags = o->flags;
    wish->spin_ns = o->spin_ns;
    return 0;
}

/* Was everything that was published acknowledged by somebody? */
static bool all_acknowledged(const struct sx_segment *segment)
{
    struct sx_position position;
    struct sx_tally tally;

    if (!sx_frames_newest(segment, &position))
        return false;
    sx_registry_tally_all(segment, &tally);
    return !sx_after(position.last_seq, tally.acknowledged);
}

/* Has it nothing more to give to anybody who is not attached yet? */
static bool spent(const struct sx_segment *segment)
{
    /* Acquire pairs with the release in close.c: what was published before the end. */
    uint32_t state = atomic_load_explicit(&segment->control->state, memory_order_acquire);

    if (sx_state_of(state) == SX_STATE_CLOSED)
        return true;
    return sx_roster_deserted(segment) && all_acknowledged(segment);
}

/* Will a successor take it up? Then it keeps its name. */
static bool awaits_successor(const struct sx_segment *segment)
{
    uint32_t state = atomic_load_explicit(&segment->control->state, memory_order_acquire);

    return (segment->shape.flags & STREAMX_RESUME) && sx_state_of(state) != SX_STATE_CLOSED;
}

/* What cannot be attached to counts as absent. One who is patient waits where a successor comes. */
static bool absent(const struct sx_segment *segment, bool patient)
{
    return !sx_segment_named(segment) ||
           (spent(segment) && !(patient && awaits_successor(segment)));
}

/* Was the name taken from a stream that goes on? */
static bool removed(const struct sx_segment *segment)
{
    /* In this order: a producer that ends stores the state before it unbinds the name. */
    return !sx_segment_named(segment) &&
           sx_state_of(atomic_load_explicit(&segment->control->state, memory_order_acquire)) ==
               SX_STATE_LIVE;
}

/* Before the seat counts: whoever waits for this consumer's acknowledgments, and ends the stream
 * then, sees it. */
static void keep_name(struct streamx_consumer *c)
{
    SX_STORE(keep, &c->segment.control->kept, 1, memory_order_release);
}

/* How it has ended was seen: nobody needs the name for that any more. */
static void cease_to_keep(struct streamx_consumer *c)
{
    /* Pair 5: before our seat, and the look at the state. */
    SX_STORE(keep_no_more, &c->segment.control->kept, 0, memory_order_seq_cst);
}

/* Gives the seat up; whoever leaves a spent stream removes its name (README.md, pair 5). */
static void leave(struct streamx_consumer *c)
{
    if (c->keeps && (c->final == 0 || c->final == -EOWNERDEAD))
        cease_to_keep(c);
    sx_registry_leave(&c->segment, &c->ticket);
    /* Pair 5: between our seat and the look at the state. */
    sx_barrier_full();
    if (!awaits_successor(&c->segment) && spent(&c->segment))
        sx_name_release(&c->segment, 0);
}

static int check_type(const struct sx_segment *segment, const char *type)
{
    char carried[sizeof segment->header->type];

    memcpy(carried, segment->header->type, sizeof carried);
    carried[sizeof carried - 1] = '\0';
    return type && strcmp(type, carried) != 0 ? -EPROTOTYPE : 0;
}

/* Begins in the middle of a batch, `skip` messages behind its start. */
static int begin_within(struct streamx_consumer *c, uint32_t skip)
{
    if (skip == 0)
        return 0;
    c->offer.taken -= skip;
    if (sx_publication_open(c) && sx_publication_skip(c, skip))
        return 0;
    return sx_consumer_evicted(c) ? -ESTALE : -EPROTO;
}

/* The words that streamx_next looks at and stores where it is no call (streamx_next.h). There they
 * are without _Atomic, for C++ too, and atomically accessed nevertheless. What is asserted has been
 * compiled into programs: a change needs another number for streamx_next_5, also in streamx.map. */
static void point_at_words(struct streamx_consumer *c)
{
    _Static_assert(
        offsetof(struct streamx_offer, taken) == 0 && offsetof(struct streamx_offer, hand) == 8 &&
            offsetof(struct streamx_offer, one) == 16 &&
            offsetof(struct streamx_offer, through) == 24 &&
            offsetof(struct streamx_offer, end) == 32 &&
            offsetof(struct streamx_offer, each) == 40 &&
            offsetof(struct streamx_offer, fetch) == 48 &&
            offsetof(struct streamx_offer, cursor) == 56 &&
            offsetof(struct streamx_offer, time_ns) == 64 &&
            offsetof(struct streamx_offer, wanted) == 72 &&
            offsetof(struct streamx_offer, quick) == 80 &&
            offsetof(struct streamx_offer, next) == 88 &&
            offsetof(struct streamx_offer, slot) == 96 &&
            offsetof(struct streamx_offer, first) == 104 &&
            offsetof(struct streamx_offer, last) == 112 &&
            offsetof(struct streamx_offer, stride) == 120 &&
            offsetof(struct streamx_offer, bytes) == 128 &&
            offsetof(struct streamx_offer, single) == 136 &&
            offsetof(struct streamx_offer, runs_from) == 144 &&
            offsetof(struct streamx_offer, ahead) == 152 &&
            offsetof(struct streamx_offer, call_at) == 160 && sizeof(struct streamx_offer) == 168,
        "number 5");
    _Static_assert(offsetof(struct streamx_slot, publication) == offsetof(struct sx_frame, stamp) &&
                       offsetof(struct streamx_slot, seq) == offsetof(struct sx_frame, first_seq) &&
                       offsetof(struct streamx_slot, time_ns) ==
                           offsetof(struct sx_frame, time_ns) &&
                       offsetof(struct streamx_slot, extent) == offsetof(struct sx_frame, extent) &&
                       sizeof(struct streamx_slot) == offsetof(struct sx_frame, body),
                   "a slot is a frame");
    _Static_assert(SX_CURSOR_EVICTED == 1 && SX_WANTED_NOTHING == 0, "a seq, doubled; and 0");
    _Static_assert(SX_PROCESS_HERE == 1 + 1, "one message in hand");
    _Static_assert(offsetof(struct streamx_consumer, offer) == 0, "what a handle begins with");
    _Static_assert(sizeof(_Atomic uint64_t) == sizeof(uint64_t), "an atomic word is a word");

    c->offer.cursor = (uint64_t *)(void *)&c->seat->cursor;
    c->offer.wanted = (const uint64_t *)(const void *)&c->segment.control->wanted;
}

/* Takes a seat, and finds where to start. */
static int take_seat(struct streamx_consumer *c, const struct wish *wish)
{
    uint32_t skip;
    int failed = sx_registry_enter(&c->segment, wish->label, &c->ticket);

    if (failed)
        return failed;
    c->seat = &c->segment.control->seats[c->ticket.seat];
    c->way = c->segment.shape.evict_after_ns > 0 ? SX_WAY_EVICTABLE : SX_WAY_STEADY;
    sx_fence_init(&c->fence, &c->seat->fencing);
    point_at_words(c);
    sx_consumer_choose_way(c);
    sx_spin_init(&c->spin, wish->spin_ns, c->segment.shape.slots);
    sx_nap_init(&c->nap, c->segment.shape.slots);
    failed = sx_join(c, wish->start, &skip);
    if (!failed)
        failed = begin_within(c, skip);
    c->nap.since = c->offer.next;
    sx_publication_waits(c);
    if (failed)
        leave(c);
    return failed;
}

/* One that could not see the producer die would wait for ever. */
static int begin_tap(struct streamx_consumer *c, const struct wish *wish)
{
    if (!sx_liveness_tells(c->segment.fd))
        return -EOPNOTSUPP;
    c->way = SX_WAY_TAP;
    sx_consumer_choose_way(c);
    return sx_tap_start(c, wish->start);
}

/* Attaches to a mapped stream. */
static int attach(struct streamx_consumer *c, const struct wish *wish)
{
    int failed;

    c->patient = (wish->flags & STREAMX_PATIENT) != 0;
    if (absent(&c->segment, c->patient))
        return -ENOENT;
    failed = check_type(&c->segment, wish->type);
    if (failed)
        return failed;
    c->offer.one = (const uint64_t *)(const void *)c->segment.process;
    sx_consumer_hold(c, 0);
    c->final = SX_NOT_FINAL;
    c->offers = c->segment.shape.flags & STREAMX_SHARED ? SX_OFFERED_SHARED : UINT64_MAX;
    c->fetches_opened = sx_processor()->fetches_opened;
    c->fetches_each = sx_processor()->fetches_each;
    c->fetches_next = sx_processor()->fetches_next;
    c->reads_ahead = sx_processor()->reads_ahead ||
                     sx_processor_slots_ahead(c->segment.shape.slots,
                                              c->segment.shape.slot_stride > SX_LINE) == 0;
    sx_slip_init(&c->slip, &c->segment.shape);
    c->offer.single = sx_extent_make(1, 0);
    c->keeps = (wish->flags & STREAMX_KEEP) != 0;
    if (c->keeps)
        keep_name(c);
    failed = wish->flags & STREAMX_TAP ? begin_tap(c, wish) : take_seat(c, wish);
    if (failed)
        return failed;
    /* Pair 6: the seat, the barrier (in sx_join), and now the name and the state. A stream that has
     * ended meanwhile is not left: its producer may have waited for just this consumer, which
     * must see how it ends. */
    if (!removed(&c->segment))
        return 0;
    if (c->way != SX_WAY_TAP)
        leave(c);
    return -ENOENT;
}

static int open_segment(struct sx_segment *segment, const struct wish *wish)
{
    bool any_owner = (wish->flags & STREAMX_ANY_OWNER) != 0;

    return wish->flags & STREAMX_TAP ? sx_segment_look(segment, wish->path, wish->name, any_owner)
                                     : sx_segment_open(segment, wish->path, wish->name, any_owner);
}

/* Evicted before it began, as may happen once in `evict_after_ns`: tries again, for as long as
 * there is time. */
static int attempt(struct streamx_consumer *c, const struct wish *wish, int64_t deadline_ns)
{
    int failed;

    do {
        memset(c, 0, sizeof *c);
        failed = open_segment(&c->segment, wish);
        if (failed)
            return failed;
        failed = attach(c, wish);
        if (failed)
            sx_segment_close(&c->segment);
    } while (failed == -ESTALE && sx_clock_now() < deadline_ns);
    if (failed == -ESTALE)
        return deadline_ns == 0 ? -EAGAIN : -ETIMEDOUT;
    return failed;
}

/*
 * Attaches as soon as there is something to attach to. The name is looked for by a tick, short at
 * first. inotify(7) would tell at once, but closing it costs more than that: it waits until the
 * kernel has seen every processor pass by, which has taken up to a second on machines seen so far.
 * That would be after the attach, when the producer waits for this consumer, or after the deadline
 * of the call.
 */
static int attempt_until(struct streamx_consumer *c, const struct wish *wish, int64_t deadline_ns)
{
    int64_t tick_ns = TICK_FIRST_NS;
    int failed = attempt(c, wish, deadline_ns);

    if (failed != -ENOENT || deadline_ns == 0)
        return failed;
    while ((failed = attempt(c, wish, deadline_ns)) == -ENOENT) {
        int64_t now_ns = sx_clock_now();
        struct timespec until = sx_clock_timespec(sx_clock_earlier(now_ns + tick_ns, deadline_ns));

        if (now_ns >= deadline_ns)
            return -ETIMEDOUT;
        /* Cut short by a signal, it is only a look more. */
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        if (tick_ns < TICK_LAST_NS)
            tick_ns *= 2;
    }
    return failed;
}

static int subscribe(struct streamx_consumer **consumer, struct wish *wish, int64_t timeout_ns)
{
    struct streamx_consumer *c;
    int failed = sx_name_path(wish->name, &wish->path);

    if (failed)
        return failed;
    c = calloc(1, sizeof *c);
    failed = c ? attempt_until(c, wish, sx_clock_deadline(timeout_ns)) : -ENOMEM;
    free(wish->path);
    if (failed)
        free(c);
    else
        *consumer = c;
    return failed;
}

int streamx_subscribe(struct streamx_consumer **consumer, const char *name,
                      const struct streamx_subscribe_options *options, int64_t timeout_ns)
{
    const struct streamx_subscribe_options defaults = {0};
    struct wish wish = {.name = name};
    int saved = errno;
    int result = check_options(&wish, options ? options : &defaults);

    if (timeout_ns < STREAMX_FOREVER)
        result = -EINVAL;
    if (!result)
        result = subscribe(consumer, &wish, timeout_ns);
    errno = saved;
    return result;
}

void streamx_unsubscribe(struct streamx_consumer *c)
{
    int saved = errno;

    if (!c)
        return;
    if (c->way != SX_WAY_TAP && sx_segment_ours(&c->segment))
        leave(c);
    free(c->copy);
    sx_notice_close(&c->notice, sx_segment_ours(&c->segment));
    sx_armed_close(&c->ring, sx_segment_ours(&c->segment));
    sx_segment_close(&c->segment);
    free(c);
    errno = saved;
}
