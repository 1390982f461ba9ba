/* SPDX-License-Identifier: MIT */
/*
 * The splitter: bytes in, messages out, for every framing whose messages are found by looking at
 * the bytes (line, NUL, string, length). Pure: it reads nothing and waits for nothing.
 *
 *     cli_splitter_space(); read(2) into it; cli_splitter_filled() or cli_splitter_ended();
 *     while (cli_splitter_batch() > 0) { publish the batch; cli_splitter_commit(); }
 */
#ifndef CLI_SPLITTER_H
#define CLI_SPLITTER_H

#include "common/framing.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

/* What a message costs in a batch beside its bytes: see streamx_putv. */
#define CLI_SPLITTER_OVERHEAD 8u

/* What becomes of a message that is longer than the limit. */
enum cli_oversize {
    CLI_OVERSIZE_FAIL,  /* -EMSGSIZE */
    CLI_OVERSIZE_SKIP,  /* it is left out, and counted */
    CLI_OVERSIZE_SPLIT, /* it comes in pieces of the limit, each but the last `continued` */
};

struct cli_splitter {
    const struct cli_framing *framing;
    enum cli_oversize oversize;
    size_t limit; /* longest message */
    size_t room;  /* of a batch of several */
    size_t chunk; /* bytes asked for by one read */
    char *buffer;
    size_t capacity;
    size_t begin;     /* of the first message that is not committed */
    size_t end;       /* of what was read */
    size_t batch_end; /* of the last batch */
    size_t batch_count;
    size_t partial;      /* where the last, unfinished message begins ... */
    size_t scanned;      /* ... and before where it holds no delimiter */
    uint64_t committed;  /* messages so far */
    uint64_t skipped;    /* messages that were left out */
    bool skipping;       /* the next delimiter ends one that is left out */
    size_t rest;         /* bytes that are to come of a prefixed message that is skipped or split */
    bool continued;      /* the last message of the batch goes on in the next one */
    size_t fault_bytes;  /* at an error: the message's length, as far as it is known */
    size_t fault_wanted; /* at -EBADMSG: how long it should have been; 0 = the prefix is cut */
    bool ended;
};

/* `framing` must outlive the splitter; a batch of several messages takes at most `room`. -ENOMEM,
 * or 0. */
int cli_splitter_open(struct cli_splitter *splitter, const struct cli_framing *framing,
                      size_t limit, size_t room);
void cli_splitter_close(struct cli_splitter *splitter);

/* Where the next bytes go, and how many: at least 1. Ends the validity of a batch. -ENOMEM, or 0.
 */
int cli_splitter_space(struct cli_splitter *splitter, char **space, size_t *room);

/* `len` bytes were put there. */
void cli_splitter_filled(struct cli_splitter *splitter, size_t len);

/* No more will come. */
void cli_splitter_ended(struct cli_splitter *splitter);

/*
 * The next messages, at most `most` of them and at most what fits into one publication; they stay
 * valid until cli_splitter_space. `*full` tells that more bytes could not have added to the batch.
 * Calling it again without a commit gives the same messages, or more if there are more bytes.
 *
 *   > 0        messages
 *   0          more bytes are needed; after the end: there is nothing more
 *   -EMSGSIZE  the next message is longer than the limit (CLI_OVERSIZE_FAIL)
 *   -EBADMSG   the next message is cut off by the end
 */
int cli_splitter_batch(struct cli_splitter *splitter, struct iovec *batch, unsigned most,
                       bool *full);

/* What the last batch was read from, delimiters and lengths included. */
const char *cli_splitter_batch_bytes(const struct cli_splitter *splitter, size_t *len);

/* How much was read and is not committed. */
size_t cli_splitter_left(const struct cli_splitter *splitter);

/* The bytes of the message that is begun, there being no complete one. The first `*scanned` of them
 * hold no part of a delimiter. */
const char *cli_splitter_begun(const struct cli_splitter *splitter, size_t *len, size_t *scanned);

/* `count` messages, `len` bytes of it in all, are done with, which no batch gave out. */
void cli_splitter_pass(struct cli_splitter *splitter, size_t len, unsigned count);

/* Holds these bytes instead of those, at most what one read may bring. `whole`: they hold no
 * delimiter. */
void cli_splitter_restart(struct cli_splitter *splitter, const char *bytes, size_t len, bool whole);

/* The last batch is done with. */
void cli_splitter_commit(struct cli_splitter *splitter);

#endif /* CLI_SPLITTER_H */
