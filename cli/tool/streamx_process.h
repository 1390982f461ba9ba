/* SPDX-License-Identifier: MIT */
/* What /proc tells of a process that uses a stream. For display only. */
#ifndef SX_STREAMX_PROCESS_H
#define SX_STREAMX_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct sx_process {
    char command[64];    /* its name; empty: not known */
    char arguments[512]; /* its command line, cut if need be; empty: not known */
    bool stopped;        /* by a signal or a tracer */
};

/* Describes the process `pid`, whoever that is. */
void sx_process_describe(struct sx_process *process, uint32_t pid);

/* Looks for the process `pid` that uses the stream `name`. */
void sx_process_look(struct sx_process *process, uint32_t pid, const char *name);

#endif /* SX_STREAMX_PROCESS_H */
