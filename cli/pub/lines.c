/* SPDX-License-Identifier: MIT */
/*
 * The way of lines without a copy: read into a slot that is free, find where the messages end,
 * publish them with their delimiters between them (streamx_publish_parts). While no slot is free
 * the reading is done into the splitter's memory, which then costs no time, and all of it copied at
 * once. What is left of the last line, and whatever is not plain, goes the way of the splitter: a
 * line longer than the room,
 * --rate and --count.
 */
#include "pub/lines.h"

#include "pub/input.h"
#include "pub/send.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define END_BYTES                                                                                  \
    8u /* that each message needs of its slot beside its own: see streamx_publish_parts */
#define ROOM_MOST ((size_t)1048576) /* what the splitter can take back at once */
#define ROOM_FAST ((size_t)262144)  /* for an input that fills whatever it is given */
#define LENGTH_FIRST 64u            /* what is expected of the first lines */

int cli_lines_open(struct cli_lines *lines, const struct cli_pub *pub)
{
    lines->room = lines->base = pub->room < ROOM_MOST ? pub->room : ROOM_MOST;
    lines->most = pub->slot_size < ROOM_FAST ? pub->slot_size : ROOM_FAST;
    if (lines->most < lines->base)
        lines->most = lines->base;
    lines->want = lines->room / (LENGTH_FIRST + END_BYTES) * LENGTH_FIRST;
    lines->ends = calloc(lines->most / END_BYTES + 2, sizeof *lines->ends);
    return lines->ends ? 0 : -ENOMEM;
}

void cli_lines_close(struct cli_lines *lines)
{
    free(lines->ends);
}

static void set_room(struct cli_lines *lines, size_t room)
{
    lines->want = (size_t)((double)lines->want / (double)lines->room * (double)room);
    lines->room = room;
}

/* What fills all that it is given comes fast: the more of it goes at once, the fewer hand-overs. */
static void choose_room(struct cli_lines *lines, size_t len, bool filled)
{
    if (filled)
        set_room(lines, lines->most);
    else if (len <= lines->base / 2)
        set_room(lines, lines->base);
}

/* There is no memory for more. */
static void keep_to_base(struct cli_lines *lines)
{
    lines->most = lines->base;
    set_room(lines, lines->base);
}

bool cli_lines_are_plain(const struct cli_pub *pub)
{
    /* Others wait while a loan is open, and the input may turn out to come slowly. */
    return pub->options.common.framing.delimiter_len > 0 && pub->options.rate == 0 &&
           !(pub->options.stream.flags & STREAMX_SHARED) && pub->options.count == UINT64_MAX;
}

/* Plain enough? */
static bool is_possible(const struct cli_lines *lines, const struct cli_pub *pub,
                        const struct cli_splitter *splitter)
{
    return cli_lines_are_plain(pub) && !splitter->ended && !splitter->skipping &&
           cli_splitter_left(splitter) < lines->want / 2;
}

/* ---- where messages end ---------------------------------------------------------------------- */

/* The search for ends: what was found so far. */
struct search {
    const char *bytes;
    size_t len;
    size_t used; /* with the last delimiter that counts */
    uint32_t *ends;
    unsigned n;
    size_t room; /* for messages and ends together */
    bool full;   /* the next message has no room */
};

/* A delimiter begins at `end`. False: that is one message too many. */
static inline bool note(struct search *search, size_t end, size_t delimiter_len)
{
    search->full = search->n > 0 && end + END_BYTES * (search->n + (size_t)1) > search->room;
    if (search->full)
        return false;
    search->ends[search->n++] = (uint32_t)end;
    search->used = end + delimiter_len;
    return true;
}

#ifdef __SSE2__
static inline uint64_t hits_at(const char *bytes, __m128i wanted)
{
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)bytes);

    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, wanted));
}

/* A bit for each of these 64 bytes. */
static inline uint64_t look_at_block(const char *bytes, __m128i wanted)
{
    return hits_at(bytes, wanted) | hits_at(bytes + 16, wanted) << 16 |
           hits_at(bytes + 32, wanted) << 32 | hits_at(bytes + 48, wanted) << 48;
}

