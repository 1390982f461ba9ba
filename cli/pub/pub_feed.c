/* SPDX-License-Identifier: MIT */
/*
 * Carries the input into the stream.
 *
 * Split framings: whatever one read brought goes out as one publication, so that a fast input is
 * not slowed to one hand-over per line while a slow input's line goes out at once. When a read
 * brought more than one publication holds, the rest is first topped up if more input is there
 * already; otherwise every read would cost a second, nearly empty publication.
 *
 * Raw, and files: read(2) puts the bytes where the consumers will find them. A slot is borrowed
 * only once there is input, since borrowing takes away what it held.
 */
#include "common/clock.h"
#include "common/exit_status.h"
#include "common/framing_read.h"
#include "common/loop.h"
#include "common/report.h"
#include "common/signals.h"
#include "pub/pub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_MAX 65536u

static int read_failed(const struct sx_pub *pub, const struct sx_source *source, int error)
{
    sx_report("%s: %s: %s", pub->options.name, source->path, strerror(error));
    return error == EACCES || error == EPERM ? SX_STATUS_PERMISSION : SX_STATUS_FAILED;
}

static int await_input(struct sx_pub *pub)
{
    bool alone_ends = (pub->options.stream.flags & STREAMX_PIPE) != 0;
    int result = sx_loop_input(STDIN_FILENO, alone_ends ? pub->producer : NULL, SX_CLOCK_NEVER);

    return result == 0 ? SX_PUB_MORE : sx_pub_wait_failed(pub, result);
}

/* One read of standard input, which should not block. `*got` is -1 if there was nothing after all,
 * 0 at its end. */
static int read_input(struct sx_pub *pub, const struct sx_source *source, void *space, size_t room,
                      ssize_t *got)
{
    *got = read(STDIN_FILENO, space, room);
    if (*got < 0 && errno != EINTR && errno != EAGAIN)
        return read_failed(pub, source, errno);
    return *got > 0 ? sx_pub_tee(pub, space, (size_t)*got) : SX_PUB_MORE;
}

/* ---- split framings ---- */

static int read_more(struct sx_pub *pub, const struct sx_source *source,
                     struct sx_splitter *splitter)
{
    int verdict = await_input(pub);
    char *space;
    size_t room;
    ssize_t got;

    if (verdict != SX_PUB_MORE)
        return verdict;
    if (sx_splitter_space(splitter, &space, &room) != 0)
        return read_failed(pub, source, ENOMEM);
    verdict = read_input(pub, source, space, room, &got);
    if (verdict == SX_PUB_MORE && got == 0)
        sx_splitter_ended(splitter);
    else if (verdict == SX_PUB_MORE && got > 0)
        sx_splitter_filled(splitter, (size_t)got);
    return verdict;
}

/* What is wrong with the input, and where. */
static int bad_input(const struct sx_pub *pub, const struct sx_source *source,
                     const struct sx_splitter *splitter, int error)
{
    bool lines = splitter->framing->kind == SX_FRAMING_LINE;
    bool prefixed = splitter->framing->kind == SX_FRAMING_LENGTH;
    unsigned long long number = splitter->committed + 1;
    const char *name = pub->options.name, *unit = lines ? "line" : "message";

    if (error == -EMSGSIZE && prefixed)
        sx_report("%s: %s: message %llu of %zu bytes is longer than the limit of %zu bytes "
                  "(--max-size)",
                  name, source->path, number, splitter->fault_bytes, splitter->limit);
    else if (error == -EMSGSIZE)
        sx_report("%s: %s: %s %llu is longer than the limit of %zu bytes (--max-size)", name,
                  source->path, unit, number, splitter->limit);
    else if (splitter->fault_wanted == 0)
        sx_report("%s: %s: message %llu is cut off: only %zu of the 4 bytes of its length are "
                  "there",
                  name, source->path, number, splitter->fault_bytes);
    else
        sx_report("%s: %s: message %llu is cut off: only %zu of its %zu bytes are there", name,
                  source->path, number, splitter->fault_bytes, splitter->fault_wanted);
    return SX_STATUS_DATA;
}

/* Publishes a batch of `count` messages, or as many as --rate allows. */
static int send_batch(struct sx_pub *pub, struct sx_splitter *splitter, struct iovec *batch,
                      int count)
{
    unsigned allowed = (unsigned)count;
    int verdict = sx_pub_pace(pub, &allowed);
    bool full;

    if (verdict != SX_PUB_MORE)
        return verdict;
    if (allowed < (unsigned)count)
        count = sx_splitter_batch(splitter, batch, allowed, &full);
    verdict = sx_pub_send(pub, batch, (unsigned)count);
    sx_splitter_commit(splitter);
    return verdict;
}

/* Publishes what the splitter holds, and reads more, until the input ends. */
static int pump(struct sx_pub *pub, const struct sx_source *source, struct sx_splitter *splitter,
                struct iovec *batch)
{
    bool fresh = false; /* the last thing done was a read */

