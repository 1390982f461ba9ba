/* SPDX-License-Identifier: MIT */
/* streamx_next where it is inlined: fast_path.c itself has it called. */
#include "fast_path.h"

int next_in_line(struct streamx_consumer *consumer, struct streamx_message *message)
{
    return streamx_next(consumer, message, STREAMX_NOWAIT);
}
