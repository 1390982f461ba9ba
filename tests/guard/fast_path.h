/* SPDX-License-Identifier: MIT */
/* What a program's own compiler makes of streamx_next, in a function that can be counted. */
#ifndef STREAMX_FAST_PATH_H
#define STREAMX_FAST_PATH_H

#include <streamx.h>

/* streamx_next, NOWAIT. */
int next_in_line(struct streamx_consumer *consumer, struct streamx_message *message);

#endif
