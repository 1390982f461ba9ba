/* SPDX-License-Identifier: MIT */
/* Coming into a stream that is there already (README.md, section 13). */
#ifndef SX_ENTRY_H
#define SX_ENTRY_H

#include "producer/handle.h"

/* Maps what the name leads to, all of it writable. -ENOENT: nothing, from now on; -EEXIST: a live
 * stream of another layout version; -EPERM: not ours, and not to be taken from `any_owner`. */
int sx_entry_open(struct sx_segment *segment, const char *name, bool any_owner);

/*
 * Claims a place in it, if it is what `options` ask for: comes into one that lives, or takes up one
 * whose producers have died. `slot_size` as asked for, 0 if it was not.
 *
 * -ENOENT: it has ended, and its name is gone; -EAGAIN: the name does not lead to it any more;
 * else as of streamx_create.
 */
int sx_entry_claim(struct streamx_producer *producer, const struct streamx_options *options,
                   uint32_t slot_size);

/* Makes whole what a predecessor left half done, takes over its position, and counts from here on.
 * -EAGAIN: the stream has ended in the last moment. Ends what sx_entry_claim began. */
int sx_entry_complete(struct streamx_producer *producer);

#endif
