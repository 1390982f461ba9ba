/* SPDX-License-Identifier: MIT */
/*
 * streamx: a broadcast stream between processes, over shared memory.
 *
 * A producer puts messages into a ring; every attached consumer sees every message, in order;
 * the producer waits until all of them have acknowledged before it reuses a slot. The ring has one
 * slot unless asked otherwise, so that by default a put of message n returns only once every
 * consumer has finished with message n-1.
 *
 * What holds for every call
 *
 *  - Results. 0 or positive on success, a negative errno value on failure; errno itself is left as
 *    it was. Nothing is printed, no signal is sent, and no signal handler is installed.
 *  - Time. Every call that may block takes `timeout_ns`: STREAMX_FOREVER, STREAMX_NOWAIT, or a
 *    duration in nanoseconds of CLOCK_MONOTONIC; below -1 is -EINVAL. NOWAIT that would block
 *    gives -EAGAIN, an elapsed timeout -ETIMEDOUT; both leave everything as it was, but for the
 *    acknowledgment that streamx_next makes. A signal handler that runs during a call does not
 *    end it.
 *  - Threads. A handle is used by one thread at a time; another may take it over between calls.
 *    Different handles need no coordination, also on one stream in one process.
 *  - Fork. A handle stays with the process that made it. In a forked child every call on it gives
 *    -EPERM, except streamx_close, streamx_abandon and streamx_unsubscribe, which there release
 *    the child's copy of the local memory and touch nothing else.
 *  - Descriptors. A handle keeps one, for reading only, closed on exec; and those of event loops
 *    where they are used. None is ever 0, 1 or 2. If the caller closes it (closefrom(3)), or gives
 *    its number to another file, nobody is taken for dead because of that: a call that finds
 *    nothing, and so would have to ask who lives, gives -EBADF. What can be had without asking
 *    still can be had. Whatever has the number then is left alone. Ending a stream removes its name
 *    through another one; if the limit (RLIMIT_NOFILE) has been lowered so far that none can be
 *    opened, not even in the handle's place, the name of the ended stream stays until somebody
 *    creates another of that name, or removes it.
 *  - Signal handlers. No call here may be made from one.
 *  - Trust. Whoever may write to a stream can stall it, and by truncating its file end its users
 *    with SIGBUS. `mode` says who may. Beyond that no content of the shared memory makes a call
 *    reach outside its own mappings.
 *  - Kernel. Linux 4.14 (MADV_WIPEONFORK), with /proc mounted; 4.16 for a fast path without fences
 *    (membarrier); 6.7 for a peer's death to be acted on at once instead of at the next tick, which
 *    comes within 64 ms (io_uring's futex operations).
 *
 * A stream is one file, `streamx.NAME`, in the directory that $STREAMX_DIR names (ignored in
 * set-user-ID programs), else in /dev/shm. The directory must allow unnamed temporary files
 * (O_TMPFILE), which tmpfs and the usual disk file systems do; streamx_create says what else.
 */
#ifndef STREAMX_H
#define STREAMX_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* The shared memory is the same for all who use it, and its words of 64 bits are read and written
 * at once: a 32-bit program cannot take part. */
#if UINTPTR_MAX < UINT64_MAX || !defined(__linux__)
#error "streamx is for 64-bit programs on Linux"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What is declared here is visible outside the shared library, and nothing else is; also from a
 * program that hides what is its own. */
#pragma GCC visibility push(default)

#define STREAMX_VERSION_MAJOR 0
#define STREAMX_VERSION_MINOR 1
#define STREAMX_VERSION_PATCH 0

#define STREAMX_FOREVER ((int64_t)-1)
#define STREAMX_NOWAIT ((int64_t)0)

#define STREAMX_NAME_MAX 200             /* bytes of a stream's name, without the terminating NUL */
#define STREAMX_TAG_MAX 63               /* bytes of a type tag or a label, likewise */
#define STREAMX_SLOTS_MAX 65536u         /* slots of a ring */
#define STREAMX_SLOT_SIZE_MAX (1u << 30) /* payload bytes of a slot */
#define STREAMX_CONSUMERS_MAX 4096u      /* seats of a stream */
#define STREAMX_PRODUCERS_MAX 256u       /* places of a shared stream */

struct streamx_producer;
struct streamx_consumer;

/* ---- producer ------------------------------------------------------------------------------ */

