/* SPDX-License-Identifier: MIT */
/* The stream's file: its name, its making, its mapping, its end (README.md, sections 8 and 9). */
#ifndef SX_SEGMENT_H
#define SX_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "kernel/liveness.h"
#include "kernel/process.h"
#include "memory/layout.h"
#include "waiting/sleeper.h"

#define SX_UNBIND_PATIENCE_NS (2 * INT64_C(1000000000))

struct sx_segment {
    struct sx_header *header;
    struct sx_control *control;
    unsigned char *slots;
    struct sx_shape shape; /* checked geometry: use this, never the header's */
    struct sx_peer producer;
    uint64_t pid_namespace; /* our own */
    uint64_t process;       /* the process that mapped it: sx_process_token */
    char *path;
    int fd;      /* a description of its own, for asking about locks; holds none */
    int lock_fd; /* the mapping's description, until sx_segment_hold; else -1 */
};

/* Is it mapped, and by this process? False in a forked child. No system call. */
static inline bool sx_segment_ours(const struct sx_segment *segment)
{
    return segment->process != 0 && sx_process_is(segment->process);
}

bool sx_segment_name_is_valid(const char *name);

/* Allocates the path of a stream's file. -EINVAL: a bad name; -ENOENT and the like: the directory.
 */
int sx_segment_path(const char *name, char **path);

/* The directory of streams, as an allocated absolute path. */
int sx_segment_directory(char **directory);

/*
 * Makes and maps an unnamed segment, its memory reserved, its header written but for the fields
 * that are zero in `header`; the producer's lock is held. `path` is taken over on success.
 */
int sx_segment_create(struct sx_segment *segment, char *path, struct sx_header *header,
                      uint32_t mode);

/* Gives it its name, replacing a dead stream. -EEXIST, -EPERM, -EBUSY as of streamx_create. */
int sx_segment_link(const struct sx_segment *segment);

/*
 * Opens, checks and maps an existing one: header and slots read-only, control writable. `path` is
 * copied. -ENOENT; -EPERM, -EPROTO as of streamx_subscribe; `name` is what the header must carry.
 */
int sx_segment_open(struct sx_segment *segment, const char *path, const char *name, bool any_owner);

/* The same, everything read-only, whoever owns it. */
int sx_segment_look(struct sx_segment *segment, const char *path, const char *name);

/* Locks the byte for as long as the mapping stays. -EAGAIN: held by another. Once per segment. */
int sx_segment_hold(struct sx_segment *segment, int64_t lock_byte);

/* Has the producer certainly died? */
bool sx_segment_orphaned(const struct sx_segment *segment);

/* Has a sleep end when that peer dies. False: its pid means nothing to us, or cannot be watched. */
bool sx_segment_arm_death(const struct sx_segment *segment, const struct sx_peer *peer,
                          struct sx_sleeper *sleeper);

/* Is the file still bound to a name? */
bool sx_segment_named(const struct sx_segment *segment);

/* Removes the name, if it still leads to the file of `fd`, trying for the lock until `deadline_ns`.
 * 0 also if the name leads elsewhere or nowhere. -EBUSY: the lock was not to be had. */
int sx_segment_unbind(const char *path, int fd, int64_t deadline_ns);

/* Unmaps and closes. In a forked child it frees local memory only. */
void sx_segment_close(struct sx_segment *segment);

/* Opens a stream's file. -ENOENT; -EPERM: not a regular file, or not accessible. */
int sx_segment_open_file(const char *path, int flags, struct stat *status);

/* The stream in an open file: -EPERM if it is none, -EEXIST if it is live, 0 if it has ended. */
int sx_segment_ended(int fd);

#endif
