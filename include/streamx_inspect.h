/* SPDX-License-Identifier: MIT */
/*
 * Looking at streams from outside, and removing their names. streamx.h includes this, and what it
 * says of every call holds here too. Nothing here has a handle: several threads may call it at
 * once.
 */
#ifndef STREAMX_INSPECT_H
#define STREAMX_INSPECT_H

#ifndef STREAMX_H
#error "include streamx.h, which includes this"
#endif

/* ---- a stream -------------------------------------------------------------------------------- */

/* streamx_info.state */
#define STREAMX_STATE_LIVE 1u   /* its producer lives */
#define STREAMX_STATE_CLOSED 2u /* it has ended; the name is about to go */
#define STREAMX_STATE_DEAD 3u   /* its producer died or abandoned it */

/* What a stream looks like at one moment. It may grow at its end in later versions. */
struct streamx_info {
    char name[208];
    char type[64];          /* empty: untyped */
    uint32_t state;         /* STREAMX_STATE_... */
    uint32_t flags;         /* as of streamx_options */
    uint32_t pid;           /* the producer's, in its own PID namespace; of several, of the one
                                that came first */
    uint32_t uid;           /* the file's owner */
    uint32_t mode;          /* the file's permission bits */
    uint32_t slots;         /* ring depth */
    uint32_t slot_size;     /* payload bytes a slot holds */
    uint32_t max_consumers; /* seats */
    uint32_t min_consumers; /* as asked for at creation */
    uint32_t consumers;     /* attached now, evicted ones not counted; dead ones not yet noticed
                                are */
    uint64_t published;     /* messages so far: the last one's seq */
    uint64_t publications;  /* publications so far (a batch is one) */
    uint64_t bytes;         /* payload bytes so far */
    uint64_t acknowledged;  /* highest seq that any consumer has acknowledged */
    uint64_t waiting_for;   /* the producer sleeps until this seq is acknowledged; UINT64_MAX: it
                                sleeps until somebody comes or goes; 0: it does not sleep */
    uint64_t waiting_ns;    /* for how long it has */
    uint64_t created_ns;    /* CLOCK_MONOTONIC at creation */
    int64_t evict_after_ns; /* as asked for at creation */
    uint64_t segment_bytes; /* size of the shared memory */
    uint64_t publications_in_ring; /* how many of the slots hold what a consumer may still read */
    uint64_t memory_bytes;         /* how much of segment_bytes is memory that has been taken */
    uint64_t last_stamp;           /* of the newest publication: streamx_stamp */
    uint64_t acknowledged_by_all;  /* seq through which all that are attached have acknowledged;
                                      with nobody attached, as `acknowledged` */
    uint32_t producers;            /* how many there are; dead ones not yet noticed are counted */
};

/*
 * Fills `*info` for the stream `name`; `info_size` is sizeof(struct streamx_info), and how much of
 * it is written. Disturbs nobody; needs read permission only. Does not block.
 *
 *   -ENOENT  no such stream
 *   -EPERM   not a stream, or not readable
 *   -EPROTO  a stream of another layout version
 *   -EINVAL  a bad name
 */
int streamx_inspect(const char *name, struct streamx_info *info, size_t info_size);

/* ---- its consumers --------------------------------------------------------------------------- */

/* streamx_consumer_info.state */
#define STREAMX_CONSUMER_ALIVE 1u   /* attached */
#define STREAMX_CONSUMER_DEAD 2u    /* died attached, and has not been reaped yet */
#define STREAMX_CONSUMER_EVICTED 3u /* evicted, and has not left yet */
#define STREAMX_CONSUMER_JOINING 4u /* about to attach */
#define STREAMX_CONSUMER_RETIRED 5u /* was told that the producer died, and holds nobody up */

/* One seat at one moment. It may grow at its end in later versions. */
struct streamx_consumer_info {
    uint64_t attach;       /* counts the stream's attachments from 1 */
    uint64_t acknowledged; /* seq through which it has acknowledged */
    uint64_t behind;       /* messages published that it has not acknowledged */
    uint64_t attached_ns;  /* CLOCK_MONOTONIC when it attached */
    uint64_t waited_ns;    /* for how long the producer has slept waiting for this one; 0: it does
                              not */
    uint32_t pid;          /* in its own PID namespace */
    uint32_t state;        /* STREAMX_CONSUMER_... */
    char label[64];
};

/*
 * Calls `each` for every consumer of the stream, until it returns other than 0; that is then the
 * result. 0 after the last one; errors as of streamx_inspect. `*info` is valid during the call.
 */
int streamx_inspect_consumers(const char *name,
                              int (*each)(const struct streamx_consumer_info *info, void *arg),
                              void *arg);

/* ---- its producers --------------------------------------------------------------------------- */

/* streamx_producer_info.state */
#define STREAMX_PRODUCER_ALIVE 1u   /* in the stream */
#define STREAMX_PRODUCER_DEAD 2u    /* died, and has not been reaped yet */
#define STREAMX_PRODUCER_JOINING 3u /* about to come in */
#define STREAMX_PRODUCER_LEAVING 4u /* about to leave */

/* One producer at one moment. It may grow at its end in later versions. */
struct streamx_producer_info {
    uint64_t attach;      /* counts the producers that have come in from 1 */
    uint64_t attached_ns; /* CLOCK_MONOTONIC when it came in */
    uint64_t waited_ns;   /* for how long it has waited for its turn; 0: it does not */
    uint32_t pid;         /* in its own PID namespace */
    uint32_t state;       /* STREAMX_PRODUCER_... */
    uint32_t has_turn;    /* 1: the others wait for this one */
    uint32_t reserved;    /* zero */
    char label[64];       /* the program's name */
};

/* Calls `each` for every producer of the stream; as of streamx_inspect_consumers. */
int streamx_inspect_producers(const char *name,
                              int (*each)(const struct streamx_producer_info *info, void *arg),
                              void *arg);

/* ---- the names ------------------------------------------------------------------------------- */

/*
 * The directory in which this process looks for streams: what $STREAMX_DIR says (ignored in
 * set-user-ID programs), or "/dev/shm" where that is unset or empty. Not resolved, and it need not
 * exist. The string is the environment's: it is valid until the environment is changed, which no
 * other thread may do meanwhile. Never NULL, does not block.
 */
const char *streamx_directory(void);

/*
 * Calls `each` for the name of every stream in the directory, in no particular order, until it
 * returns other than 0; that is then the result. 0 after the last one; else what opendir(3) gives.
 * Which are streams is told by the files' names alone.
 */
int streamx_list(int (*each)(const char *name, void *arg), void *arg);

#define STREAMX_FORCE 1u /* remove the name of a live stream too */

/*
 * Removes the name of a stream. Who is attached goes on undisturbed; nobody can attach any more.
 *
 *   -ENOENT  no such stream
 *   -EBUSY   its producer lives, and STREAMX_FORCE was not given; or another process has been
 *            removing that name for 2 s
 *   -EPERM   not a stream, or another user's
 *   -EINVAL  a bad name or an unknown flag
 */
int streamx_remove(const char *name, unsigned flags);

#endif