/* streamx_options.flags */
#define STREAMX_TIMESTAMPS 1u /* stamp every publication with CLOCK_MONOTONIC */
#define STREAMX_PIPE 2u       /* like a pipe: -EPIPE once every consumer has gone, see below */
#define STREAMX_SHARED 4u     /* other producers may come in, see below */
#define STREAMX_RESUME 8u  /* take up a dead producer's stream instead of replacing it, see below */
#define STREAMX_STAMPS 16u /* time_ns is the producer's own number: streamx_stamp */
#define STREAMX_ANY_USER 32u /* with SHARED: come into another user's stream too, see below */

/* Zero-initialise it; zero in a field asks for its default. */
struct streamx_options {
    uint32_t slots;         /* ring depth; default 1, at most STREAMX_SLOTS_MAX */
    uint32_t slot_size;     /* payload bytes a slot holds; default 65536, at most
                               STREAMX_SLOT_SIZE_MAX */
    uint32_t max_consumers; /* seats; default 64, at most STREAMX_CONSUMERS_MAX */
    uint32_t min_consumers; /* nothing is put before this many have been attached at one time */
    uint32_t mode;          /* permission bits, applied whatever the umask; default 0600. The owner
                               must have both. A class that may read and not write can tap, and not
                               subscribe; see STREAMX_TAP for what else it can do. */
    uint32_t flags;         /* of STREAMX_TIMESTAMPS, _PIPE, _SHARED, _RESUME, _STAMPS, _ANY_USER */
    int64_t evict_after_ns; /* a consumer that holds the producer up longer is evicted; 0 = never.
                               What counts is time in which the producer waits for this one, in a
                               call, by its descriptor or an arm, or by asking again and again, and
                               in which it runs. */
    int64_t spin_ns;        /* most time to spin before parking; -1 = never, but for a glance,
                               shorter than the sleep that it may spare; 0 = self-tuned, by what
                               has lately paid and by the beat of the stream: see streamx(7) */
    const char *type;       /* type tag that consumers must match, at most STREAMX_TAG_MAX bytes;
                               NULL = untyped */
    uint32_t reserve_size;  /* payload bytes of each slot whose memory is taken at creation, at most
                               slot_size; 0 = slot_size, all of it. The rest of a slot is taken when
                               a message needs it, and given back when it has been used for short
                               ones for a while: see streamx_put */
    uint32_t max_producers; /* places, with STREAMX_SHARED only; default 16, at most
                               STREAMX_PRODUCERS_MAX */
    uint64_t reserved[7];   /* must be zero */
};

/* streamx_wait's events */
#define STREAMX_ROOM 1u /* a put would not block */
#define STREAMX_DRAINED                                                                            \
    2u                      /* every message is acknowledged, by every attached consumer and by one
                               at least; true when nothing was put. In a shared stream: of
                               those that this producer has put */
#define STREAMX_ATTACHED 4u /* a consumer is attached */
#define STREAMX_ALONE 8u    /* one was attached, none is */

