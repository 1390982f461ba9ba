/* SPDX-License-Identifier: MIT */
/*
 * A process that notes when a child of the test has ended: from its signal to there it may take
 * seconds on a busy machine, and that is not what a test of being told measures. It sees the
 * child's end of their pipe close. (A thread could wait for the child itself; but then no test
 * would wait in a process that has a single one.)
 */
#ifndef STREAMX_ASYNC_WITNESS_H
#define STREAMX_ASYNC_WITNESS_H

#include "support.h"

/* Of a child that still lives. */
struct child witness_start(const struct child *doomed);

/*
 * We have been told of the death just now, and it was no more than PROMPTLY ago. The child, which
 * was to end at `due_ns`, is reaped, and the witness has ended.
 *
 * One that took long to end may have ended shortly before the look around, which would have found
 * it without being told: of that nothing can be said, and a line in the log says so.
 */
void witness_was_told_promptly(struct child *witness, struct child *doomed, int64_t due_ns);

#endif
