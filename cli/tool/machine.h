/* SPDX-License-Identifier: MIT */
/* What the kernel grants this process, of what streams live on. */
#ifndef CLI_TOOL_MACHINE_H
#define CLI_TOOL_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

#define CLI_MACHINE_UNLIMITED UINT64_MAX

struct cli_machine {
    struct utsname system;
    unsigned processors; /* that this process may use */
    uint64_t page_bytes;

    bool membarrier;  /* a barrier can be had of others: the fast paths need none */
    int io_uring;     /* 0, or why there is none: an error number */
    bool ring_futex;  /* it knows futexes (since 6.7) */
    bool futex_waitv; /* several words at a time (since 5.16) */
    int pidfd;        /* 0, or why there is none */
    bool filtered;    /* by seccomp, as containers are */

    uint64_t open_files, file_bytes, address_bytes; /* limits of this process */

    const char *file_system; /* of the stream directory; "unknown" */
    uint64_t free_bytes;
    int directory; /* 0, or why it cannot be looked at */
    int stream;    /* 0: a stream was made there, and a message came through; or why not */
};

/* Looks at everything. A stream is made for a moment, in the stream directory. */
void cli_machine_look(struct cli_machine *machine);

#endif /* CLI_TOOL_MACHINE_H */
