/* SPDX-License-Identifier: MIT */
/* A consumer that nobody waits for (README.md, section 11). */
#ifndef SX_TAP_H
#define SX_TAP_H

#include "consumer/handle.h"

/* Finds where to start. -EPROTO: the shared memory contradicts itself. */
int sx_tap_start(struct streamx_consumer *consumer, uint32_t start);

/*
 * Waits until the next publication that can be had has been copied, and opens the copy: 1; or
 * -EAGAIN (timeout 0), -ETIMEDOUT, -ENOMEM, -EBADF, none of which is final; or how the stream has
 * ended.
 */
int sx_tap_wait(struct streamx_consumer *consumer, int64_t timeout_ns);

#endif
