/* SPDX-License-Identifier: MIT */
/*
 * One step beyond the stream: a consumer that is waited for may itself wait for whoever reads its
 * output, and a producer for whoever writes its input. For display only.
 */
#ifndef CLI_TOOL_PIPE_H
#define CLI_TOOL_PIPE_H

#include "tool/process.h"

#include <stdbool.h>
#include <stdint.h>

struct cli_pipe_peer {
    uint32_t pid;
    struct cli_process process;
};

/* If the process sleeps in a write to the pipe that is its standard output: who reads that? */
bool cli_pipe_reader(struct cli_pipe_peer *peer, uint32_t pid);

/* If standard input is a pipe: who writes it? */
bool cli_pipe_writer(struct cli_pipe_peer *peer, uint32_t pid);

/* Whether the pipe that is the process's standard output has no room. */
bool cli_pipe_is_full(uint32_t pid);

#endif /* CLI_TOOL_PIPE_H */
