/* SPDX-License-Identifier: MIT */
/* The stream's file: its making, its mapping, its end (README.md, section 8). */
#ifndef SX_SEGMENT_H
#define SX_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "kernel/liveness.h"
#include "kernel/process.h"
#include "memory/layout.h"

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

/*
 * Makes and maps an unnamed segment, its memory reserved, its header written but for the fields
 * that are zero in `header`; the producer's lock is held. `path` is taken over on success.
 */
int sx_segment_create(struct sx_segment *segment, char *path, struct sx_header *header,
                      uint32_t mode);

/*
 * Opens, checks and maps an existing one: header and slots read-only, control writable. `path` is
 * copied. -ENOENT; -EPERM, -EPROTO as of streamx_subscribe; `name` is what the header must carry.
 */
int sx_segment_open(struct sx_segment *segment, const char *path, const char *name, bool any_owner);

/* As sx_segment_open, but everything read-only, and whoever owns it. */
int sx_segment_look(struct sx_segment *segment, const char *path, const char *name);

/* Locks the byte for as long as the mapping stays. -EAGAIN: held by another. Once per segment. */
int sx_segment_hold(struct sx_segment *segment, int64_t lock_byte);

/* Has the producer certainly died? */
bool sx_segment_orphaned(const struct sx_segment *segment);

/* The number under which this process knows a peer's; 0: none that means anything here. */
static inline uint32_t sx_segment_pid(const struct sx_segment *segment, const struct sx_peer *peer)
{
    bool ours = segment->pid_namespace != 0 && peer->pid_namespace == segment->pid_namespace;

    return ours ? peer->pid : 0;
}

/* Is the file still bound to a name? */
bool sx_segment_named(const struct sx_segment *segment);

/* Unmaps and closes. In a forked child it frees local memory only. */
void sx_segment_close(struct sx_segment *segment);

/* Opens a stream's file. -ENOENT; -EPERM: not a regular file, or not accessible. */
int sx_segment_open_file(const char *path, int flags, struct stat *status);

#endif