/*
 * Makes the stream `name` and holds it: `*producer` is to be freed by streamx_close or
 * streamx_abandon. `options` may be NULL for all defaults, and need not outlive the call.
 *
 * A name is 1 to STREAMX_NAME_MAX bytes, without '/', without control bytes, not starting with
 * '.'. A stream left by a dead producer is replaced silently: its attached consumers finish on the
 * old memory, and `seq` starts at 1 again. The memory is reserved here, so that a full file system
 * shows here, or, of what is beyond `reserve_size`, as an error of put, and never as a signal
 * later; a file system that cannot promise that is refused, and so is one on which nobody could
 * tell that the producer lives.
 *
 * STREAMX_SHARED: several producers, one order. The first makes the stream; where a live shared one
 * of that name exists, one more producer comes in; several that start at once make one stream.
 * Geometry, mode, min_consumers, eviction and the other flags are those of whoever made it. Each
 * put, putv, or loan and publish is one publication, whole; all consumers see the publications in
 * one order, in which each producer's keep theirs; every producer waits for the same free slots.
 * The producers take turns: one that waits in a call gets its turn when the others have had theirs,
 * of about 300 us each. NOWAIT and timeouts count the wait for the turn. A producer that is killed,
 * at whichever instruction, costs the others some milliseconds; one that is stopped in the middle
 * of a call is waited for. min_consumers counts as met once anything was published. A stream that
 * another user has made is -EPERM, or with STREAMX_ANY_USER come into, if its mode lets this user
 * read and write: then its owner can end this process at any time, by truncating the file.
 *
 * STREAMX_RESUME: where the name leads to a stream whose producers have all died or abandoned it,
 * that very stream goes on: `seq` and what is unacknowledged, and those who are attached, stay. A
 * publication that was complete counts, one that was not does not exist; streamx_inspect tells
 * which was the last: `published`, `last_stamp`, `acknowledged_by_all`. Consumers that are not
 * STREAMX_PATIENT and have been told of the death do not come back. Where nothing is there, or a
 * stream that has ended, a new one is made. Its name stays until it is closed, replaced, or
 * removed. A stream that was made without this flag can be taken up too, while its name is there.
 *
 * Does not block, but for a name that another process is just removing or coming into: 2 s at most.
 *
 *   -EINVAL    a bad name, option, mode or non-zero reserved field; STAMPS with TIMESTAMPS;
 *              max_producers or ANY_USER without SHARED
 *   -EEXIST    a live stream of that name exists; with SHARED: which is not shared, or is of
 *              another version; with RESUME: a dead one that is shared and was not to be, or the
 *              reverse
 *   -EPROTOTYPE  SHARED, RESUME: the stream has another type tag, or no stamps, which were asked
 *              for
 *   -EMSGSIZE  SHARED, RESUME: a slot_size was asked for that is larger than the stream's
 *   -EUSERS    SHARED: every place is held by a live producer
 *   -EPERM     the name is held by another user, or by something that is no stream
 *   -EACCES    the directory does not let this user create
 *   -ENOSPC    the file system has no room; -EFBIG: the file size limit forbids it
 *   -EBUSY     another process has been removing that name for 2 s
 *   -EOPNOTSUPP  this file system cannot hold a stream: it has no O_TMPFILE; it writes what is
 *              overwritten to a new place (ZFS, bcachefs, nilfs2, btrfs before kernel 6.17); it
 *              keeps no lock with a mapping (overlayfs, the root of most containers), or passes on
 *              what others reach in another way (FUSE, 9p, NFS, SMB). Or no /proc.
 *   -EINTR     the file system was interrupted whenever it should reserve memory, by other than
 *              signal handlers: those wait meanwhile, some ten milliseconds at a time
 *   -ENOMEM, -EMFILE, -ENFILE, -ENOLCK and what open(2) gives
 */
int streamx_create(struct streamx_producer **producer, const char *name,
                   const struct streamx_options *options);

/*
 * With STREAMX_STAMPS: what `time_ns` of the messages that are published from now on carries; 0 at
 * first. A batch carries one. It is stored with the publication, so that a successor of a producer
 * that died (STREAMX_RESUME) learns from `last_stamp` where it was: how far it had read its input,
 * say. Without STAMPS nothing happens. Does not block.
 */
void streamx_stamp(struct streamx_producer *producer, uint64_t stamp);

/*
 * Copies `len` bytes in and publishes them as one message; `data` may be NULL if `len` is 0, and a
 * message of 0 bytes is a message. Waits for `min_consumers` (once), then for a free slot: one
 * whose last message every attached consumer has acknowledged, and at least one consumer ever.
 * With nobody attached the free slots are filled and then put waits.
 *
 *   0          published
 *   -EMSGSIZE  longer than the slot size; found before anything is waited for
 *   -EBUSY     a loan is open
 *   -EPIPE     STREAMX_PIPE, and all consumers that were attached have gone
 *   -ENOSPC    longer than `reserve_size`, and the file system has no room for the rest: nothing
 *              was put, nothing is lost, and shorter messages can be put; also what open(2) and
 *              fallocate(2) give
 *   -EAGAIN, -ETIMEDOUT, -EINVAL (timeout), -EPERM (forked child), -EBADF (see Descriptors above)
 */
int streamx_put(struct streamx_producer *producer, const void *data, size_t len,
                int64_t timeout_ns);

/*
 * Publishes `n` messages at once, all or nothing: one slot, one wait, one wake. Consumers see n
 * messages of their own. They fit if n is 1 and its length at most the slot size, or if the sum of
 * the lengths plus 8 n is. Otherwise like streamx_put; n = 0 is -EINVAL. (What is within the
 * reserve is asked of the sum plus 8 n too.)
 */
int streamx_putv(struct streamx_producer *producer, const struct iovec *messages, unsigned n,
                 int64_t timeout_ns);

