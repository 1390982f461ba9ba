/* SPDX-License-Identifier: MIT */
/* The name that leads to a stream's file (README.md, section 9). */
#ifndef SX_NAME_H
#define SX_NAME_H

#include "memory/segment.h"

/* How long the lock on a name is tried for, where the caller has no deadline of its own. */
#define SX_NAME_PATIENCE_NS (2 * INT64_C(1000000000))

bool sx_name_is_valid(const char *name);

/* Allocates the path of a stream's file. -EINVAL: a bad name; -ENOENT and the like: the directory.
 */
int sx_name_path(const char *name, char **path);

/* The directory of streams, as an allocated absolute path. */
int sx_name_directory(char **directory);

/* The stream in an open file: -EPERM if it is none, -EEXIST if it is live, 0 if it has ended. */
int sx_name_ended(int fd);

/* Gives a segment its name, replacing a dead stream. -EEXIST, -EPERM, -EBUSY as of
 * streamx_create. */
int sx_name_link(const struct sx_segment *segment);

/* The same, replacing nothing. -EEXIST: the name is taken. */
int sx_name_link_free(const struct sx_segment *segment);

/* Removes the name, if it still leads to the file of `fd`, trying for the lock until `deadline_ns`.
 * 0 also if the name leads elsewhere or nowhere. -EBUSY: another process holds the lock. */
int sx_name_unbind(const char *path, int fd, int64_t deadline_ns);

/* The same for a stream that was found ended. -EEXIST: it lives again, which is asked under the
 * lock, under which a successor takes it up too. */
int sx_name_unbind_ended(const char *path, int fd, int64_t deadline_ns);

/* As sx_name_unbind_ended, of a segment's own name, unless a consumer wants it kept (STREAMX_KEEP):
 * 0 then. By a handle that is about to be freed: where no descriptor is to be had, the segment's
 * own is given up for one. */
int sx_name_release(struct sx_segment *segment, int64_t deadline_ns);

/*
 * Takes that lock for as long as sx_name_unlock is not called with what is returned: a descriptor.
 * Forks are held off meanwhile. -EBUSY; -ENOENT: the name does not lead to the segment's file.
 */
int sx_name_lock(const struct sx_segment *segment, int64_t deadline_ns);

void sx_name_unlock(int lock_fd);

#endif
