/* SPDX-License-Identifier: MIT */
/*
 * One step beyond the stream: a consumer that is waited for may itself wait for whoever reads its
 * output, and a producer for whoever writes its input. For display only.
 */
#ifndef SX_STREAMX_PIPE_H
#define SX_STREAMX_PIPE_H

#include "tool/streamx_process.h"

#include <stdbool.h>
#include <stdint.h>

struct sx_pipe_peer {
    uint32_t pid;
    struct sx_process process;
};

/* If the process sleeps in a write to the pipe that is its standard output: who reads that? */
bool sx_pipe_reader(struct sx_pipe_peer *peer, uint32_t pid);

/* If standard input is a pipe: who writes it? */
bool sx_pipe_writer(struct sx_pipe_peer *peer, uint32_t pid);

#endif /* SX_STREAMX_PIPE_H */
