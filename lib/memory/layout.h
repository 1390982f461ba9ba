/* SPDX-License-Identifier: MIT */
/*
 * The structs in the shared memory, and what it takes to believe them. README.md, section 3, has
 * the tables: offset, meaning, who writes each word. Any change here bumps SX_LAYOUT_VERSION.
 */
#ifndef SX_LAYOUT_H
#define SX_LAYOUT_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SX_LAYOUT_VERSION 6u
#define SX_MAGIC UINT64_C(0x78006d6165727473) /* "stream", NUL, "x" on a little-endian machine */

#define SX_PAGE 4096u /* unit of the layout; the kernel's pages may be larger */

/* Bytes of the file on which open-file-description locks are held; none of them exists. */
#define SX_LOCK_NAME (INT64_C(1) << 60)
#define SX_LOCK_PRODUCER (SX_LOCK_NAME + 1)
#define SX_LOCK_CONSUMER (SX_LOCK_NAME + 2) /* plus the attach number, which is below 2^59 */
#define SX_ATTACH_MAX ((UINT64_C(1) << 59) - 1)
#define SX_LOCK_SEAT (INT64_C(1) << 61) /* plus a producer's attach number */

struct sx_header {
    uint64_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t slots;
    uint32_t slot_size;
    uint32_t max_consumers;
    uint32_t min_consumers;
    uint64_t control_bytes;
    uint64_t slots_offset;
    uint64_t slot_stride;
    uint64_t segment_bytes;
    int64_t evict_after_ns;
    int64_t created_ns;
    uint64_t unused;
    uint32_t max_producers; /* 0: one, and not shared */
    uint32_t reserve_size;
    char type[64];
    char name[208];
};

static_assert(offsetof(struct sx_header, control_bytes) == 32, "layout");
static_assert(offsetof(struct sx_header, max_producers) == 88, "layout");
static_assert(offsetof(struct sx_header, reserve_size) == 92, "layout");
static_assert(offsetof(struct sx_header, type) == 96, "layout");
static_assert(sizeof(struct sx_header) == 368, "layout");

/*
 * The low bits of sx_control.state. The steps, each one compare-and-swap of the whole word:
 *   live -> closed       the last producer that leaves well; for good
 *   live -> abandoned    the last one, which does not say that anything has ended
 *   abandoned -> live    a successor
 * A casualty is remembered in a shared stream: one of its producers died, or abandoned it. The bits
 * above count who came in, so that a leaver who has looked at all the seats notices a newcomer.
 */
enum sx_state { SX_STATE_LIVE = 0, SX_STATE_CLOSED = 1, SX_STATE_ABANDONED = 2 };

#define SX_STATE_MASK 3u
#define SX_STATE_CASUALTY 4u
#define SX_STATE_COMING 8u

static inline uint32_t sx_state_of(uint32_t word)
{
    return word & SX_STATE_MASK;
}

/*
 * The low bits of sx_seat.owner. The steps, each one compare-and-swap:
 *
 *   free -> joining     a joiner, which holds the lock of its attach number already
 *   joining -> active   the same joiner, its cursor stored
 *   active -> retired   the holder, for whom the stream is over and who has nothing in hand
 *   any -> free         the holder, or whoever found it dead
 */
enum sx_seat_state {
    SX_SEAT_FREE = 0,
    SX_SEAT_JOINING = 1,
    SX_SEAT_ACTIVE = 2,
    SX_SEAT_RETIRED = 3
};

#define SX_SEAT_STATE_MASK UINT64_C(3)

static inline uint64_t sx_owner_make(uint64_t attach, enum sx_seat_state state)
{
    return attach << 2 | (uint64_t)state;
}

static inline enum sx_seat_state sx_owner_state(uint64_t owner)
{
    return (enum sx_seat_state)(owner & SX_SEAT_STATE_MASK);
}

static inline uint64_t sx_owner_attach(uint64_t owner)
{
    return owner >> 2;
}

