/* SPDX-License-Identifier: MIT */
/*
 * The way of lines without a copy: read into a slot that is free, find where the messages end, publish
 * them with their delimiters between them (streamx_publish_parts). While no slot is free the reading is
 * done into the splitter's memory, which then costs no time, and all of it copied at once. What is left
 * of the last line, and whatever is not plain, goes the way of the splitter: a line longer than the room,
 * --rate and --count.
 */
#include "pub/lines.h"

#include "pub/input.h"
#include "pub/send.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define END_BYTES                                                                                  \
    8u /* that each message needs of its slot beside its own: see streamx_publish_parts */
#define ROOM_MOST ((size_t)1048576) /* what the splitter can take back at once */
#define LENGTH_FIRST 64u            /* what is expected of the first lines */

int cli_lines_open(struct cli_lines *lines, const struct cli_pub *pub)
{
    lines->room = pub->room < ROOM_MOST ? pub->room : ROOM_MOST;
    lines->want = lines->room / (LENGTH_FIRST + END_BYTES) * LENGTH_FIRST;
    lines->ends = calloc(lines->room / END_BYTES + 2, sizeof *lines->ends);
    return lines->ends ? 0 : -ENOMEM;
}

void cli_lines_close(struct cli_lines *lines)
{
    free(lines->ends);
}

/* Plain enough? */
static bool is_possible(const struct cli_lines *lines, const struct cli_pub *pub,
                        const struct cli_splitter *splitter)
{
    return pub->options.common.framing.delimiter_len > 0 && pub->options.rate == 0 &&
           pub->options.count == UINT64_MAX && !splitter->ended && !splitter->skipping &&
           cli_splitter_left(splitter) < lines->want / 2;
}

static const char *find(const struct cli_framing *framing, const char *at, size_t len)
{
    if (framing->delimiter_len == 1)
        return memchr(at, framing->delimiter[0], len);
    return memmem(at, len, framing->delimiter, framing->delimiter_len);
}

/*
 * The ends of the messages in `bytes`, as many as fit into a slot with their ends; the first `skip`
 * bytes hold no delimiter. `*used`: with the last delimiter. `*all`: behind that there is none.
 */
static unsigned find_ends(const struct cli_lines *lines, const struct cli_pub *pub,
                          const char *bytes, size_t len, size_t skip, size_t *used, bool *all)
{
    const struct cli_framing *framing = &pub->options.common.framing;
    size_t at = skip;
    unsigned n = 0;

    *used = 0;
    *all = true;
    for (;;) {
        const char *hit = at < len ? find(framing, bytes + at, len - at) : NULL;
        size_t end = hit ? (size_t)(hit - bytes) : 0;

        if (!hit)
            return n;
        if (n > 0 && end + END_BYTES * (n + 1) > lines->room) {
            *all = false;
            return n;
        }
        lines->ends[n++] = (uint32_t)end;
        *used = at = end + framing->delimiter_len;
    }
}

/* So much next time that the ends of lines like these find room behind it. */
static void learn(struct cli_lines *lines, size_t used, unsigned n)
{
    size_t room = lines->room - lines->room / 64;

    lines->want = (size_t)((double)room * (double)used / (double)(used + (size_t)END_BYTES * n));
    if (lines->want < lines->room / 16)
        lines->want = lines->room / 16 + 1;
}

/* The slot holds the messages. What lies behind the last one is the library's from now on. */
static int publish(struct cli_lines *lines, struct cli_pub *pub, const char *slot, size_t used,
                   unsigned n)
{
    const struct cli_framing *framing = &pub->options.common.framing;
    int verdict = cli_send_parts(pub, lines->ends, n);

    learn(lines, used, n);
    if (verdict == CLI_PUB_MORE)
        verdict = cli_send_tee(pub, slot, lines->ends[n - 1]);
    if (verdict == CLI_PUB_MORE)
        verdict = cli_send_tee(pub, framing->delimiter, framing->delimiter_len);
    return verdict;
}

/* Finds the messages in the filled slot, and publishes them. */
static int publish_slot(struct cli_lines *lines, struct cli_pub *pub, struct cli_splitter *splitter,
                        const char *slot, size_t len, size_t skip)
{
    size_t used;
    bool all;
    unsigned n = find_ends(lines, pub, slot, len, skip, &used, &all);
    int verdict = CLI_PUB_MORE;

    /* Before that is published: the table of ends comes there. */
    cli_splitter_restart(splitter, slot + used, len - used, all);
    splitter->committed += n;
    if (n == 0)
        streamx_discard(pub->producer);
    else
        verdict = publish(lines, pub, slot, used, n);
    return verdict;
}

/* The same from the splitter, once a slot is free. */
static int publish_copy(struct cli_lines *lines, struct cli_pub *pub, struct cli_splitter *splitter)
{
    size_t len, skip, used, capacity;
    const char *bytes = cli_splitter_begun(splitter, &len, &skip);
    bool all;
    unsigned n = find_ends(lines, pub, bytes, len, skip, &used, &all);
    void *slot;
    int verdict;

    if (n == 0)
        return CLI_PUB_MORE;
    verdict = cli_send_loan(pub, lines->ends[n - 1] + END_BYTES * n, &slot, &capacity);
    if (verdict != CLI_PUB_MORE)
        return verdict;
    memcpy(slot, bytes, lines->ends[n - 1]);
    verdict = publish(lines, pub, slot, used, n);
    cli_splitter_pass(splitter, used, n);
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

int cli_lines_read(struct cli_lines *lines, struct cli_pub *pub, const struct cli_source *source,
                   struct cli_splitter *splitter, bool *done)
{
    size_t capacity, len, before, scanned;
    void *slot = NULL;
    int verdict;

    *done = is_possible(lines, pub, splitter);
    if (!*done)
        return CLI_PUB_MORE;
    verdict = cli_input_await(pub);
    if (verdict != CLI_PUB_MORE)
        return verdict;
    if (streamx_loan_at_least(pub->producer, lines->room, &slot, &capacity, STREAMX_NOWAIT) != 0)
        slot = NULL;
    cli_splitter_begun(splitter, &before, &scanned);
    verdict = read_behind(lines, pub, source, splitter, slot, &len);
    if (verdict == CLI_PUB_MORE && len > before)
        return slot ? publish_slot(lines, pub, splitter, slot, len, scanned)
                    : publish_copy(lines, pub, splitter);
    if (slot)
        streamx_discard(pub->producer);
    return verdict;
}