/* Putting without a copy: streamx_loan, streamx_publish, streamx_discard, in streamx_loan.h. */

/*
 * Waits until at least one of `events` (STREAMX_ROOM, _DRAINED, _ATTACHED, _ALONE) holds, and
 * returns those of them that do. The deaths of consumers are found out while waiting.
 *
 *   > 0        the events that hold
 *   -EINVAL    no event, an unknown one, or a bad timeout
 *   -EPIPE     STREAMX_PIPE, everybody has gone, none of the other events holds, and ROOM was asked
 *              for, or DRAINED with something unacknowledged
 *   -EAGAIN, -ETIMEDOUT, -EPERM (forked child), -EBADF (see Descriptors above)
 */
int streamx_wait(struct streamx_producer *producer, unsigned events, int64_t timeout_ns);

/* Waits until everything put has been acknowledged: streamx_wait for STREAMX_DRAINED, but 0 on
 * success. */
int streamx_drain(struct streamx_producer *producer, int64_t timeout_ns);

/*
 * Drains, marks the end of the stream, removes its name (but see STREAMX_KEEP) and frees the
 * handle: always, whatever it returns. An open loan is discarded. Attached consumers still receive
 * everything, then the end.
 *
 * In a SHARED stream: drains what this producer has put, and leaves; the last one to leave ends the
 * stream. If one of its producers has died or abandoned it, that end is -EOWNERDEAD for consumers,
 * since somebody's data may be incomplete.
 *
 *   0          everything was acknowledged (or nothing was put)
 *   -ETIMEDOUT something was not within the time; NOWAIT gives this too
 *   -EPIPE     likewise under STREAMX_PIPE, when all consumers have gone
 *   -EBADF     likewise, see Descriptors above
 *   -EINVAL    a bad timeout; taken as NOWAIT
 * In a forked child: 0, and only local memory is released. NULL is allowed, and gives 0.
 */
int streamx_close(struct streamx_producer *producer, int64_t timeout_ns);

/*
 * Frees the handle without marking an end: consumers that have taken everything see the producer
 * as dead (-EOWNERDEAD). The name goes when nothing unacknowledged is left under it: at once, or
 * with the last consumer; that of a stream made with RESUME stays. In a SHARED stream others may go
 * on. NULL is allowed. Does not block.
 */
void streamx_abandon(struct streamx_producer *producer);

/* ---- consumer ------------------------------------------------------------------------------ */

/* streamx_subscribe_options.start: the first message to receive. A start acknowledges everything
 * before it, so that NEW and LATEST release what nobody has seen. */
#define STREAMX_START_NEXT 0u   /* the first that no consumer has acknowledged (default) */
#define STREAMX_START_NEW 1u    /* the next to be published */
#define STREAMX_START_LATEST 2u /* the newest still in the ring, acknowledged or not; else NEW */
#define STREAMX_START_OLDEST 3u /* the oldest still in the ring, acknowledged or not; else NEW */

/* streamx_subscribe_options.flags */
#define STREAMX_ANY_OWNER                                                                          \
    1u                     /* accept a stream that neither this user nor root owns; one of a user
                                without a number in this user namespace is nobody's */
#define STREAMX_TAP 2u     /* look on, without being waited for; see below */
#define STREAMX_PATIENT 4u /* a dead producer is no end, see streamx_subscribe */
#define STREAMX_KEEP 8u    /* the stream keeps its name beyond its end; see below */

/*
 * KEEP is for a program that passes a stream on, and must not lose how it has ended if it is killed
 * between its last acknowledgment and having passed on the end. From before such a consumer is
 * attached the stream's name stays when the stream ends, until one with KEEP that was given the
 * end, or -EOWNERDEAD, unsubscribes; one that does not get so far leaves it there. A stream of
 * which nothing is left but its name counts as absent, as ever: a new producer replaces it,
 * `streamx gc` and streamx_remove remove it. But streamx_inspect tells its state and how many
 * messages it had. TAP with KEEP is -EINVAL.
 */

