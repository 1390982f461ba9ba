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
    struct sx_shape shape;           /* checked geometry: use this, never the header's */
    uint64_t pid_namespace;          /* our own */
    const _Atomic uint64_t *process; /* the word of the process that mapped it: sx_process_word */
    char *path;
    void *keeper; /* a page whose mapping keeps our lock (sx_segment_hold); NULL: none is held */
    int fd;       /* for asking about others' locks: reads only, holds none; -1: not any more */
    dev_t device; /* the file that it was opened on. A caller may close descriptors that are not */
    ino_t inode;  /* its own, and the number then lead elsewhere: see sx_segment_intact. */
};

/* Has this process mapped it, given that one has? False in a forked child. No system call. */
static inline bool sx_segment_is_usable(const struct sx_segment *segment)
{
    return sx_process_is_here(segment->process);
}

/* The same, where it may never have been mapped. */
static inline bool sx_segment_ours(const struct sx_segment *segment)
{
    return segment->process && sx_segment_is_usable(segment);
}

/*
 * Makes and maps an unnamed segment, its memory reserved, its header written but for the fields
 * that are zero in `header`; the producers' lock is held, and not sealed. `path` is taken over on
 * success.
 */
int sx_segment_create(struct sx_segment *segment, char *path, struct sx_header *header,
                      uint32_t mode);

/*
 * Opens, checks and maps an existing one: header and slots read-only, control writable. `path` is
 * copied. -ENOENT; -EPERM, -EPROTO as of streamx_subscribe; `name` is what the header must carry.
 */
int sx_segment_open(struct sx_segment *segment, const char *path, const char *name, bool any_owner);

/* As sx_segment_open, for a producer: all of it writable, and only if it is this user's. */
int sx_segment_open_whole(struct sx_segment *segment, const char *path, const char *name,
                          bool any_owner);

/* As sx_segment_open, but everything read-only; permission to read is enough. */
int sx_segment_look(struct sx_segment *segment, const char *path, const char *name, bool any_owner);

/*
 * Locks the byte for as long as this process has the segment mapped, and `common`, if that is not
 * 0, beside others that do the same; instead of what it held before. -EAGAIN: held by another;
 * -EOPNOTSUPP: nothing of this file system's keeps a lock.
 */
int sx_segment_hold(struct sx_segment *segment, int64_t lock_byte, int64_t common);

/* Has the first `need` bytes of a slot's body backed: sx_backing_take. By its producer. -EBADF:
 * `fd` leads elsewhere; and what open(2) gives. */
int sx_segment_back(struct sx_segment *segment, uint32_t slot, uint64_t need);

/* Does `fd` still lead to the file? If not, nothing can be said about anybody's life. */
bool sx_segment_intact(const struct sx_segment *segment);

/* Has that peer certainly died? */
bool sx_segment_dead(const struct sx_segment *segment, const struct sx_peer *peer);

/* Does that peer hold its lock, for all that we know? */
bool sx_segment_held(const struct sx_segment *segment, const struct sx_peer *peer);

/* The number under which this process knows a peer's; 0: none that means anything here. */
static inline uint32_t sx_segment_pid(const struct sx_segment *segment, const struct sx_peer *peer)
{
    bool ours = segment->pid_namespace != 0 && peer->pid_namespace == segment->pid_namespace;

    return ours ? peer->pid : 0;
}

/* Is the file still bound to a name? */
bool sx_segment_named(const struct sx_segment *segment);

/* Closes `fd`, unless that number is somebody else's by now. */
void sx_segment_forget_fd(struct sx_segment *segment);

/* Unmaps and closes. In a forked child it frees local memory only. */
void sx_segment_close(struct sx_segment *segment);

/* Opens a stream's file. -ENOENT; -EPERM: not a regular file, or not accessible. */
int sx_segment_open_file(const char *path, int flags, struct stat *status);

/* 0 if the file is this user's, -EPERM if not. */
int sx_segment_check_owner(const struct stat *status);

#endif
