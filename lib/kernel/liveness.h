/* SPDX-License-Identifier: MIT */
/* Who is certainly dead, and who may be alive (README.md, section 8). */
#ifndef SX_LIVENESS_H
#define SX_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>

/* Somebody whose life matters: the byte that it holds locked, and who it says it is. */
struct sx_peer {
    int64_t lock_byte;
    uint64_t pid_namespace;
    uint32_t pid;
};

/* Locks a byte for as long as the open file description of `fd` lives. -EAGAIN: held by another
 * description; else as fcntl(2) gives. */
int sx_liveness_hold(int fd, int64_t lock_byte);

/* The same, but that others may hold it in this way too. */
int sx_liveness_share(int fd, int64_t lock_byte);

/* Unlocks it again, whoever else refers to the description. */
void sx_liveness_release(int fd, int64_t lock_byte);

/* Does some other description hold the byte? An error counts as yes. */
bool sx_liveness_held(int fd, int64_t lock_byte);

/*
 * Do locks tell who lives, on the file system of this file? Not where it passes files on that
 * others can reach in another way, or from another machine: an overlay, FUSE, a network. There a
 * file is another inode than the one that others have mapped and locked, and perhaps other memory
 * too.
 */
bool sx_liveness_tells(int fd);

/* Is it held, for all to see; asked of what we have locked ourselves through another description.
 * An error counts as no: what nobody can see is not held. */
bool sx_liveness_kept(int fd, int64_t lock_byte);

/*
 * True if the peer is dead for certain; false if it may be alive. `fd` is any descriptor of the
 * file that does not itself hold the lock. `pid_namespace` is our own. Two to five system calls.
 */
bool sx_liveness_dead(int fd, const struct sx_peer *peer, uint64_t pid_namespace);

/* A descriptor of the process, for polling; negative, with errno, if there is no such process or
 * the kernel cannot (before 5.3). A number that can be no process's counts as one that is not. */
int sx_liveness_pidfd(uint32_t pid);

#endif
