/* SPDX-License-Identifier: MIT */
/*
 * The splitter: bytes in, messages out, for every framing whose messages are found by looking at
 * the bytes (line, NUL, string, length). Pure: it reads nothing and waits for nothing.
 *
 *     sx_splitter_space(); read(2) into it; sx_splitter_filled() or sx_splitter_ended();
 *     while (sx_splitter_batch() > 0) { publish the batch; sx_splitter_commit(); }
 */
#ifndef SX_FRAMING_READ_H
#define SX_FRAMING_READ_H

#include "common/framing.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

/* What a message costs in a batch beside its bytes: see streamx_putv. */
#define SX_SPLITTER_OVERHEAD 8u

struct sx_splitter {
    const struct sx_framing *framing;
    size_t limit; /* longest message, and the room of a batch */
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
    size_t fault_bytes;  /* at an error: the message's length, as far as it is known */
    size_t fault_wanted; /* at -EBADMSG: how long it should have been; 0 = the prefix is cut */
    bool ended;
};

/* `framing` must outlive the splitter. -ENOMEM, or 0. */
int sx_splitter_open(struct sx_splitter *splitter, const struct sx_framing *framing, size_t limit);
void sx_splitter_close(struct sx_splitter *splitter);

/* Where the next bytes go, and how many: at least 1. Ends the validity of a batch. -ENOMEM, or 0.
 */
int sx_splitter_space(struct sx_splitter *splitter, char **space, size_t *room);

/* So many bytes were put there. */
void sx_splitter_filled(struct sx_splitter *splitter, size_t len);

/* No more will come. */
void sx_splitter_ended(struct sx_splitter *splitter);

/*
 * The next messages, at most `most` of them and at most what fits into one publication; they stay
 * valid until sx_splitter_space. `*full` tells that more bytes could not have added to the batch.
 * Calling it again without a commit gives the same messages, or more if there are more bytes.
 *
 *   > 0        messages
 *   0          more bytes are needed; after the end: there is nothing more
 *   -EMSGSIZE  the next message is longer than the limit
 *   -EBADMSG   the next message is cut off by the end
 */
int sx_splitter_batch(struct sx_splitter *splitter, struct iovec *batch, unsigned most, bool *full);

/* The last batch is done with. */
void sx_splitter_commit(struct sx_splitter *splitter);

#endif /* SX_FRAMING_READ_H */
