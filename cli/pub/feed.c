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
 * only once there is input, since borrowing takes away what it held. Not so in a shared stream: its
 * other publishers wait while a slot is borrowed, and reading, or copying for --tee, may take any
 * time. There the bytes are read into memory of our own, and put at once.
 */
#include "pub/feed.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/loop.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/splitter.h"
#include "pub/input.h"
#include "pub/lines.h"
#include "pub/send.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_MAX 65536u

static bool is_shared(const struct cli_pub *pub)
{
    return (pub->options.stream.flags & STREAMX_SHARED) != 0;
}

/* Publishes one message from memory of our own. */
static int send_own(struct cli_pub *pub, void *data, size_t len)
{
    const struct iovec message = {.iov_base = data, .iov_len = len};
    int verdict = cli_send(pub, &message, 1);

    return verdict == CLI_PUB_MORE ? cli_send_tee(pub, data, len) : verdict;
}

/* ---- split framings ---- */

static int read_more(struct cli_pub *pub, const struct cli_source *source,
                     struct cli_splitter *splitter)
{
    int verdict = cli_input_await(pub);
    char *space;
    size_t room;
    ssize_t got;

    if (verdict != CLI_PUB_MORE)
        return verdict;
    if (cli_splitter_space(splitter, &space, &room) != 0)
        return cli_input_failed(pub, source, ENOMEM);
    verdict = cli_input_read(pub, source, space, room, &got);
    if (verdict == CLI_PUB_MORE && got == 0)
        cli_splitter_ended(splitter);
    else if (verdict == CLI_PUB_MORE && got > 0)
        cli_splitter_filled(splitter, (size_t)got);
    return verdict;
}

/* What is wrong with the input, and where. */
static int bad_input(const struct cli_pub *pub, const struct cli_source *source,
                     const struct cli_splitter *splitter, int error)
{
    bool lines = splitter->framing->kind == CLI_FRAMING_LINE;
    bool prefixed = splitter->framing->kind == CLI_FRAMING_LENGTH;
    unsigned long long number = splitter->committed + 1;
    const char *name = pub->options.name, *unit = lines ? "line" : "message";

    if (error == -EMSGSIZE && prefixed)
        cli_report("%s: %s: message %llu of %zu bytes is longer than the limit of %zu bytes "
                   "(--max-size)",
                   name, source->path, number, splitter->fault_bytes, splitter->limit);
    else if (error == -EMSGSIZE)
        cli_report("%s: %s: %s %llu is longer than the limit of %zu bytes (--max-size)", name,
                   source->path, unit, number, splitter->limit);
    else if (splitter->fault_wanted == 0)
        cli_report("%s: %s: message %llu is cut off: only %zu of the 4 bytes of its length are "
                   "there",
                   name, source->path, number, splitter->fault_bytes);
    else
        cli_report("%s: %s: message %llu is cut off: only %zu of its %zu bytes are there", name,
                   source->path, number, splitter->fault_bytes, splitter->fault_wanted);
    return CLI_STATUS_DATA;
}

/* Publishes a batch of `count` messages, or as many as --rate allows. */
static int send_batch(struct cli_pub *pub, struct cli_splitter *splitter, struct iovec *batch,
                      int count)
{
    unsigned allowed = (unsigned)count;
    int verdict = cli_send_pace(pub, &allowed);
    const char *bytes;
    size_t len;
    bool full;

    if (verdict != CLI_PUB_MORE)
        return verdict;
    if (allowed < (unsigned)count)
        count = cli_splitter_batch(splitter, batch, allowed, &full);
    verdict = cli_send(pub, batch, (unsigned)count);
    if (verdict == CLI_PUB_MORE && splitter->continued)
        cli_report_detail("%s: message %llu goes on in the next one", pub->options.name,
                          (unsigned long long)pub->sent);
    bytes = cli_splitter_batch_bytes(splitter, &len);
    if (verdict == CLI_PUB_MORE)
        verdict = cli_send_tee(pub, bytes, len);
    cli_splitter_commit(splitter);
    return verdict;
}

/* Leaves a file that is standard input where the last message ended, for who reads it next. */
static void give_back(const struct cli_splitter *splitter)
{
    off_t left = (off_t)cli_splitter_left(splitter);

    if (left > 0)
        lseek(STDIN_FILENO, -left, SEEK_CUR); /* what is no file does not mind */
}

/* More bytes: where they can be published as they lie, if that is possible, else into the
 * splitter. */
static int read_on(struct cli_pub *pub, const struct cli_source *source,
                   struct cli_splitter *splitter, struct cli_lines *lines)
{
    bool done = false;
    int verdict = cli_lines_read(lines, pub, source, splitter, &done);