struct sx_seat {
    _Atomic uint64_t owner;
    _Atomic uint64_t cursor;
    _Atomic int64_t attached_ns;
    _Atomic uint64_t pid_namespace;
    _Atomic uint32_t pid;
    _Atomic uint32_t fencing;
    char label[64];
    _Atomic uint64_t evicted_attach;
    char unused[16];
};

static_assert(offsetof(struct sx_seat, evicted_attach) == 104, "layout");
static_assert(offsetof(struct sx_seat, fencing) == 36, "layout");
static_assert(offsetof(struct sx_seat, label) == 40, "layout");
static_assert(sizeof(struct sx_seat) == 128, "a seat is two cache lines");

/* How far a slot is backed, in streams that do not reserve all of their slots: backing.h. */
struct sx_backing {
    _Atomic uint64_t bytes;
    _Atomic uint64_t used_seq;
};

static_assert(sizeof(struct sx_backing) == 16, "layout");
/* A producer's place. The steps of its owner word are those of a consumer's seat, and one more:
 *   active -> leaving   its holder, which looks whether it is the last one */
enum sx_place_state {
    SX_PLACE_FREE = 0,
    SX_PLACE_JOINING = 1,
    SX_PLACE_ACTIVE = 2,
    SX_PLACE_LEAVING = 3
};

struct sx_place {
    _Atomic uint64_t owner;
    _Atomic int64_t waiting_since_ns;
    _Atomic int64_t attached_ns;
    _Atomic uint64_t pid_namespace;
    _Atomic uint32_t pid;
    _Atomic uint32_t turn_event;
    char label[64];
    _Atomic uint64_t served;
    _Atomic uint64_t latest;
    char unused[8];
};

static_assert(offsetof(struct sx_place, label) == 40, "layout");
static_assert(offsetof(struct sx_place, served) == 104, "layout");
static_assert(offsetof(struct sx_place, latest) == 112, "layout");
static_assert(sizeof(struct sx_place) == 128, "a place is two cache lines");

/* A series, as others read it: series.h. */
struct sx_told_series {
    _Atomic uint64_t extent;
    _Atomic uint64_t seqs;
    _Atomic uint64_t bytes;
};

struct sx_control {
    /* The producer's own, at every publication. */
    _Alignas(128) _Atomic uint64_t claimed;
    _Atomic uint64_t published;

    /* At some; of each pair, the one of the publication's parity. */
    struct sx_told_series series[2];
    _Atomic uint64_t last_stamp[2];
    _Atomic uint32_t sole_writing; /* at every one of a producer that need not take the pen */

    /* The producer's, when it goes to sleep; read at every acknowledgment. */
    _Alignas(128) _Atomic uint64_t wanted;
    _Atomic int64_t wanted_since_ns;

    /* The producer's, when it wakes consumers or ends the stream. */
    _Alignas(128) _Atomic uint32_t data_event;
    _Atomic uint32_t state;
    _Atomic uint32_t fencing;

    /* Consumers', when they go to sleep; read at every publication. */
    _Alignas(128) _Atomic uint32_t sleepers;

    /* Those who come and go; read at every publication. */
    _Alignas(128) _Atomic uint64_t epoch;
    _Atomic uint64_t next_attach;
    _Atomic uint32_t seats_used;
    _Atomic uint32_t kept;

    /* Acknowledgers', when the producer sleeps. */
    _Alignas(128) _Atomic uint32_t room_event;
    _Atomic uint64_t acked;

    /* The producers' among themselves. */
    _Alignas(128) _Atomic uint64_t pen;
    _Atomic uint64_t turn_next;
    _Atomic int64_t turn_granted_ns;
    _Atomic uint32_t pen_wanted;
    _Atomic uint32_t roster_event;
    _Atomic uint64_t next_producer;
    _Atomic uint32_t company;

    /* max_consumers of these, then the producers' places. */
    _Alignas(128) struct sx_seat seats[];
};