    for (;;) {
        unsigned most = sx_pub_left(pub, BATCH_MAX);
        int count, verdict;
        bool full;

        if (most == 0)
            return SX_PUB_END;
        count = sx_splitter_batch(splitter, batch, most, &full);
        if (count < 0)
            return bad_input(pub, source, splitter, count);
        if (count == 0 && splitter->ended)
            return SX_PUB_MORE;
        if (count == 0 ||
            (!full && !fresh && !splitter->ended && sx_loop_input_ready(STDIN_FILENO))) {
            verdict = read_more(pub, source, splitter);
            fresh = true;
        } else {
            verdict = send_batch(pub, splitter, batch, count);
            fresh = false;
        }
        if (verdict != SX_PUB_MORE)
            return verdict;
    }
}

static int feed_split(struct sx_pub *pub, const struct sx_source *source)
{
    struct sx_splitter splitter;
    struct iovec *batch = calloc(BATCH_MAX, sizeof *batch);
    int verdict;

    if (!batch || sx_splitter_open(&splitter, &pub->options.common.framing, pub->slot_size) != 0) {
        free(batch);
        return read_failed(pub, source, ENOMEM);
    }
    verdict = pump(pub, source, &splitter, batch);
    sx_splitter_close(&splitter);
    free(batch);
    return verdict;
}

/* ---- raw ---- */

/* One message; `*ended` at the end of the input. */
static int feed_raw_once(struct sx_pub *pub, const struct sx_source *source, bool *ended)
{
    size_t most = pub->options.common.framing.read_size, capacity;
    unsigned one = 1;
    void *slot;
    ssize_t got;
    int verdict = await_input(pub);

    if (verdict == SX_PUB_MORE)
        verdict = sx_pub_pace(pub, &one);
    if (verdict == SX_PUB_MORE)
        verdict = sx_pub_loan(pub, &slot, &capacity);
    if (verdict != SX_PUB_MORE)
        return verdict;
    verdict = read_input(pub, source, slot, most > 0 && most < capacity ? most : capacity, &got);
    if (verdict == SX_PUB_MORE && got > 0)
        return sx_pub_publish(pub, (size_t)got);
    *ended = got == 0;
    streamx_discard(pub->producer);
    return verdict;
}

static int feed_raw(struct sx_pub *pub, const struct sx_source *source)
{
    bool ended = false;

    while (!ended) {
        int verdict = SX_PUB_END;

        if (sx_pub_left(pub, 1) > 0)
            verdict = feed_raw_once(pub, source, &ended);
        if (verdict != SX_PUB_MORE)
            return verdict;
    }
    return SX_PUB_MORE;
}

/* ---- whole sources ---- */

/* Reads into the slot until the end; one byte too many shows a file that has grown. */
static int read_whole(struct sx_pub *pub, const struct sx_source *source, int fd, char *slot,
                      size_t capacity, size_t *len)
{
    char beyond;
    ssize_t got;

    *len = 0;
    for (;;) {
        bool full = *len == capacity;

        if (sx_signals_caught() != 0)
            return sx_pub_wait_failed(pub, -EINTR);
        got = read(fd, full ? &beyond : slot + *len, full ? 1 : capacity - *len);
        if (got == 0)
            return SX_PUB_MORE;
        if (got < 0 && errno != EINTR)
            return read_failed(pub, source, errno);
        if (got > 0 && full) {
            sx_report("%s: %s has grown beyond the limit of %zu bytes", pub->options.name,
                      source->path, capacity);
            return SX_STATUS_DATA;
        }
        *len += got > 0 ? (size_t)got : 0;
    }
}

static int feed_file(struct sx_pub *pub, const struct sx_source *source, int fd)
{
    void *slot;
    size_t capacity, len;
    int verdict = sx_pub_loan(pub, &slot, &capacity);

    if (verdict != SX_PUB_MORE)
        return verdict;
    verdict = read_whole(pub, source, fd, slot, capacity, &len);
    if (verdict == SX_PUB_MORE)
        verdict = sx_pub_tee(pub, slot, len);
    if (verdict == SX_PUB_MORE)
        return sx_pub_publish(pub, len);
    streamx_discard(pub->producer);
    return verdict;
}

static int feed_loaded(struct sx_pub *pub, const struct sx_source *source)
{
    const struct iovec message = {.iov_base = source->data, .iov_len = source->len};
    int verdict = sx_pub_tee(pub, source->data, source->len);

    return verdict == SX_PUB_MORE ? sx_pub_send(pub, &message, 1) : verdict;
}

static int feed_message(struct sx_pub *pub, const struct sx_source *source)
{
    unsigned one = sx_pub_left(pub, 1);
    int fd = STDIN_FILENO, verdict = one > 0 ? sx_pub_pace(pub, &one) : SX_PUB_END;

    if (verdict != SX_PUB_MORE)
        return verdict;
    if (source->is_loaded)
        return feed_loaded(pub, source);
    if (!source->is_input)
        fd = open(source->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return read_failed(pub, source, errno);
    verdict = feed_file(pub, source, fd);
    if (!source->is_input)
        close(fd);
    return verdict;
}

int sx_pub_feed(struct sx_pub *pub, struct sx_source *source)
{
    if (source->is_message)
        return feed_message(pub, source);
    sx_pub_hint(pub, source);
    if (pub->options.common.framing.kind == SX_FRAMING_RAW)
        return feed_raw(pub, source);
    return feed_split(pub, source);
}
