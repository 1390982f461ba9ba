/* SPDX-License-Identifier: MIT */
/*
 * The output side of streamx-sub: messages are gathered, then written by as few write(2) as
 * possible, and it is known after every write which messages are out entirely.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "common/framing.h"

#include <streamx.h>

#include <stdbool.h>
#include <stdint.h>

/* Where messages lie until they are written. */
enum cli_output_place {
    CLI_OUTPUT_REFER, /* large ones stay in the caller's memory, valid until the write */
    CLI_OUTPUT_COPY   /* all are copied when they are added */
};

struct cli_output_piece;

struct cli_output {
    enum cli_output_place place;
    int fd;
    char *buffer; /* copied bytes */
    size_t used;
    size_t capacity;
    struct cli_output_piece *pieces; /* what is to be written, in order */
    unsigned piece_count;
    size_t *message_ends; /* of each message, in bytes from the start of the output */
    unsigned message_count;
    size_t bytes; /* in all pieces */
    bool is_pipe; /* which others may write to as well */
    const char
        *run_end; /* of the last piece, if what follows it in memory can be written with it */
};

/* -ENOMEM, or 0. */
int cli_output_open(struct cli_output *output, int fd, enum cli_output_place place);
void cli_output_close(struct cli_output *output);

/* Adds bytes of the message at hand. The first copies in any case. -ENOMEM, or 0. */
int cli_output_copy(struct cli_output *output, const void *data, size_t len);
int cli_output_add(struct cli_output *output, const void *data, size_t len);

/* Ends the message at hand. */
void cli_output_end_message(struct cli_output *output);

/*
 * A whole message in the given framing. -ENOMEM, or 0. `gap`: how many bytes behind it may be read
 * too. Where its delimiter is among them, it is referred to together with the message, however
 * short; and what follows it there makes one run with it.
 */
int cli_output_framed(struct cli_output *output, const struct cli_framing *framing,
                      const void *data, size_t len, size_t gap);

/* Whether it is time to write. */
bool cli_output_is_full(const struct cli_output *output);

/*
 * The same for the most common message: one that goes on where the last one ended, with its
 * delimiter of one byte behind it. False: it is not one, and was not added. Not when the output is
 * full.
 */
static inline bool cli_output_run(struct cli_output *output, const struct cli_framing *framing,
                                  const char *data, size_t len, size_t gap)
{
    if (data != output->run_end || gap != 1 || framing->delimiter_len != 1 ||
        data[len] != framing->delimiter[0])
        return false;
    output->run_end = data + len + 1;
    output->bytes += len + 1;
    output->message_ends[output->message_count++] = output->bytes;
    return true;
}

/* The same for the messages behind the first of `parts`, as far as they are like that: how many. */
unsigned cli_output_parts(struct cli_output *output, const struct cli_framing *framing,
                          const struct streamx_parts *parts);

/* How many more messages there is room for. */
unsigned cli_output_room(const struct cli_output *output);

/* Forgets what was added. */
void cli_output_clear(struct cli_output *output);

/*
 * Writes everything and clears it. Into a pipe that others write to by this function as well, no
 * message of theirs gets between the bytes of one of ours. `*written` is the number of messages
 * that are out entirely, also on failure: -errno of write(2), or -EINTR when a signal or the
 * deadline ended it.
 */
int cli_output_write(struct cli_output *output, int64_t deadline_ns, unsigned *written);

/* Writes all of `data`; results as above. */
int cli_output_plain(int fd, const void *data, size_t len, int64_t deadline_ns);

#endif /* CLI_OUTPUT_H */