static_assert(offsetof(struct sx_control, series) == 16, "layout");
static_assert(offsetof(struct sx_control, last_stamp) == 64, "layout");
static_assert(offsetof(struct sx_control, sole_writing) == 80, "layout");
static_assert(offsetof(struct sx_control, wanted) == 128, "layout");
static_assert(offsetof(struct sx_control, data_event) == 256, "layout");
static_assert(offsetof(struct sx_control, sleepers) == 384, "layout");
static_assert(offsetof(struct sx_control, epoch) == 512, "layout");
static_assert(offsetof(struct sx_control, kept) == 532, "layout");
static_assert(offsetof(struct sx_control, room_event) == 640, "layout");
static_assert(offsetof(struct sx_control, pen) == 768, "layout");
static_assert(offsetof(struct sx_control, pen_wanted) == 792, "layout");
static_assert(offsetof(struct sx_control, company) == 808, "layout");
static_assert(sizeof(struct sx_control) == 896, "layout");

struct sx_frame {
    _Atomic uint64_t stamp;
    _Atomic uint64_t time_ns;
    _Atomic uint64_t first_seq; /* with the extent a pair that is stored as one: fast.h */
    _Atomic uint64_t extent;    /* sx_extent_make */
    unsigned char body[];
};

static_assert(offsetof(struct sx_frame, first_seq) % 16 == 0 &&
                  offsetof(struct sx_frame, extent) == offsetof(struct sx_frame, first_seq) + 8,
              "a pair");

static_assert(sizeof(struct sx_frame) == 32, "header and 32 bytes of payload in one cache line");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
              "atomics between processes");

/*
 * How much a frame holds, messages and bytes of payload, of which there are less than 2^31: one
 * word, to be stored as one. A payload begins with the frame's body; or, with the top bit, with the
 * line behind, as long ones should: a processor copies whole lines, and one that it meets halfway
 * takes it up to twice as long. (A short one is in the frame's own line.)
 */
#define SX_EXTENT_LINED (UINT64_C(1) << 63)
#define SX_LINED_FROM 4096u /* bytes: of a slot that has room for that, or of what takes so much */

static inline uint64_t sx_extent_make(uint32_t count, uint32_t bytes)
{
    return (uint64_t)bytes << 32 | count;
}

/* How far behind the beginning of the body the payload begins. */
static inline uint32_t sx_extent_begin(uint64_t extent)
{
    return extent & SX_EXTENT_LINED ? (uint32_t)sizeof(struct sx_frame) : 0;
}

static inline uint32_t sx_extent_count(uint64_t extent)
{
    return (uint32_t)extent;
}

static inline uint32_t sx_extent_bytes(uint64_t extent)
{
    return (uint32_t)((extent & ~SX_EXTENT_LINED) >> 32);
}

/* The geometry, in private memory: made from options, or from a header that has been checked. */
struct sx_shape {
    uint32_t flags;
    uint32_t slots;
    uint32_t slot_size;
    uint32_t max_consumers;
    uint32_t min_consumers;
    uint32_t max_producers; /* places: 1 unless it is shared */
    uint32_t reserve_size;
    uint64_t backing_offset; /* within control, behind the seats and places */
    uint64_t control_bytes;
    uint64_t slots_offset;
    uint64_t slot_stride;
    uint64_t segment_bytes;
    int64_t evict_after_ns;
};

/* Fills in the derived sizes from slots, slot_size, reserve_size and max_consumers, which are
 * within limits. */
void sx_layout_shape(struct sx_shape *shape);

/*
 * Takes the geometry from a header that anybody may have written, for a file of `file_bytes`.
 * -EPERM: no stream; -EPROTO: a stream of another layout version. Each field is read once.
 */
int sx_layout_check(const struct sx_header *header, uint64_t file_bytes, struct sx_shape *shape);

/* Copies a string field that need not be terminated; the copy is, and has no control bytes. */
void sx_layout_string(char *copy, const char *field, size_t size);

#endif