    return done || verdict != CLI_PUB_MORE ? verdict : read_more(pub, source, splitter);
}

/* Publishes what the splitter holds, and reads more, until the input ends. */
static int pump(struct cli_pub *pub, const struct cli_source *source, struct cli_splitter *splitter,
                struct iovec *batch, struct cli_lines *lines)
{
    bool fresh = false; /* the last thing done was a read */

    for (;;) {
        unsigned most = cli_send_left(pub, BATCH_MAX);
        int count, verdict;
        bool full;

        if (most == 0) {
            give_back(splitter);
            return CLI_PUB_END;
        }
        count = cli_splitter_batch(splitter, batch, most, &full);
        if (count < 0)
            return bad_input(pub, source, splitter, count);
        if (count == 0 && splitter->ended)
            return CLI_PUB_MORE;
        if (count == 0 ||
            (!full && !fresh && !splitter->ended && cli_loop_input_ready(STDIN_FILENO))) {
            verdict = count == 0 ? read_on(pub, source, splitter, lines)
                                 : read_more(pub, source, splitter);
            fresh = true;
        } else {
            verdict = send_batch(pub, splitter, batch, count);
            fresh = false;
        }
        if (verdict != CLI_PUB_MORE)
            return verdict;
    }
}

static int feed_split(struct cli_pub *pub, const struct cli_source *source)
{
    struct cli_lines lines;
    struct cli_splitter splitter;
    struct iovec *batch = calloc(BATCH_MAX, sizeof *batch);
    int verdict = CLI_PUB_MORE;

    if (!batch || cli_lines_open(&lines, pub) != 0) {
        free(batch);
        return cli_input_failed(pub, source, ENOMEM);
    }
    if (cli_splitter_open(&splitter, &pub->options.common.framing, pub->slot_size, pub->room) != 0)
        verdict = cli_input_failed(pub, source, ENOMEM);
    splitter.oversize = pub->options.oversize;
    if (verdict == CLI_PUB_MORE)
        verdict = pump(pub, source, &splitter, batch, &lines);
    if (splitter.skipped > 0)
        cli_report("%s: %s: %llu messages longer than %zu bytes were left out", pub->options.name,
                   source->path, (unsigned long long)splitter.skipped, splitter.limit);
    cli_splitter_close(&splitter);
    cli_lines_close(&lines);
    free(batch);
    return verdict;
}

/* ---- raw ---- */

/* What fills all that it is given comes fast: with longer reads there are fewer hand-overs. */
static void choose_raw_size(struct cli_pub *pub, size_t got)
{
    if (pub->options.common.framing.read_size > 0)
        return;
    if (got >= pub->raw_size)
        pub->raw_size = pub->slot_size;
    else if (got <= pub->room)
        pub->raw_size = pub->room;
}

/* One message; `*ended` at the end of the input. */
static int feed_raw_once(struct cli_pub *pub, const struct cli_source *source, bool *ended)
{
    size_t capacity;
    unsigned one = 1;
    void *slot;
    ssize_t got;
    int verdict = cli_input_await(pub);

    if (verdict == CLI_PUB_MORE)
        verdict = cli_send_pace(pub, &one);
    if (verdict == CLI_PUB_MORE)
        verdict = cli_send_loan(pub, pub->raw_size, pub->room, &slot, &capacity);
    if (verdict != CLI_PUB_MORE)
        return verdict;
    verdict = cli_input_read(pub, source, slot, capacity < pub->raw_size ? capacity : pub->raw_size,
                             &got);
    if (verdict == CLI_PUB_MORE && got > 0)
        verdict = cli_send_tee(pub, slot, (size_t)got);
    if (verdict == CLI_PUB_MORE && got > 0) {
        choose_raw_size(pub, (size_t)got);
        return cli_send_loaned(pub, (size_t)got);
    }
    *ended = got == 0;
    streamx_discard(pub->producer);
    return verdict;
}

/* The same in a shared stream, by way of `own`. Reads no more than there is memory for in the
 * stream: what was read cannot be given back. */
static int feed_raw_own(struct cli_pub *pub, const struct cli_source *source, void *own,
                        bool *ended)
{
    unsigned one = 1;
    ssize_t got = -1;
    int verdict = cli_input_await(pub);

    if (verdict == CLI_PUB_MORE)
        verdict = cli_send_pace(pub, &one);
    if (verdict == CLI_PUB_MORE)
        verdict = cli_input_read(pub, source, own, pub->raw_size, &got);
    *ended = got == 0;
    return got > 0 ? send_own(pub, own, (size_t)got) : verdict;
}

