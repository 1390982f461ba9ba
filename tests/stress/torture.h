/* SPDX-License-Identifier: MIT */
/*
 * A torture run: what its processes share.
 *
 * The conductor (torture.c) forks everybody else, kills, stops and continues them at random, and
 * keeps no handle of its own. A generation is the life of one producer, from its create to its end.
 * The board is ordinary shared memory, which shows what each side was about to do and had done; so
 * it stays right when its writer is killed in between.
 */
#ifndef STREAMX_STRESS_TORTURE_H
#define STREAMX_STRESS_TORTURE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <streamx.h>

#define STREAM "torture"
#define SLOT_SIZE 4096u
#define GENERATIONS 65536u /* as many are told apart */
#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)
#define PATIENCE_NS (100 * SECOND) /* of a call: it hangs, however busy the machine is */
#define HANG_NS (120 * SECOND)     /* of all: even such a call would have returned */

struct options {
    uint64_t seed;
    int64_t seconds;
    uint32_t slots;
    uint32_t passers;   /* consumers that come, go and are killed */
    bool relay;         /* no steady consumer: every value goes to some passer */
    int64_t evict_ns;   /* evict_after_ns of the stream; only with relay */
    int64_t kill_ns;    /* mean time between two kills */
    int64_t stop_ns;    /* longest SIGSTOP; 0: none */
    int64_t restart_ns; /* mean life of a producer */
    int64_t stall_ns;   /* no call may be held up for longer, on a machine that is never late */
    bool hold;          /* after a failure, leave everybody stopped for a debugger */
};

/* What a producer is told to do, and what became of it. */
enum order { GO_ON, CLOSE, ABANDON };

struct generation {
    _Atomic uint32_t number;
    _Atomic int order;
    _Atomic bool steady_attached;
    _Atomic bool over; /* its producer has ended or been killed, and been waited for */
    _Atomic bool closed;
    _Alignas(64) _Atomic uint64_t putting; /* seqs: a put through it has begun ... */
    _Atomic uint64_t put;                  /* ... and has returned */
    _Alignas(64) _Atomic uint64_t acking;  /* seqs: an acknowledgment through it has begun ... */
    _Atomic uint64_t acked;                /* ... and has returned; by anybody */
};

struct board {
    struct options options;
    _Atomic bool failed;
    _Atomic bool stopping; /* everybody leaves at the next occasion */
    _Atomic uint32_t current;
    _Atomic uint32_t steady_generation; /* the steady consumer has finished with those before */
    _Atomic uint64_t values;            /* that the steady consumer got */
    _Atomic uint64_t passed;            /* that passers got */
    _Atomic uint64_t attaches;
    _Atomic uint64_t evictions;
    _Atomic int64_t longest_put_ns;
    _Atomic int64_t longest_next_ns; /* of a consumer that waited for a live producer */
    _Atomic int64_t longest_end_ns;  /* of a call that ended with the stream */
    _Atomic int64_t longest_subscribe_ns;
    struct generation generations[GENERATIONS];
};

extern struct board *board;

static inline struct generation *generation_at(uint32_t number)
{
    return &board->generations[number % GENERATIONS];
}

/* ---- tools.c --------------------------------------------------------------------------------- */

int64_t now_ns(void);
void sleep_ns(int64_t duration_ns);

/* Seeded per process; a number, one below a limit, true once in n. */
void random_seed(uint64_t seed, uint64_t stream);
uint64_t random_next(void);
uint64_t random_below(uint64_t limit);
bool one_in(uint64_t n);

void raise_to(_Atomic uint64_t *word, uint64_t value);
void raise_time(_Atomic int64_t *word, int64_t since_ns);

/* Says what is wrong, marks the run as failed, and ends this process or waits to be looked at. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- payload.c ------------------------------------------------------------------------------- */

/* The length and the bytes of a value follow from generation and seq. */
uint32_t payload_length(uint32_t generation, uint64_t seq);
void payload_fill(unsigned char *bytes, uint32_t generation, uint64_t seq);
bool payload_is_right(const struct streamx_message *message, uint32_t generation);

/* ---- the roles ------------------------------------------------------------------------------- */

void type_of(char type[32], uint32_t generation);

_Noreturn void produce(uint32_t generation);
_Noreturn void consume_steadily(void);
_Noreturn void pass_by(void);

/* ---- aftermath.c ----------------------------------------------------------------------------- */

/* Prints how the stream looks, and what the board says of the current generation. */
void describe(void);

/*
 * A consumer that was killed while it left a dead stream as the last one leaves a name behind. It
 * is taken over by whoever makes the next stream of that name: does so.
 */
void reuse_name(void);

/* Is there nothing in the directory? Else prints what. */
bool directory_is_empty(const char *directory);

#endif