/*
 * A tap is a consumer that the stream does not know of: it takes no seat, counts for nothing
 * (min_consumers, STREAMX_ATTACHED, streamx_inspect), is never waited for, and is not noticed when
 * it dies. So it misses what is overwritten before it has copied it: `seq` rises, and a gap is what
 * was missed; after one it goes on half a ring behind the newest. With one slot and a fast producer
 * it may see little. It differs from other consumers in this:
 *
 *  - It needs permission to read the stream, and none to write.
 *  - `start`: NEXT is the same as NEW. `label` and `spin_ns` mean nothing. PATIENT is -EINVAL.
 *  - A message's `data` points into memory of the handle's own, and is valid until the next call on
 *    it. streamx_ack does nothing, but for finding out about a seq beyond what was taken.
 *  - streamx_take and streamx_next may give -ENOMEM, which is not final: no room for the copy.
 *  - It waits by looking, at intervals that grow to 10 ms. streamx_consumer_fd and
 *    streamx_prep_next give -EOPNOTSUPP; an event loop uses a timer.
 *
 * Whoever may open a stream's file for reading, to tap or otherwise, cannot touch what is in it,
 * but can place read locks on it. That may hide the death of others, and keep consumers from
 * attaching and the name from being removed or taken over. Who must be safe from that lets nobody
 * else read the stream (0600), or keeps it in a directory that others cannot enter.
 */

/* Zero-initialise it; zero in a field asks for its default. */
struct streamx_subscribe_options {
    uint32_t start;       /* STREAMX_START_... */
    uint32_t flags;       /* of STREAMX_ANY_OWNER, _TAP, _PATIENT, _KEEP */
    int64_t spin_ns;      /* most time to spin before parking; 0 = self-tuned, -1 = a glance; as of
                             streamx_options */
    const char *type;     /* type tag that the stream must carry; NULL = any */
    const char *label;    /* shown by `streamx info`, at most STREAMX_TAG_MAX bytes; NULL = the
                             program's name */
    uint64_t reserved[8]; /* must be zero */
};

struct streamx_message {
    const void *data;     /* into shared memory, read-only; of a tap: its own memory */
    size_t len;           /* bytes */
    uint64_t seq;         /* counts the stream's messages from 1 */
    uint64_t time_ns;     /* CLOCK_MONOTONIC at publication with STREAMX_TIMESTAMPS, the producer's
                             own number with STREAMX_STAMPS, else 0 */
    uint32_t gap;         /* so many bytes behind `data[len]` may be read too, in place, up to the
                             next message: streamx_publish_parts; 0 behind the last of a batch */
    uint32_t reserved[3]; /* zero */
};

/*
 * Attaches to the stream `name`: `*consumer` is to be freed by streamx_unsubscribe. Waits for the
 * stream to appear. A stream that was closed, one whose name was removed, and one of a dead
 * producer with nothing unacknowledged count as absent; one of a dead producer with something
 * unacknowledged is attached to. `options` may be NULL for all defaults, and need not outlive the
 * call.
 *
 * STREAMX_PATIENT: a dead producer is no end. Calls, descriptors and arms wait through it, until
 * its successor's next message (STREAMX_RESUME), the end, or until the name does not lead to this
 * stream any more: then -EOWNERDEAD. A dead stream that was made with STREAMX_RESUME is attached
 * to, whatever has been acknowledged.
 *
 *   -ENOENT      no such stream (NOWAIT), or no such directory
 *   -ETIMEDOUT   no such stream within the time; or, as -EAGAIN with NOWAIT, evicted while it
 *                attached
 *   -EINVAL      a bad name, option, timeout or non-zero reserved field
 *   -EUSERS      every seat is taken by a live consumer
 *   -EPROTOTYPE  the stream has another type tag, or none
 *   -EPERM       not a stream, another user's, or not writable for this user; to a tap: not
 *                readable
 *   -EPROTO      a stream of another layout version, or one whose memory contradicts itself
 *   -EOPNOTSUPP  no /proc; or nobody could tell here who lives, see streamx_create: a tap too
 *   -ENOMEM, -EMFILE, -ENFILE, -ENOLCK
 */
int streamx_subscribe(struct streamx_consumer **consumer, const char *name,
                      const struct streamx_subscribe_options *options, int64_t timeout_ns);