static int feed_raw(struct cli_pub *pub, const struct cli_source *source)
{
    void *own = is_shared(pub) ? malloc(pub->raw_size) : NULL;
    int verdict = CLI_PUB_MORE;
    bool ended = false;

    if (is_shared(pub) && !own)
        return cli_input_failed(pub, source, ENOMEM);
    while (!ended && verdict == CLI_PUB_MORE) {
        if (cli_send_left(pub, 1) == 0)
            verdict = CLI_PUB_END;
        else if (own)
            verdict = feed_raw_own(pub, source, own, &ended);
        else
            verdict = feed_raw_once(pub, source, &ended);
    }
    free(own);
    return verdict;
}

/* ---- whole sources ---- */

/* After a failed read: CLI_PUB_MORE = try again. */
static int read_again(struct cli_pub *pub, const struct cli_source *source, int fd, int error)
{
    int result = 0;

    if (error == EAGAIN)
        result = cli_loop_input(fd, NULL, CLI_CLOCK_NEVER);
    else if (error != EINTR)
        return cli_input_failed(pub, source, error);
    cli_loop_tick();
    return result == 0 ? CLI_PUB_MORE : cli_send_failed(pub, result);
}

/*
 * Reads into the slot as much as the file held when the stream was made for it, or what is left of
 * that. A file that has grown meanwhile, such as a log, is published as it was then.
 */
static int read_whole(struct cli_pub *pub, const struct cli_source *source, int fd, char *slot,
                      size_t *len)
{
    int verdict = CLI_PUB_MORE;

    *len = 0;
    while (*len < source->len && verdict == CLI_PUB_MORE) {
        ssize_t got;

        if (cli_signals_caught() != 0)
            return cli_send_failed(pub, -EINTR);
        got = read(fd, slot + *len, source->len - *len);
        if (got == 0)
            break;
        if (got < 0)
            verdict = read_again(pub, source, fd, errno);
        else
            *len += (size_t)got;
    }
    return verdict;
}

static int feed_file(struct cli_pub *pub, const struct cli_source *source, int fd)
{
    void *slot;
    size_t capacity, len;
    int verdict = cli_send_loan(pub, source->len, source->len, &slot, &capacity);

    if (verdict != CLI_PUB_MORE)
        return verdict;
    verdict = read_whole(pub, source, fd, slot, &len);
    if (verdict == CLI_PUB_MORE)
        verdict = cli_send_tee(pub, slot, len);
    if (verdict == CLI_PUB_MORE)
        return cli_send_loaned(pub, len);
    streamx_discard(pub->producer);
    return verdict;
}

/* The same in a shared stream. */
static int feed_file_own(struct cli_pub *pub, const struct cli_source *source, int fd)
{
    char *own = malloc(source->len + 1); /* never of no bytes, which may give NULL */
    size_t len;
    int verdict;

    if (!own)
        return cli_input_failed(pub, source, ENOMEM);
    verdict = read_whole(pub, source, fd, own, &len);
    if (verdict == CLI_PUB_MORE)
        verdict = send_own(pub, own, len);
    free(own);
    return verdict;
}

static int feed_loaded(struct cli_pub *pub, const struct cli_source *source)
{
    const struct iovec message = {.iov_base = source->data, .iov_len = source->len};
    int verdict = cli_send_tee(pub, source->data, source->len);

    return verdict == CLI_PUB_MORE ? cli_send(pub, &message, 1) : verdict;
}

static int feed_message(struct cli_pub *pub, const struct cli_source *source)
{
    unsigned one = cli_send_left(pub, 1);
    int fd = STDIN_FILENO, verdict = one > 0 ? cli_send_pace(pub, &one) : CLI_PUB_END;

    if (verdict != CLI_PUB_MORE)
        return verdict;
    if (source->is_loaded)
        return feed_loaded(pub, source);
    if (!source->is_input)
        verdict = cli_source_open(pub, source, &fd);
    if (verdict != CLI_PUB_MORE)
        return verdict;
    verdict = is_shared(pub) ? feed_file_own(pub, source, fd) : feed_file(pub, source, fd);
    if (!source->is_input)
        close(fd);
    return verdict;
}

int cli_feed(struct cli_pub *pub, struct cli_source *source)
{
    if (source->is_message)
        return feed_message(pub, source);
    cli_source_hint(pub, source);
    if (pub->options.common.framing.kind == CLI_FRAMING_RAW)
        return feed_raw(pub, source);
    return feed_split(pub, source);
}
