/* SPDX-License-Identifier: MIT */
/*
 * The exit statuses of streamx-pub and streamx-sub. Scripts depend on them.
 *
 * A status above SX_STATUS_SIGNAL never reaches exit(3): the program then dies of the signal
 * `status - SX_STATUS_SIGNAL`, which a shell reports as that same number.
 */
#ifndef SX_EXIT_STATUS_H
#define SX_EXIT_STATUS_H

enum sx_status {
    SX_STATUS_DONE = 0,        /* end of input, count reached, clean end of the stream */
    SX_STATUS_FAILED = 1,      /* input, output or system failure */
    SX_STATUS_USAGE = 2,       /* bad option, number or name */
    SX_STATUS_PEER = 3,        /* the other side died without an end; or this one was evicted */
    SX_STATUS_DATA = 65,       /* bad framing, or a message larger than a slot */
    SX_STATUS_ABSENT = 69,     /* no such stream */
    SX_STATUS_CREATE = 73,     /* a live stream of that name exists, or it cannot be created */
    SX_STATUS_PERMISSION = 77, /* not permitted */
    SX_STATUS_TIMEOUT = 124,   /* a time limit passed */
    SX_STATUS_SIGNAL = 128     /* plus the number of the signal that ended the program */
};

#endif /* SX_EXIT_STATUS_H */
