/* SPDX-License-Identifier: MIT */
/*
 * Memory as the protocol sees it: total store order (TSO), deaths, and futexes.
 *
 * Each process has a queue of stores that have retired and are not yet visible to others. The
 * memory takes them out one by one, at any time (`environment`). A read-modify-write and a full
 * fence empty the queue of their own process first; the heavy barrier (membarrier) empties
 * everybody's, one process after the other. A process that is killed executes nothing more; what
 * it had stored becomes visible before its lock falls and before anybody is told of its death.
 *
 * A process never reads from memory a word that lies in its own queue, except where `own_zero`
 * says so; thus no forwarding is needed.
 *
 * One step of a process (d_step) makes at most one access to shared memory.
 */
#ifndef BUF
#define BUF 3 /* stores that may wait in a queue */
#endif

#define PROCS (NC + 1)
#define PR NC /* the producer's number; consumers are 0 .. NC-1 */
#define BIT(i) (1 << (i))
#define CONSUMERS (BIT(NC) - 1)

byte m[WORDS];
chan queue[PROCS] = [BUF] of { byte, byte };
byte asleep;   /* bit per process: in the kernel, waiting to be woken */
byte killed;   /* bit per process */
byte unlocked; /* bit per process: its lock has fallen, by death or because it left */
byte finished; /* bit per process: it is done, and will not touch the stream again */
byte deaths = DEATHS;       /* how many may still be killed */
byte evictions = EVICTIONS; /* how many may still be evicted */

hidden byte h_word, h_value, h_i, h_j, h_k, h_l;

/* inside a d_step only */
inline empty_queue(who)
{
    do
    :: nempty(queue[who]) -> queue[who]?h_word, h_value; m[h_word] = h_value
    :: empty(queue[who]) -> break
    od;
    h_word = 0; h_value = 0
}

#ifdef NO_BUFFERS
#define STORE(me, word, value) m[word] = value
#else
#define STORE(me, word, value) queue[me]!word, value
#endif
#define LOAD(word, into) into = m[word]

/* A store before a full fence, a system call or another such store, with no load in between: the
 * moment at which it leaves the queue is the only one that counts. */
inline store_fenced(me, word, value)
{
    d_step { empty_queue(me); m[word] = value }
}

inline full_fence(me)
{
    d_step { empty_queue(me) }
}

/* Comes after a fence of its caller. */
inline heavy_barrier()
{
#ifdef HEAVY_AT_ONCE
    d_step {
        h_i = 0;
        do
        :: h_i < PROCS -> empty_queue(h_i); h_i++
        :: else -> break
        od;
        h_i = 0
    }
#else
    d_step { empty_queue(0) };
    d_step { empty_queue(1) };
#if NC >= 2
    d_step { empty_queue(2) };
#endif
#if NC >= 3
    d_step { empty_queue(3) };
#endif
#endif
}

inline add_one(me, word)
{
    d_step { empty_queue(me); m[word]++ }
}

inline raise_to(me, word, value)
{
    d_step {
        empty_queue(me);
        if
        :: value > m[word] -> m[word] = value
        :: else
        fi
    }
}

inline compare_and_swap(me, word, from, to, done)
{
    d_step {
        empty_queue(me);
        if
        :: m[word] == from -> m[word] = to; done = true
        :: else -> done = false
        fi
    }
}

/* A system call: the kernel's own barrier makes the caller's stores visible before it looks for
 * sleepers. `who` is a set. */
inline wake(me, who)
{
    d_step { empty_queue(me); asleep = asleep & ~(who) }
}

/* Goes to sleep if the word is still `value`; the kernel's own barrier comes before its look. */
inline futex_sleep(me, word, value)
{
    d_step {
        empty_queue(me);
        if
        :: m[word] == value -> asleep = asleep | BIT(me)
        :: else
        fi
    }
}

#define TAKE_OUT(who) \
    d_step { nempty(queue[who]) -> queue[who]?h_word, h_value; \
             m[h_word] = h_value; h_word = 0; h_value = 0 }

#define KILL(who) \
    d_step { deaths > 0 && !((killed | finished) & BIT(who)) -> \
             deaths--; empty_queue(who); \
             killed = killed | BIT(who); unlocked = unlocked | BIT(who); \
             asleep = asleep & ~BIT(who) }

#if DEATHS > 0
#define OR_KILLED(me) unless { (killed & BIT(me)) != 0 }
#else
#define OR_KILLED(me)
#endif

#ifndef MORTAL
#define MORTAL 255 /* which processes may be killed */
#endif

/* Takes stores out of the queues; kills; and lets the chances to do harm pass by, so that a state
 * from which only a death would help is a deadlock. */
active proctype environment()
{
end:
    do
    :: TAKE_OUT(PR)
    :: TAKE_OUT(0)
#if NC >= 2
    :: TAKE_OUT(1)
#endif
#if NC >= 3
    :: TAKE_OUT(2)
#endif
#if DEATHS > 0
    :: deaths > 0 -> deaths = 0
#if (MORTAL & 1)
    :: KILL(0)
#endif
#if NC >= 2 && (MORTAL & 2)
    :: KILL(1)
#endif
#if NC >= 3 && (MORTAL & 4)
    :: KILL(2)
#endif
#if (MORTAL & 128)
    :: KILL(PR)
#endif
#endif
#if EVICTIONS > 0
    :: evictions > 0 -> evictions = 0
#endif
    od
}
