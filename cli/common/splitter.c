/* SPDX-License-Identifier: MIT */
/*
 * Splits a byte stream into messages, without copying them: a batch points into the buffer.
 *
 * Invariants: begin <= batch_end <= end <= capacity; whatever lies in [begin, end) has not been
 * committed. An unfinished message is never searched twice: `partial` and `scanned` remember how
 * far it was looked at, so that a message of n bytes costs O(n) however many reads bring it.
 *
 * A message longer than the limit is an error as soon as that is certain, and never comes out cut;
 * the messages before it come out first.
 */
#include "common/splitter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_LEAST ((size_t)65536)
#define CHUNK_MOST ((size_t)1048576)

struct found {
    size_t start; /* of the message's bytes */
    size_t len;
    size_t next;    /* where the one after it begins */
    bool continued; /* that one is the rest of it */
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

int cli_splitter_open(struct cli_splitter *splitter, const struct cli_framing *framing,
                      size_t limit, size_t room)
{
    memset(splitter, 0, sizeof *splitter);
    splitter->framing = framing;
    splitter->limit = limit;
    splitter->room = room;
    splitter->chunk = room < CHUNK_LEAST ? CHUNK_LEAST : smaller(room, CHUNK_MOST);
    /* several reads' worth: moving an unfinished message to the front stays rare */
    splitter->capacity = 4 * splitter->chunk;
    splitter->buffer = malloc(splitter->capacity);
    return splitter->buffer ? 0 : -ENOMEM;
}

void cli_splitter_close(struct cli_splitter *splitter)
{
    free(splitter->buffer);
    splitter->buffer = NULL;
}

/* Moves what is not committed to the front of the buffer. */
static void compact(struct cli_splitter *splitter)
{
    size_t shift = splitter->begin;

    memmove(splitter->buffer, splitter->buffer + shift, splitter->end - shift);
    splitter->begin = 0;
    splitter->end -= shift;
    splitter->batch_end = 0;
    splitter->batch_count = 0;
    if (splitter->partial >= shift) {
        splitter->partial -= shift;
        splitter->scanned -= shift;
    } else {
        splitter->partial = splitter->scanned = 0;
    }
}

int cli_splitter_space(struct cli_splitter *splitter, char **space, size_t *room)
{
    size_t target = splitter->chunk;

    if (splitter->capacity - splitter->end < target && splitter->begin > 0)
        compact(splitter);
    if (splitter->capacity - splitter->end < target) {
        char *larger = realloc(splitter->buffer, 2 * splitter->capacity);

        if (!larger)
            return -ENOMEM;
        splitter->buffer = larger;
        splitter->capacity *= 2;
    }
    *space = splitter->buffer + splitter->end;
    *room = target;
    return 0;
}

void cli_splitter_filled(struct cli_splitter *splitter, size_t len)
{
    splitter->end += len;
}

void cli_splitter_ended(struct cli_splitter *splitter)
{
    splitter->ended = true;
}

static const char *find_delimiter(const struct cli_framing *framing, const char *at, size_t len)
{
    if (framing->delimiter_len == 1)
        return memchr(at, framing->delimiter[0], len);
    return memmem(at, len, framing->delimiter, framing->delimiter_len);
}

/* The message at `at` has no delimiter yet: is it too long, or the last one, or unfinished? */
static int without_delimiter(struct cli_splitter *splitter, size_t at, struct found *found)
{
    size_t have = splitter->end - at;
    size_t tail = splitter->framing->delimiter_len - 1;

    splitter->fault_bytes = have;
    if (have > splitter->limit + (splitter->ended ? 0 : tail)) {
        /* No delimiter begins within the limit: a piece of it cuts none. */
        *found = (struct found){
            .start = at, .len = splitter->limit, .next = at + splitter->limit, .continued = true};
        return splitter->oversize == CLI_OVERSIZE_SPLIT ? 1 : -EMSGSIZE;
    }
    if (splitter->ended) {
        *found = (struct found){.start = at, .len = have, .next = splitter->end};
        return have > 0;
    }
    splitter->partial = at;
    splitter->scanned = at + (have > tail ? have - tail : 0);
    return 0;
}

static int next_delimited(struct cli_splitter *splitter, size_t at, struct found *found)
{
    const struct cli_framing *framing = splitter->framing;
    size_t skip = at == splitter->partial ? splitter->scanned - at : 0;
    /* where the delimiter of a message within the limit ends at the latest */
    size_t window = smaller(splitter->end - at, splitter->limit + framing->delimiter_len);
    const char *hit = NULL;

    if (skip < window)
        hit = find_delimiter(framing, splitter->buffer + at + skip, window - skip);
    if (!hit)
        return without_delimiter(splitter, at, found);
    found->start = at;
    found->len = (size_t)(hit - splitter->buffer) - at;
    found->next = at + found->len + framing->delimiter_len;
    found->continued = false;
    return 1;
}

/* The message at `at` is incomplete: cut off, or still to come? */
static int incomplete(struct cli_splitter *splitter, size_t have, size_t wanted)
{
    splitter->fault_bytes = have;
    splitter->fault_wanted = wanted;
    return splitter->ended ? -EBADMSG : 0;
}

/* The next piece of a prefixed message that is split. */
static int next_piece(struct cli_splitter *splitter, size_t at, size_t have, struct found *found)
{
    size_t len = smaller(splitter->rest, splitter->limit);

    if (have < len)
        return incomplete(splitter, have, len);
    *found = (struct found){
        .start = at, .len = len, .next = at + len, .continued = len < splitter->rest};
    return 1;
}

static int next_prefixed(struct cli_splitter *splitter, size_t at, struct found *found)
{
    const unsigned char *prefix = (const unsigned char *)splitter->buffer + at;
    size_t have = splitter->end - at, len;

    if (splitter->rest > 0)
        return next_piece(splitter, at, have, found);
    if (have == 0)
        return 0;
    if (have < CLI_FRAMING_PREFIX_BYTES)
        return incomplete(splitter, have, 0);
    len = (size_t)prefix[0] << 24 | (size_t)prefix[1] << 16 | (size_t)prefix[2] << 8 | prefix[3];
    if (len > splitter->limit) {
        splitter->fault_bytes = len;
        return -EMSGSIZE;
    }
    have -= CLI_FRAMING_PREFIX_BYTES;
    if (have < len)
        return incomplete(splitter, have, len);
    found->start = at + CLI_FRAMING_PREFIX_BYTES;
    found->len = len;
    found->next = found->start + len;
    found->continued = false;
    return 1;
}

/* ---- what is too long ------------------------------------------------------------------------ */

/* Drops what is there of a message that is skipped. True: all of it was; the next one begins. */
static bool drop(struct cli_splitter *splitter)
{
    const struct cli_framing *framing = splitter->framing;
    char *at = splitter->buffer + splitter->begin;
    size_t have = splitter->end - splitter->begin, gone = have, tail;
    const char *hit;

    if (framing->kind == CLI_FRAMING_LENGTH) {
        gone = smaller(have, splitter->rest);
        splitter->rest -= gone;
        splitter->skipping = splitter->rest > 0;
    } else {
        tail = framing->delimiter_len - 1;
        hit = find_delimiter(framing, at, have);
        splitter->skipping = !hit;
        if (hit)
            gone = (size_t)(hit - at) + framing->delimiter_len;
        else if (!splitter->ended) /* it may have begun */
            gone = have > tail ? have - tail : 0;
    }
    splitter->batch_end = splitter->begin + gone;
    splitter->batch_count = 0;
    cli_splitter_commit(splitter);
    return !splitter->skipping;
}

/* The message at the front is too long, and is not to be the end. True: go on looking. */
static bool pass_oversize(struct cli_splitter *splitter)
{
    if (splitter->framing->kind == CLI_FRAMING_LENGTH) {
        splitter->rest = splitter->fault_bytes;
        splitter->batch_end = splitter->begin + CLI_FRAMING_PREFIX_BYTES;
        splitter->batch_count = 0;
        cli_splitter_commit(splitter);
    }
    if (splitter->oversize == CLI_OVERSIZE_SPLIT)
        return true;
    splitter->skipped++;
    splitter->skipping = true;
    return drop(splitter);
}

/* ---- batches --------------------------------------------------------------------------------- */

static int next_message(struct cli_splitter *splitter, size_t at, struct found *found)
{
    if (splitter->framing->kind == CLI_FRAMING_LENGTH)
        return next_prefixed(splitter, at, found);
    return next_delimited(splitter, at, found);
}

/* A batch from the front: how many messages; or why there is none. */
static int gather(struct cli_splitter *splitter, struct iovec *batch, unsigned most, bool *full)
{
    size_t at = splitter->begin, room = splitter->room;
    unsigned count = 0;

    *full = true;
    splitter->continued = false;
    while (count < most && !splitter->continued) {
        struct found found;
        int got = next_message(splitter, at, &found);

        if (got == 0)
            *full = false;
        if (got <= 0 && count == 0)
            return got;
        if (got <= 0 || (count > 0 && found.len + CLI_SPLITTER_OVERHEAD > room))
            break;
        batch[count].iov_base = splitter->buffer + found.start;
        batch[count].iov_len = found.len;
        count++;
        at = found.next;
        room -= smaller(room, found.len + CLI_SPLITTER_OVERHEAD);
        /* a piece is the last of its batch, and so is what follows the last piece of one */
        splitter->continued = found.continued;
        if (splitter->rest > 0)
            break;
    }
    splitter->batch_end = at;
    splitter->batch_count = count;
    return (int)count;
}

int cli_splitter_batch(struct cli_splitter *splitter, struct iovec *batch, unsigned most,
                       bool *full)
{
    int count = 0;

    *full = false;
    while (!splitter->skipping || drop(splitter)) {
        count = gather(splitter, batch, most, full);
        if (count != -EMSGSIZE || splitter->oversize == CLI_OVERSIZE_FAIL)
            return count;
        if (!pass_oversize(splitter))
            break;
    }
    if (splitter->ended && splitter->rest > 0)
        return incomplete(splitter, 0, splitter->rest); /* cut off while it was skipped */
    return 0;
}

const char *cli_splitter_batch_bytes(const struct cli_splitter *splitter, size_t *len)
{
    *len = splitter->batch_end - splitter->begin;
    return splitter->buffer + splitter->begin;
}

size_t cli_splitter_left(const struct cli_splitter *splitter)
{
    return splitter->end - splitter->begin;
}

void cli_splitter_commit(struct cli_splitter *splitter)
{
    if (splitter->rest > 0 && splitter->batch_count > 0) /* one piece of a prefixed message */
        splitter->rest -= splitter->batch_end - splitter->begin;
    splitter->begin = splitter->batch_end;
    splitter->committed += splitter->batch_count;
    splitter->batch_count = 0;
    if (splitter->begin == splitter->end) {
        splitter->begin = splitter->end = splitter->batch_end = 0;
        splitter->partial = splitter->scanned = 0;
    }
}

const char *cli_splitter_begun(const struct cli_splitter *splitter, size_t *len, size_t *scanned)
{
    *len = splitter->end - splitter->begin;
    *scanned = splitter->partial == splitter->begin && splitter->scanned > splitter->begin
                   ? splitter->scanned - splitter->begin
                   : 0;
    return splitter->buffer + splitter->begin;
}

void cli_splitter_restart(struct cli_splitter *splitter, const char *bytes, size_t len, bool whole)
{
    size_t tail = splitter->framing->delimiter_len - 1;

    memcpy(splitter->buffer, bytes, len);
    splitter->begin = splitter->batch_end = 0;
    splitter->end = len;
    splitter->batch_count = 0;
    splitter->partial = 0;
    splitter->scanned = whole && len > tail ? len - tail : 0;
}

void cli_splitter_pass(struct cli_splitter *splitter, size_t len, unsigned count)
{
    splitter->batch_end = splitter->begin + len;
    splitter->batch_count = count;
    cli_splitter_commit(splitter);
}