/* 64 bytes at a look: lines are short, and a call of memchr for each costs more than the look. As
 * far as there are 64; returns how far it came. */
static size_t look_at_blocks(struct search *search, char delimiter, size_t at)
{
    const __m128i wanted = _mm_set1_epi8(delimiter);
    const char *bytes = search->bytes;
    uint32_t *ends = search->ends;
    size_t n = search->n, len = search->len, room = search->room, end = 0;

    for (; len - at >= 64; at += 64) {
        uint64_t hits = look_at_block(bytes + at, wanted);

        for (; hits != 0; hits &= hits - 1) {
            end = at + (unsigned)__builtin_ctzll(hits);
            search->full = n > 0 && end + END_BYTES * (n + 1) > room;
            if (search->full)
                break;
            ends[n++] = (uint32_t)end;
        }
        if (search->full)
            break;
    }
    search->n = (unsigned)n;
    search->used = n > 0 ? ends[n - 1] + (size_t)1 : 0;
    return at;
}
#else
static size_t look_at_blocks(struct search *search, char delimiter, size_t at)
{
    (void)search;
    (void)delimiter;
    return at;
}
#endif

static const char *find(const struct cli_framing *framing, const char *at, size_t len)
{
    if (framing->delimiter_len == 1)
        return memchr(at, framing->delimiter[0], len);
    return memmem(at, len, framing->delimiter, framing->delimiter_len);
}

/* The ends of the messages, as many as fit into a slot with their ends; the first `at` bytes hold
 * no part of a delimiter. */
static void find_ends(struct search *search, const struct cli_framing *framing, size_t at)
{
    const char *hit;

    if (framing->delimiter_len == 1)
        at = look_at_blocks(search, framing->delimiter[0], at);
    while (!search->full && at < search->len &&
           (hit = find(framing, search->bytes + at, search->len - at)) != NULL) {
        if (!note(search, (size_t)(hit - search->bytes), framing->delimiter_len))
            return;
        at = search->used;
    }
}

static struct search look_for_ends(const struct cli_lines *lines, const struct cli_pub *pub,
                                   const char *bytes, size_t len, size_t skip)
{
    struct search search = {.bytes = bytes, .len = len, .ends = lines->ends, .room = lines->room};

    find_ends(&search, &pub->options.common.framing, skip);
    return search;
}

/* ---- publishing ------------------------------------------------------------------------------ */

/* So much next time that the ends of lines like these find room behind it. */
static void learn(struct cli_lines *lines, size_t used, unsigned n)
{
    size_t room = lines->room - lines->room / 64;

    lines->want = (size_t)((double)room * (double)used / (double)(used + (size_t)END_BYTES * n));
    if (lines->want < lines->room / 16)
        lines->want = lines->room / 16 + 1;
}

/* The slot holds the messages. What lies behind the last one is the library's from now on. */
static int publish(struct cli_lines *lines, struct cli_pub *pub, const char *slot,
                   const struct search *found)
{
    const struct cli_framing *framing = &pub->options.common.framing;
    int verdict = cli_send_parts(pub, lines->ends, found->n);

    learn(lines, found->used, found->n);
    if (verdict == CLI_PUB_MORE)
        verdict = cli_send_tee(pub, slot, lines->ends[found->n - 1]);
    if (verdict == CLI_PUB_MORE)
        verdict = cli_send_tee(pub, framing->delimiter, framing->delimiter_len);
    return verdict;
}

/* Finds the messages in the filled slot, and publishes them. */
static int publish_slot(struct cli_lines *lines, struct cli_pub *pub, struct cli_splitter *splitter,
                        const char *slot, size_t len, size_t skip)
{
    struct search found = look_for_ends(lines, pub, slot, len, skip);
    int verdict = CLI_PUB_MORE;

    /* Before that is published: the table of ends comes there. */
    cli_splitter_restart(splitter, slot + found.used, len - found.used, !found.full);
    splitter->committed += found.n;
    if (found.n == 0)
        streamx_discard(pub->producer);
    else
        verdict = publish(lines, pub, slot, &found);
    return verdict;
}

