/* SPDX-License-Identifier: MIT */
/*
 * The memory behind the file (README.md, section 12): all of it is there from the beginning, unless
 * the stream reserves less of each slot. Then the rest is taken when a message needs it, before a
 * byte is written there, so that a full file system is an error and never a signal.
 *
 * Sizes are bytes of a slot's body, from its start.
 */
#ifndef SX_BACKING_H
#define SX_BACKING_H

#include "memory/layout.h"

/* A slot is given back what was beyond its reserve after so many messages without need of it. */
#define SX_BACKING_PATIENCE 1024u

/* Does a slot have a rest that is not always there? */
static inline bool sx_backing_is_partial(const struct sx_shape *shape)
{
    return shape->reserve_size < shape->slot_size;
}

/* How much of the slot is there. */
uint64_t sx_backing_size(const struct sx_shape *shape, const struct sx_control *control,
                         uint32_t slot);

/* The seq that had been published when the slot was last filled beyond its reserve. */
uint64_t sx_backing_used(const struct sx_shape *shape, const struct sx_control *control,
                         uint32_t slot);

/* Makes the new file as long as it must be, with the memory that is reserved. -EFBIG; -ENOSPC, and
 * what fallocate(2) gives. */
int sx_backing_reserve(int fd, const struct sx_shape *shape);

/* Has the first `need` bytes of the slot backed, which are more than sx_backing_size; `fd` may
 * write. On -ENOSPC, and what else fallocate(2) gives, it has taken nothing. By who may fill the
 * slot. */
int sx_backing_take(int fd, const struct sx_shape *shape, struct sx_control *control, uint32_t slot,
                    uint64_t need);

/* The slot is filled beyond its reserve with what comes after `seq`. */
void sx_backing_use(const struct sx_shape *shape, struct sx_control *control, uint32_t slot,
                    uint64_t seq);

/* Gives the file system what lies beyond the slot's reserve: by who has claimed it. */
void sx_backing_give_back(const struct sx_shape *shape, struct sx_control *control, uint32_t slot);

#endif
