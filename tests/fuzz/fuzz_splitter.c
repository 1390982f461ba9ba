/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the splitter of streamx-pub. Whatever the bytes, however the reads cut them and
 * the batches are taken, the messages that come out are those that a plain search finds, in order;
 * none is longer than the limit, none lies outside what was read.
 *
 * An input: the framing, the limit, how it is cut, then the bytes themselves.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/splitter.h"
#include "feed.h"

#define BATCH_MAX 16u

/* What should come out. */
struct expected {
    const struct cli_framing *framing;
    const uint8_t *at;
    size_t left;
    size_t limit;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

/* The next message by a search that knows all bytes: as of cli_splitter_batch, for one. */
static int expected_next(struct expected *e, const uint8_t **data, size_t *len)
{
    size_t i = 0, delimiter_len = e->framing->delimiter_len;

    if (e->left == 0)
        return 0;
    if (e->framing->kind == CLI_FRAMING_LENGTH) {
        if (e->left < 4)
            return -EBADMSG;
        *len = (size_t)e->at[0] << 24 | (size_t)e->at[1] << 16 | (size_t)e->at[2] << 8 | e->at[3];
        *data = e->at + 4;
        if (*len > e->limit)
            return -EMSGSIZE;
        if (*len > e->left - 4)
            return -EBADMSG;
        i = *len + 4;
    } else {
        while (i + delimiter_len <= e->left &&
               memcmp(e->at + i, e->framing->delimiter, delimiter_len) != 0)
            i++;
        *data = e->at;
        *len = i + delimiter_len <= e->left ? i : e->left;
        i = *len == e->left ? e->left : i + delimiter_len;
        if (*len > e->limit)
            return -EMSGSIZE;
    }
    e->at += i;
    e->left -= i;
    return 1;
}

static struct cli_framing read_framing(struct feed *feed)
{
    struct cli_framing framing = {.kind = feed_below(feed, 4)};

    if (framing.kind == CLI_FRAMING_LENGTH)
        return framing;
    framing.delimiter_len = 1;
    if (framing.kind == CLI_FRAMING_LINE)
        framing.delimiter[0] = '\n';
    if (framing.kind == CLI_FRAMING_STRING) {
        framing.delimiter_len = 1 + feed_below(feed, 5);
        for (size_t i = 0; i < framing.delimiter_len; i++)
            framing.delimiter[i] = (char)feed_byte(feed);
    }
    return framing;
}

/* Compares a batch with what was expected; the last result that is no message ends everything. */
static int compare(struct cli_splitter *splitter, struct expected *expected, unsigned most)
{
    struct iovec batch[BATCH_MAX];
    bool full;
    int count = cli_splitter_batch(splitter, batch, most, &full);

    check(count <= (int)most);
    for (int i = 0; i < count; i++) {
        const uint8_t *data = NULL;
        size_t len = 0;

        check(expected_next(expected, &data, &len) == 1);
        check(batch[i].iov_len == len && len <= splitter->limit);
        check(len == 0 || memcmp(batch[i].iov_base, data, len) == 0);
    }
    if (count > 0)
        cli_splitter_commit(splitter);
    if (count < 0 || (count == 0 && splitter->ended)) {
        const uint8_t *data;
        size_t len;

        check(expected_next(expected, &data, &len) == count);
    }
    return count;
}

static void split(struct cli_splitter *splitter, struct expected *expected, struct feed *feed,
                  size_t piece, unsigned most)
{
    int result = 0;

    while (result >= 0 && !feed_empty(feed)) {
        size_t room, size = piece;
        char *space;

        check(cli_splitter_space(splitter, &space, &room) == 0 && room > 0);
        size = size < room ? size : room;
        size = size < feed->left ? size : feed->left;
        memcpy(space, feed->bytes, size);
        feed->bytes += size;
        feed->left -= size;
        cli_splitter_filled(splitter, size);
        while ((result = compare(splitter, expected, most)) > 0)
            ;
    }
    cli_splitter_ended(splitter);
    while (result >= 0 && (result = compare(splitter, expected, most)) > 0)
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct feed feed = {bytes, size};
    struct cli_framing framing = read_framing(&feed);
    size_t limit = feed_below(&feed, 64), piece = 1 + feed_below(&feed, 40);
    unsigned most = 1 + feed_below(&feed, BATCH_MAX);
    struct expected expected = {&framing, feed.bytes, feed.left, limit};
    struct cli_splitter splitter;

    check(cli_splitter_open(&splitter, &framing, limit, limit) == 0);
    split(&splitter, &expected, &feed, piece, most);
    cli_splitter_close(&splitter);
    return 0;
}
