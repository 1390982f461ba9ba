/* SPDX-License-Identifier: MIT */
/* How messages lie in a byte stream: read so by streamx-pub, written so by streamx-sub. */
#ifndef CLI_FRAMING_H
#define CLI_FRAMING_H

#include <stddef.h>

#define CLI_FRAMING_DELIMITER_MAX 255
#define CLI_FRAMING_PREFIX_BYTES 4u /* of a length prefix: 32 bits, big-endian */

enum cli_framing_kind {
    CLI_FRAMING_LINE,   /* each message followed by a newline */
    CLI_FRAMING_NUL,    /* ... by a NUL byte */
    CLI_FRAMING_STRING, /* ... by a given string */
    CLI_FRAMING_LENGTH, /* each message preceded by its length */
    CLI_FRAMING_RAW,    /* in: what one read gives; out: nothing between messages */
    CLI_FRAMING_WHOLE   /* in: all of it is one message; out: like raw */
};

struct cli_framing {
    enum cli_framing_kind kind;
    size_t delimiter_len; /* of LINE, NUL and STRING; else 0 */
    size_t read_size;     /* of RAW: most bytes of one read; 0 = a slot's */
    char delimiter[CLI_FRAMING_DELIMITER_MAX];
};

#endif /* CLI_FRAMING_H */
