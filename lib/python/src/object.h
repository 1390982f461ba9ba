/* SPDX-License-Identifier: MIT */
/*
 * Objects as messages. The first byte of the payload says what it is:
 *
 *   1 int     8 bytes, little-endian         5 None, False, True   one byte: 0, 1, 2
 *   2 float   8 bytes, IEEE 754              6 int                 any number of bytes, likewise
 *   3 str     UTF-8                          7 object              its pickle
 *   4 bytes   as they are                    8 object with buffers
 *
 * An object is pickled by protocol 5. If it has buffers (arrays have), these are laid out in the
 * slot on boundaries of 32 bytes at least, and are received as read-only views of it:
 *
 *   8 bytes   kind, three zeros, number of buffers n (32 bits)
 *   8 bytes   length of the pickle
 *   16 n      each buffer: offset from the message's start, length
 *   ...       the pickle, then the buffers
 *
 * A receiver checks every number, and runs the pickle: who unpickles trusts whoever may write to
 * the stream. With unpickle=False kinds 7 and 8 are refused, and nothing is ever run.
 */
#ifndef STREAMX_PYTHON_OBJECT_H
#define STREAMX_PYTHON_OBJECT_H

enum {
    KIND_INT = 1,
    KIND_FLOAT,
    KIND_STR,
    KIND_BYTES,
    KIND_SINGLE,
    KIND_LONG,
    KIND_PICKLE,
    KIND_BUFFERS
};

#define BUFFER_ALIGNMENT 64u

#endif