/*
 * Takes the next message without acknowledging anything; several may be in hand. `message->data`
 * points into shared memory and is valid until the message is acknowledged or the consumer leaves.
 * What is in hand is not overwritten, so that with one slot the producer waits meanwhile.
 *
 *   1            a message
 *   0            the end of the stream: the producer closed it
 *   -EOWNERDEAD  the producer died, or abandoned the stream; everything published was handed out.
 *                Of a SHARED stream: all have, or it was closed and some had. From then on this
 *                consumer holds nobody up, once it has acknowledged what it has in hand
 *   -ESTALE      this consumer was evicted; what it has in hand is void
 *   -EPROTO      the shared memory contradicts itself
 *   -ENOMEM      a tap only: no memory for its copy of the message
 *   -EAGAIN, -ETIMEDOUT, -EINVAL (timeout), -EPERM (forked child), -EBADF (see Descriptors above)
 * 0, -EOWNERDEAD, -ESTALE and -EPROTO are final, and repeat.
 */
int streamx_take(struct streamx_consumer *consumer, struct streamx_message *message,
                 int64_t timeout_ns);

/* Messages of one publication that were taken at once. `ends` counts from `base`: a message begins
 * `gap` bytes behind the end of the one before it, and ends where `ends` says. */
struct streamx_parts {
    struct streamx_message first; /* as of streamx_take */
    unsigned count;               /* messages, the first included */
    uint32_t gap;                 /* so many bytes between two of them, which may be read too */
    const void *base;             /* into shared memory, as `first.data` */
    const uint32_t *ends;         /* of those behind the first: `count` - 1 of them */
    uint64_t bytes;               /* where the last one ends */
    uint32_t filler;     /* 1 + the byte that fills all gaps, as the producer says: who does
                            not trust it looks; 0: no single one */
    uint32_t reserved32; /* zero */
    uint64_t reserved;   /* zero */
};

/*
 * Takes the next message, and with it those behind it that were published together with it (by
 * streamx_putv or streamx_publish_parts), up to `most` in all: for one who passes on whole runs, at
 * a small part of the price of a streamx_take for each. Results as of streamx_take; -EINVAL also if
 * `most` is 0. What streamx_take says of `message->data` holds for all of them.
 *
 * The ends lie in shared memory and are as the producer wrote them; only the last has been compared
 * to anything. Who does not trust it reads each once: it is no less than the beginning of its
 * message, and no more than `bytes`, or the memory contradicts itself.
 */
int streamx_take_parts(struct streamx_consumer *consumer, struct streamx_parts *parts,
                       unsigned most, int64_t timeout_ns);

/*
 * Acknowledges every message up to `through_seq`, or all in hand if that is 0. The producer can see
 * it when the call returns. Acknowledging again what was acknowledged is allowed. Does not block.
 *
 *   -EINVAL  beyond what was taken
 *   -ESTALE  this consumer was evicted: nothing was acknowledged, what it has in hand is void
 *   -EPERM   forked child
 */
int streamx_ack(struct streamx_consumer *consumer, uint64_t through_seq);

/*
 * Acknowledges all in hand, then takes the next message; results as of streamx_take. With NOWAIT or
 * a timeout the previous message is acknowledged and gone even if no new one is there. In optimised
 * programs it is inlined in part, and calls itself by the name streamx_next_5: streamx_next.h.
 */
int streamx_next(struct streamx_consumer *consumer, struct streamx_message *message,
                 int64_t timeout_ns);

/* Iterates until the stream ends, in whichever way: streamx_next then tells which (it repeats). */
#define streamx_for_each(consumer, message)                                                        \
    while (streamx_next((consumer), (message), STREAMX_FOREVER) == 1)

/*
 * Leaves the stream and frees the handle, without acknowledging what is in hand: that goes to a
 * successor, unless another consumer acknowledges it. NULL is allowed. Does not block.
 */
void streamx_unsubscribe(struct streamx_consumer *consumer);

/*
 * Changes the label under which others see the consumer: to tell those who wait for it what it is
 * doing. Who looks in that very moment may see part of each. Does not block.
 *
 *   -EINVAL      NULL, or longer than STREAMX_TAG_MAX bytes
 *   -EOPNOTSUPP  a tap: nobody sees it
 *   -EPERM       forked child
 */
int streamx_relabel(struct streamx_consumer *consumer, const char *label);

/* ---- the version, and the other parts ------------------------------------------------------- */

/* The library's version as "MAJOR.MINOR.PATCH". */
const char *streamx_version(void);

#include "streamx_fd.h"      /* waiting for a stream in an event loop */
#include "streamx_inspect.h" /* looking at streams, and removing their names */
#include "streamx_loan.h"    /* putting without a copy */
#include "streamx_next.h"    /* streamx_next where it need not be a call */
#include "streamx_typed.h"   /* streams of one fixed type */

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* STREAMX_H */
