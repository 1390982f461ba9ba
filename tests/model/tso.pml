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
 * No process loads from memory a word that may lie in its own queue; where the code would, the
 * model says what the load gives. So no store is forwarded here.
 *
 * One step of a process makes at most one access to shared memory.
 */
#ifndef BUF
#define BUF 3 /* stores that may wait in a queue */
#endif

#ifndef NP
#define NP 1
#endif
#define PROCS (NC + NP)
#define PR NC /* the first producer's number; consumers are 0 .. NC-1 */
#define BIT(i) (1 << (i))
#define CONSUMERS (BIT(NC) - 1)
#define PRODUCERS (BIT(NC + NP) - BIT(NC))
#define FROM_THE_START (BIT(ATTACHED) - 1 + PRODUCERS)

byte m[WORDS];
chan queue[PROCS] = [BUF] of { byte, byte };
byte asleep;   /* bit per process: in the kernel, waiting to be woken */
byte killed;   /* bit per process */
byte unlocked; /* bit per process: its lock has fallen, by death or because it left */
byte finished; /* bit per process: it is done, and will not touch the stream again */
#ifndef DEATHS_BEFORE
#define DEATHS_BEFORE DEATHS /* already while `init` prepares */
#endif
byte deaths = DEATHS_BEFORE; /* how many may still be killed */
byte evictions = EVICTIONS;  /* how many may still be evicted */

#include "mutating.pml"

hidden byte h_word, h_value;

/* inside an indivisible step only */
inline empty_queue(who)
{
    do
    :: nempty(queue[who]) -> queue[who]?h_word, h_value; m[h_word] = h_value
    :: empty(queue[who]) -> break
    od;
    h_word = 0; h_value = 0
}

#define STORE(me, word, value) queue[me]!word, value
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

/*
 * Comes after a fence of its caller. All that it gives is that each process has a moment, one after
 * the other, at which its queue is empty. So it waits for these moments, and leaves the emptying to
 * the environment, which can do it at any time. The sooner they come the more may happen after
 * them: so they need no states of their own where the queue is empty already.
 */
inline heavy_barrier()
{
    atomic {
        empty(queue[0]);
#if NC >= 2
        empty(queue[1]);
#endif
#if NC >= 3
        empty(queue[2]);
#endif
#if NP >= 2
        empty(queue[PR + 1]);
#endif
        empty(queue[PR])
    }
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

/*
 * Words that are only ever bumped, and compared by somebody with what he read before: a bit for
 * each reader says whether the word has moved since. Nobody waits long enough for 2^32 bumps.
 */
inline bump(me, word, readers)
{
    d_step { empty_queue(me); m[word] = readers }
}
#define READ_EVENT(word, reader) m[word] = m[word] & ~(reader)
#define FORGET_EVENT(word, reader) m[word] = m[word] | (reader)
#define MOVED(word, reader) ((m[word] & (reader)) != 0)

/* A system call: the kernel's own barrier makes the caller's stores visible before it looks for
 * sleepers. `who` is a set. */
inline wake(me, who)
{
    d_step { empty_queue(me); asleep = asleep & ~(who) }
}

/* Goes to sleep if the word has not moved; the kernel's own barrier comes before its look. */
inline futex_sleep(me, word)
{
    d_step {
        empty_queue(me);
        if
        :: !MOVED(word, BIT(me)) -> asleep = asleep | BIT(me)
        :: else
        fi
    }
}

#ifndef ON_KILL
#define ON_KILL(who) skip
#endif

#define TAKE_OUT(who) \
    d_step { nempty(queue[who]) -> queue[who]?h_word, h_value; \
             m[h_word] = h_value; h_word = 0; h_value = 0 }

#define KILL(who) \
    d_step { deaths > 0 && !((killed | finished) & BIT(who)) -> \
             deaths--; empty_queue(who); ON_KILL(who); \
             killed = killed | BIT(who); unlocked = unlocked | BIT(who); \
             asleep = asleep & ~BIT(who) }

/* Everybody sleeps, or is gone (who waits for a seat does neither). */
#define QUIET (((asleep | killed | finished) & FROM_THE_START) == FROM_THE_START)

/* Takes stores out of the queues; kills; and lets the chances to do harm pass by when all is
 * quiet, so that a state from which only a death or an eviction would help is a deadlock. */
active proctype environment()
{
end:
    do
    :: TAKE_OUT(PR)
#if NP >= 2
    :: TAKE_OUT(PR + 1)
#endif
    :: TAKE_OUT(0)
#if NC >= 2
    :: TAKE_OUT(1)
#endif
#if NC >= 3
    :: TAKE_OUT(2)
#endif
#if DEATHS > 0
    :: deaths > 0 && QUIET -> deaths = 0
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
#if NP >= 2 && (MORTAL & 64)
    :: KILL(PR + 1)
#endif
#endif
#if EVICTIONS > 0
    :: evictions > 0 && QUIET -> evictions = 0
#endif
    od
}
