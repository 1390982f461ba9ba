/* SPDX-License-Identifier: MIT */
/*
 * What the benchmark measures, and what it finds.
 *
 * A contest is a set of entries (streamx, a floor, a peer) that do the same work in the same run,
 * by turns: round 1 of each, round 2 of each in the opposite order, and so on; so all of them meet
 * the same machine. A round is one sender and its receivers, each a process of its own, that start
 * afresh. What is reported of an entry is the median of its rounds; and, of two that are compared,
 * the median of the ratios of their rounds, pair by pair, since the machine may be another a minute
 * later: before each pair the bare cache line is timed, which tells how far apart the processors
 * are just then.
 */
#ifndef STREAMX_BENCH_H
#define STREAMX_BENCH_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "histogram.h"

#define CONSUMERS_MOST 64u
#define ROUNDS_MOST 31u
#define LABEL_SIZE 64u

/* The work. */
enum kind {
    STREAM, /* the sender sends as fast as it may; with one slot that is lock-step */
    ECHO,   /* the sender sends, and waits for the receiver's reply */
    PACED,  /* the sender sends at fixed times; the receivers tell how old what they get is */
};

/* What becomes of the times at which a paced sender sends. */
enum jitter {
    EVEN,     /* nothing */
    JITTERED, /* each gap is up to a twentieth longer or shorter */
    RANDOM,   /* a gap tells nothing about the next (Poisson) */
};

/* How both sides wait. Figures of different ways never appear as one. */
enum waiting {
    SPINNING, /* never parked: spin_ns of a second */
    PARKED,   /* never spinning: spin_ns = -1 */
    TUNED,    /* the default: as it finds best */
};

/* How the sender puts, and the receiver takes. */
enum way {
    COPIED_IN, /* put; read in place */
    COPIED,    /* put; the receiver copies the value out, and looks at the copy */
    LOANED,    /* loan, publish; read in place. Only a value's ends are written and read */
    WHOLE,     /* put; read in place, and each batch taken and acknowledged as a whole */
};

struct entry;
struct role;

/* What can carry values. Each part of a round is played in a process of its own. */
struct transport {
    const char *name;
    bool spins;       /* knows SPINNING; all know PARKED */
    bool own_threads; /* works with threads of its own */
    size_t payload_most;
    unsigned consumers_most;
    bool (*prepare)(struct entry *); /* in the parent, before the parts start; false: cannot */
    void (*send)(struct role *);
    void (*receive)(struct role *);
    void (*clean)(struct entry *); /* in the parent, when they have ended */
};

/* What one process did between the mark and the last value. In memory that all share. */
struct share {
    int64_t began_ns, ended_ns;
    int64_t cpu_ns;
    uint64_t values;
    int64_t switches_voluntary, switches_forced;
    struct histogram delays;
    bool done;
};

struct round_result {
    double rate; /* values per second, to each receiver: the slowest one's */
    double cpu_sender_ns, cpu_receiver_ns;     /* per value; of a receiver: the mean over all */
    double switches_sender, switches_receiver; /* voluntary ones, per 1,000 values; likewise */
    double delay_ns;                           /* the median of what was noted */
};

struct entry {
    const struct transport *transport;
    enum kind kind;
    enum waiting waiting;
    enum way way;
    bool delays;         /* the sender notes the time from value to value, too */
    bool busy_neighbour; /* a process that only computes shares the processors */
    int64_t pace_ns;     /* of a paced sender: from value to value; 0: PACE_NS */
    enum jitter jitter;
    size_t payload;
    unsigned slots;
    unsigned batch; /* values that are put at once */
    unsigned consumers;

    /* found */
    unsigned rounds;
    unsigned rounds_failed;
    struct round_result results[ROUNDS_MOST]; /* of those that did not fail */
    double rate_by_round[ROUNDS_MOST];        /* the same rates; 0 where it failed */
    struct histogram all_delays;
};

/* A figure's median and its quartiles. */
struct spread {
    double low, median, high;
};

/* One part of a round, in its process. */
struct role {
    const struct entry *entry;
    unsigned index; /* of a receiver */
    struct share *share;
    int ready_fd, go_fd;
    int64_t warm_ns, measured_ns;
};

struct settings {
    int64_t warm_ns, measured_ns;
    unsigned rounds;
    int cpus[2];
    bool real_time;
    const char *directory; /* in memory: of streams, sockets and what else needs a name */
    const char *programs;  /* where streamx-pub and streamx-sub are */
};

extern struct settings settings;

/* ---- tools.c --------------------------------------------------------------------------------- */

int64_t now_ns(void);

/* End the process, and so the round. */
__attribute__((noreturn)) void wrong(const char *what);
__attribute__((noreturn)) void failed(int error, const char *what);

/* The result is 0 or positive, or else a negative error number. */
static inline void must(int64_t result, const char *what)
{
    if (__builtin_expect(result < 0, 0))
        failed((int)-result, what);
}

/* Likewise of a call that tells by errno. */
static inline void must_errno(int64_t result, const char *what)
{
    if (__builtin_expect(result < 0, 0))
        failed(errno, what);
}

void *shared_memory(size_t bytes);

/* The path of something in settings.directory. */
const char *path_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

double median(const double *values, unsigned count);
struct spread spread_of(const double *values, unsigned count);

/* ---- machine.c ------------------------------------------------------------------------------- */

/* Two processors of different cores, of those that this process may use. */
void choose_processors(int cpus[2]);
void pin_to(int cpu);
void take_real_time(void);

/* ---- round.c --------------------------------------------------------------------------------- */

/* Runs rounds of all entries, by turns; each entry until it has failed twice. `distance_ns`: by
 * round, the time of one stroke of the bare cache line before it. */
void run_contest(struct entry *const *entries, unsigned count, double *distance_ns);

/* Said by each part once it is set up; the sender returns when all are and it may begin. */
void role_ready(struct role *role);
void role_begin(struct role *role);

/* The measured part of a process's work begins, and ends. */
void share_begin(struct share *share);
void share_end(struct share *share, uint64_t values);

/* ---- the transports ------------------------------------------------------------------------ */

extern const struct transport transport_streamx, transport_shared, transport_line, transport_futex,
    transport_memcpy, transport_ring, transport_pipe, transport_socketpair, transport_mq;
#ifdef HAVE_ICEORYX
extern const struct transport transport_iceoryx;
#endif
#ifdef HAVE_ZMQ
extern const struct transport transport_zmq;
#endif
#ifdef HAVE_NNG
extern const struct transport transport_nng;
#endif

#endif
