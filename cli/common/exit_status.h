/* SPDX-License-Identifier: MIT */
/*
 * The exit statuses of the programs. Scripts depend on them.
 *
 * A status above CLI_STATUS_SIGNAL never reaches exit(3): the program then dies of the signal
 * `status - CLI_STATUS_SIGNAL`, which a shell reports as that same number.
 */
#ifndef CLI_EXIT_STATUS_H
#define CLI_EXIT_STATUS_H

enum cli_status {
    CLI_STATUS_DONE = 0,        /* end of input, count reached, clean end of the stream */
    CLI_STATUS_FAILED = 1,      /* input, output or system failure */
    CLI_STATUS_USAGE = 2,       /* bad option, number or name */
    CLI_STATUS_PEER = 3,        /* the other side died without an end, or this one was evicted */
    CLI_STATUS_DATA = 65,       /* bad framing, or a message larger than a slot */
    CLI_STATUS_ABSENT = 69,     /* no such stream */
    CLI_STATUS_CREATE = 73,     /* a live stream of that name exists, or it cannot be created */
    CLI_STATUS_PERMISSION = 77, /* not permitted */
    CLI_STATUS_TIMEOUT = 124,   /* a time limit passed */
    CLI_STATUS_SIGNAL = 128     /* plus the number of the signal that ended the program */
};

#endif /* CLI_EXIT_STATUS_H */