/* Of the slot: the messages, and their ends. */
static size_t needed(const struct cli_lines *lines, const struct search *found)
{
    return lines->ends[found->n - 1] + END_BYTES * (size_t)found->n;
}

/* The same from the splitter, once a slot is free. */
static int publish_copy(struct cli_lines *lines, struct cli_pub *pub, struct cli_splitter *splitter)
{
    size_t len, skip, capacity;
    const char *bytes = cli_splitter_begun(splitter, &len, &skip);
    struct search found = look_for_ends(lines, pub, bytes, len, skip);
    void *slot;
    int verdict;

    if (found.n == 0)
        return CLI_PUB_MORE;
    verdict = cli_send_loan(pub, needed(lines, &found), lines->base, &slot, &capacity);
    if (verdict != CLI_PUB_MORE)
        return verdict;
    if (capacity < needed(lines, &found)) {
        keep_to_base(lines);
        found = look_for_ends(lines, pub, bytes, len, skip);
    }
    memcpy(slot, bytes, lines->ends[found.n - 1]);
    verdict = publish(lines, pub, slot, &found);
    cli_splitter_pass(splitter, found.used, found.n);
    return verdict;
}

/* Reads behind what the splitter has begun, in `slot` or in its own memory; `*len`: with that. */
static int read_behind(struct cli_lines *lines, struct cli_pub *pub,
                       const struct cli_source *source, struct cli_splitter *splitter, char *slot,
                       size_t *len)
{
    size_t scanned, room, most;
    const char *begun = cli_splitter_begun(splitter, len, &scanned);
    char *space = NULL;
    ssize_t got;
    int verdict;

    most = lines->want - *len;
    if (slot)
        memcpy(slot, begun, *len);
    else if (cli_splitter_space(splitter, &space, &room) != 0)
        return cli_input_failed(pub, source, ENOMEM);
    else if (most > room)
        most = room;
    verdict = cli_input_read(pub, source, slot ? slot + *len : space, most, &got);
    if (verdict == CLI_PUB_MORE && got == 0)
        cli_splitter_ended(splitter);
    if (got > 0 && !slot)
        cli_splitter_filled(splitter, (size_t)got);
    *len += got > 0 ? (size_t)got : 0;
    return verdict;
}

/* A slot of that much room, or NULL while none is free. */
static void *lend(struct cli_lines *lines, struct cli_pub *pub)
{
    size_t capacity;
    void *slot;
    int failed =
        streamx_loan_at_least(pub->producer, lines->room, &slot, &capacity, STREAMX_NOWAIT);

    if (failed == -ENOSPC && lines->room > lines->base) {
        keep_to_base(lines);
        failed =
            streamx_loan_at_least(pub->producer, lines->room, &slot, &capacity, STREAMX_NOWAIT);
    }
    return failed ? NULL : slot;
}

int cli_lines_read(struct cli_lines *lines, struct cli_pub *pub, const struct cli_source *source,
                   struct cli_splitter *splitter, bool *done)
{
    size_t len, before, scanned;
    bool filled;
    void *slot;
    int verdict;

    *done = is_possible(lines, pub, splitter);
    if (!*done)
        return CLI_PUB_MORE;
    verdict = cli_input_await(pub);
    if (verdict != CLI_PUB_MORE)
        return verdict;
    slot = lend(lines, pub);
    cli_splitter_begun(splitter, &before, &scanned);
    verdict = read_behind(lines, pub, source, splitter, slot, &len);
    if (verdict != CLI_PUB_MORE || len == before) {
        if (slot)
            streamx_discard(pub->producer);
        return verdict;
    }
    filled = len >= lines->want;
    verdict = slot ? publish_slot(lines, pub, splitter, slot, len, scanned)
                   : publish_copy(lines, pub, splitter);
    choose_room(lines, len, filled);
    return verdict;
}
