/* SPDX-License-Identifier: MIT */
/* How messages lie in a byte stream; the same for both programs. */
#ifndef SX_FRAMING_H
#define SX_FRAMING_H

#include <stddef.h>

#define SX_FRAMING_DELIMITER_MAX 255
#define SX_FRAMING_PREFIX_BYTES 4u /* of a length prefix: 32 bits, big-endian */

enum sx_framing_kind {
    SX_FRAMING_LINE,   /* each message followed by a newline */
    SX_FRAMING_NUL,    /* ... by a NUL byte */
    SX_FRAMING_STRING, /* ... by a given string */
    SX_FRAMING_LENGTH, /* each message preceded by its length */
    SX_FRAMING_RAW,    /* in: what one read gives; out: nothing between messages */
    SX_FRAMING_WHOLE   /* in: all of it is one message; out: like raw */
};

struct sx_framing {
    enum sx_framing_kind kind;
    size_t delimiter_len; /* of LINE, NUL and STRING; else 0 */
    size_t read_size;     /* of RAW: most bytes of one read; 0 = a slot's */
    char delimiter[SX_FRAMING_DELIMITER_MAX];
};

#endif /* SX_FRAMING_H */
