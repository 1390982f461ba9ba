/* SPDX-License-Identifier: MIT */
/* What /proc tells of a process that uses a stream. For display only. */
#ifndef CLI_TOOL_PROCESS_H
#define CLI_TOOL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct cli_process {
    char command[64];    /* its name; empty: not known */
    char arguments[512]; /* its command line, cut if need be; empty: not known */
    bool stopped;        /* by a signal or a tracer */
    bool elsewhere;      /* not here: the pid is of another PID namespace */
};

/* Describes the process `pid`, whoever that is. */
void cli_process_describe(struct cli_process *process, uint32_t pid);

/* Looks for the process `pid` that uses the stream `name`. What is found out of a process is kept
 * until cli_process_forget, which comes before each new look. */
void cli_process_look(struct cli_process *process, uint32_t pid, const char *name);
void cli_process_forget(void);

#endif /* CLI_TOOL_PROCESS_H */
