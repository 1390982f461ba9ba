/* SPDX-License-Identifier: MIT */
/*
 * A thread that notes when a child has ended: from its signal to there it may take seconds on a
 * busy machine, and that is not what a test of being told measures.
 */
#ifndef STREAMX_ASYNC_WITNESS_H
#define STREAMX_ASYNC_WITNESS_H

#include "support.h"

struct witness;

/* Of a child of this process's, that still lives and that nobody else reaps. */
struct witness *witness_start(const struct child *child);

/* We have been told of the death just now, and it was no more than PROMPTLY ago. Ends the witness;
 * the child is reaped. */
void witness_was_told_promptly(struct witness *witness, struct child *child);

#endif
