/* SPDX-License-Identifier: MIT */
/*
 * The protocol of lib/README.md, step by step, for spin. Section and pair numbers are those of that
 * page. A configuration chooses who takes part and what may happen to them (README.md here has the
 * list); a mutation leaves out or moves one step (mutations.pml).
 *
 *   NC           consumers that ever take part (1 to 3)
 *   ATTACHED     how many of them hold a seat from the start; the others join at any time
 *   SEATS        seats; fewer than NC means that a seat is used again
 *   SLOTS, LAST  slots, and how many messages are put
 *   FILLED       how many of them are in the ring from the start (0 to SLOTS, at most 2)
 *   LEAVERS      set of consumers that may leave at any message, with or without one in hand
 *   NEWCOMERS    set of joiners that start at NEW instead of NEXT
 *   DEATHS, MORTAL, EVICTIONS   how many may be killed, of which set (128: the producer); evicted
 *   ENDINGS      set of endings: 1 drain and close, 2 close at once, 4 abandon
 *   FENCING      nobody may use membarrier: fences on both sides (section 7)
 *   ONE_IN_HAND  each message is acknowledged before the next is taken, also with several slots
 *   SPINNING     nobody ever sleeps: the same without sections 5 and 6's announcements and wakes
 */
#ifndef NC
#define NC 2
#endif
#ifndef ATTACHED
#define ATTACHED NC
#endif
#ifndef SEATS
#define SEATS NC
#endif
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef LAST
#define LAST 2
#endif
#ifndef FILLED
#define FILLED 0
#endif
#ifndef LEAVERS
#define LEAVERS 0
#endif
#ifndef NEWCOMERS
#define NEWCOMERS 0
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef MORTAL
#define MORTAL 255
#endif
#ifndef EVICTIONS
#define EVICTIONS 0
#endif
#ifndef ENDINGS
#define ENDINGS 1
#endif
#ifdef FENCING
#define FENCES 1
#else
#define FENCES 0
#endif
#ifdef SPINNING
#define SLEEPING 0
#else
#define SLEEPING 1
#endif
#define JOINERS (ATTACHED < NC)
#define REUSE (SEATS < NC)
/* Are seats given up? */
#define GIVING_UP (LEAVERS || (ENDINGS & 4) || DEATHS > 0 || EVICTIONS > 0 || JOINERS)

/* ---- the words (section 3); seq and publication are the same: one message each --------------- */

#define CLAIMED 0
#define PUBLISHED 1
#define WANTED 2     /* the seq; 0 = awake */
#define DATA_EVENT 3 /* bit per consumer: has moved since it was read */
#define STATE 4
#define SLEEPERS 5
#define EPOCH 6      /* has moved since the producer read it */
#define ROOM_EVENT 7 /* likewise */
#define ACKED 8
#define OWNER(seat) (9 + 3 * (seat))
#define CURSOR(seat) (10 + 3 * (seat))
#define EVICTED_ATTACH(seat) (11 + 3 * (seat))
#define STAMP(publication) (9 + 3 * SEATS + 2 * ((publication) % SLOTS))
#define BODY(publication) (10 + 3 * SEATS + 2 * ((publication) % SLOTS))
#define WORDS (9 + 3 * SEATS + 2 * SLOTS)

/* STATE */
#define LIVE 0
#define CLOSED 1
#define ABANDONED 2

/* OWNER: 4 * attach + state; consumer i has attach number i + 1 */
#define FREE 0
#define A_CLAIMED 1
#define A_ACTIVE 2
#define ATTACH(i) ((i) + 1)
#define OWNED(i, seat_state) (4 * ATTACH(i) + (seat_state))
#define SEAT_STATE(owner) ((owner) & 3)
#define HOLDER(owner) (((owner) >> 2) - 1)

/* CURSOR: 2 * seq + evicted */
#define SEQ(cursor) ((cursor) >> 1)
#define EVICTED(cursor) ((cursor) & 1)

#include "tso.pml"
#include "mutations.pml"

/* ---- the properties -------------------------------------------------------------------------- */

byte g_ack[NC];    /* the highest seq that each has acknowledged, or released by a NEW start */
byte g_stamped;    /* the newest publication */
byte g_end;        /* how the producer ended it */
bool named = true; /* the stream has its name */

/* Never true: they are here to show in the checker's message. A deadlock is a lost wake-up too. */
hidden byte P_KEEP;  /* nothing is overwritten that nobody has acknowledged */
hidden byte P_TORN;  /* what was handed out, and what was acknowledged, was whole until then */
hidden byte P_SKIP;  /* nothing is overwritten before an attached consumer has acknowledged it */
hidden byte P_LOST;  /* a start at NEXT passes by nothing that nobody has acknowledged */
hidden byte P_AGAIN; /* nor repeats what was acknowledged before the attach began */
hidden byte P_ALL;   /* who sees the stream over has had everything */
hidden byte P_END;   /* a clean end is never taken for a crash, nor the other way round */
hidden byte P_WAKE;  /* the producer does not sleep when it could go on and nobody is left */
hidden byte P_STALE; /* nobody is told that it was evicted who was not */
hidden byte P_NAME;  /* the name goes when nothing unacknowledged is left */

#if NC == 1
#define MAX_ACK g_ack[0]
#elif NC == 2
#define MAX_ACK (g_ack[0] > g_ack[1] -> g_ack[0] : g_ack[1])
#else
#define MAX_ACK2 (g_ack[0] > g_ack[1] -> g_ack[0] : g_ack[1])
#define MAX_ACK (MAX_ACK2 > g_ack[2] -> MAX_ACK2 : g_ack[2])
#endif

/* Asked when somebody is done. */
inline check_name()
{
#if (ENDINGS & 4)
    assert(P_NAME != 0 || !named || MAX_ACK < g_stamped || finished != CONSUMERS + BIT(PR))
#else
    skip
#endif
}

/* ---- the tally (section 4) ------------------------------------------------------------------- */

#define NOBODY 255

inline count_seat()
{
    if
    :: SEQ(cursor) > top -> top = SEQ(cursor)
    :: else
    fi;
    if
    :: !EVICTED(cursor) && SEQ(cursor) < slowest -> slowest = SEQ(cursor)
    :: else
    fi
}

/*
 * One look at the seats, and then, last, at `acked`. Leaves the limit in `slowest`, and in `top`
 * what anybody has acknowledged. `own` is the caller's seat and `value` its cursor; the caller's
 * fence has made that visible (else it would be loaded from its own queue).
 *
 * Where no seat is used again, a look at a seat is one step: between the look at the owner and the
 * one at the cursor the holder can only move on or leave; then the cursor rests.
 */
inline tally(own, value)
{
#if GIVING_UP && !defined(INTACT)
    if
    :: MUT(ACKED_FIRST) -> d_step { LOAD(ACKED, top) }
    :: else
    fi;
#endif
    do
#if REUSE
    :: d_step {
           s < SEATS && owner == 0 ->
           LOAD(OWNER(s), owner);
           if
           :: SEAT_STATE(owner) != A_ACTIVE -> owner = 0; s++
           :: else -> cursor = NOBODY
           fi
       }
    :: d_step { owner != 0 && cursor == NOBODY -> LOAD(CURSOR(s), cursor) }
    :: d_step {
           owner != 0 && cursor != NOBODY && !asked ->
           if
           :: m[OWNER(s)] != owner && !MUT(TALLY_OWNER_ONCE) -> owner = 0 /* look again */
           :: else ->
              if
              :: EVICTED(cursor) -> asked = true
              :: else -> count_seat(); s++; owner = 0
              fi
           fi;
           cursor = (asked -> cursor : 0)
       }
    :: d_step {
           asked ->
           if
           :: m[EVICTED_ATTACH(s)] != owner >> 2 && !MUT(EVICT_UNNAMED) -> cursor--
           :: else
           fi;
           count_seat();
           s++; owner = 0; cursor = 0; asked = false
       }
    :: atomic {
           s >= SEATS && owner == 0 ->
#else
    :: d_step {
           s < SEATS ->
           if
           :: SEAT_STATE(m[OWNER(s)]) == A_ACTIVE ->
              LOAD(CURSOR(s), cursor);
              if
              :: MUT(PAIR3_FENCE) && s == own -> cursor = value
              :: else
              fi;
              count_seat();
              cursor = 0
           :: else
           fi;
           s++
       }
    :: atomic {
           s >= SEATS ->
#endif
           s = 0;
           if
           :: m[ACKED] > top && !MUT(ACKED_FIRST) -> top = m[ACKED]
           :: else
           fi;
           slowest = (slowest == NOBODY -> top : slowest);
           break
       }
    od
}

inline forget_tally()
{
    slowest = NOBODY; top = 0
}

/* ---- giving up a seat: leave and reap -------------------------------------------------------- */

inline wake_producer(me)
{
#if SLEEPING
    bump(me, ROOM_EVENT, BIT(PR));
    wake(me, BIT(PR))
#else
    skip
#endif
}

/* `cursor` was read while the seat was `owner`'s. */
inline give_up(me, seat)
{
    UNLESS(ACKED_AFTER_OWNER, atomic {
        if
        :: SEAT_STATE(owner) == A_ACTIVE -> raise_to(me, ACKED, SEQ(cursor))
        :: else
        fi
    });
    compare_and_swap(me, OWNER(seat), owner, 0, done);
#ifndef INTACT
    if
    :: done && SEAT_STATE(owner) == A_ACTIVE && MUT(ACKED_AFTER_OWNER) ->
       raise_to(me, ACKED, SEQ(cursor))
    :: else
    fi;
#endif
    if
    :: atomic { done -> UNLESS(LEAVE_KEEPS_EPOCH, bump(me, EPOCH, BIT(PR))) };
       UNLESS(LEAVE_WAKES_NOBODY, wake_producer(me))
    :: else
    fi;
    d_step { owner = 0; cursor = 0; done = false }
}

/* What the model leaves out are looks that find nothing to be done. */
#define DEAD_SEAT(seat) \
    (m[OWNER(seat)] != FREE && \
     (MUT(REAP_EARLY_CURSOR) || (unlocked & BIT(HOLDER(m[OWNER(seat)]))) != 0))

/* Reaps one seat (section 8), if its holder is dead: looks at the owner, then asks for its lock. */
inline reap(me)
{
    d_step { LOAD(OWNER(s), owner) };
#ifndef INTACT
    if
    :: owner != FREE && MUT(REAP_EARLY_CURSOR) -> d_step { LOAD(CURSOR(s), cursor) }
    :: else
    fi;
#endif
    if
    :: owner != FREE && (unlocked & BIT(HOLDER(owner))) != 0 ->
       UNLESS(REAP_EARLY_CURSOR, d_step { LOAD(CURSOR(s), cursor) });
       d_step {
           if
           :: m[OWNER(s)] != owner && !MUT(REAP_OWNER_ONCE) -> owner = 0; cursor = 0
           :: else
           fi
       };
       if
       :: owner != FREE -> give_up(me, s)
       :: else
       fi
    :: else -> d_step { owner = 0; cursor = 0 }
    fi
}

/* ---- the producer (section 5) ---------------------------------------------------------------- */

inline load_sleepers()
{
    d_step {
        if
        :: queue[PR]??[SLEEPERS, 0] -> done = false /* its own store */
        :: else -> done = m[SLEEPERS]
        fi
    }
}

inline wake_one()
{
    if
    :: d_step { (asleep & 1 & CONSUMERS) != 0 -> asleep = asleep & ~1 }
    :: d_step { (asleep & 2 & CONSUMERS) != 0 -> asleep = asleep & ~2 }
    :: d_step { (asleep & 4 & CONSUMERS) != 0 -> asleep = asleep & ~4 }
    :: d_step { (asleep & CONSUMERS) == 0 -> skip }
    fi
}

inline wake_consumers()
{
#if !SLEEPING
    skip
#else
    bump(PR, DATA_EVENT, CONSUMERS);
    EITHER(WAKE_ONE, wake_one(), wake(PR, CONSUMERS))
#endif
}

/* Step 8. */
inline wake_sleepers()
{
    if
    :: atomic { done -> done = false; UNLESS(CLEAR_AFTER_WAKE, store_fenced(PR, SLEEPERS, 0)) };
       wake_consumers();
#ifndef INTACT
       if
       :: MUT(CLEAR_AFTER_WAKE) -> STORE(PR, SLEEPERS, 0)
       :: else
       fi
#endif
    :: else
    fi
}

/* Nobody is left who could change anything. */
#define ALONE (((finished | killed) & CONSUMERS) == CONSUMERS)

/* What an eviction makes of a cursor: one with another's bit goes back by one. (Not from 0: there the
 * code goes below it, which a byte cannot.) */
#define EVICTED_CURSOR(cursor) (EVICTED(cursor) && SEQ(cursor) > 0 -> cursor - 2 : cursor | 1)

/* Section 8. Time is not modelled: whoever is behind may be overdue. */
inline evict(seq)
{
    d_step { LOAD(OWNER(s), owner) };
    if
    :: SEAT_STATE(owner) == A_ACTIVE ->
       d_step { LOAD(CURSOR(s), cursor) };
       if
       :: SEQ(cursor) < seq && evictions > 0 &&
          !(EVICTED(cursor) && m[EVICTED_ATTACH(s)] == owner >> 2) ->
          evictions--;
          if
          :: EVICTED(cursor) && SEQ(cursor) > 0 ->
             d_step { LOAD(OWNER(s), top) };
             if
             :: top == owner || MUT(EVICT_OWNER_ONCE) -> raise_to(PR, ACKED, SEQ(cursor))
             :: else -> cursor = 255 /* not its any more: the swap fails */
             fi
          :: else
          fi;
          top = EVICTED_CURSOR(cursor);
#ifdef INTACT
          STORE(PR, EVICTED_ATTACH(s), owner >> 2);
          compare_and_swap(PR, CURSOR(s), cursor, top, done);
#else
          if
          :: !MUT(EVICT_UNNAMED) && !MUT(EVICT_NAMED_LATE) ->
             STORE(PR, EVICTED_ATTACH(s), owner >> 2)
          :: else
          fi;
          if
          :: MUT(EVICT_PLAIN) -> STORE(PR, CURSOR(s), cursor | 1); done = true
          :: else -> compare_and_swap(PR, CURSOR(s), cursor, top, done)
          fi;
          if
          :: MUT(EVICT_NAMED_LATE) -> STORE(PR, EVICTED_ATTACH(s), owner >> 2)
          :: else
          fi;
#endif
          if
          :: done && !MUT(EVICT_TELLS_NOBODY) ->
             store_fenced(PR, SLEEPERS, 0);
             wake_consumers()
          :: else
          fi;
          d_step { done = false; owner = 0; cursor = 0; top = 0 }
       :: else -> d_step { owner = 0; cursor = 0 }
       fi
    :: else -> owner = 0
    fi
}

/* Whose death ends the sleep. One that is only claimed cannot be watched: then the tick ends it. */
inline watch()
{
    do
    :: d_step {
           s < SEATS ->
           LOAD(OWNER(s), owner);
           if
           :: owner != FREE && (SEAT_STATE(owner) == A_ACTIVE || !MUT(WATCH_ACTIVE_ONLY)) ->
              watched = watched | BIT(HOLDER(owner))
           :: else
           fi;
           owner = 0;
           s++
       }
    :: atomic { s >= SEATS -> s = 0; break }
    od
}

/*
 * Waits until the limit has reached `seq`: evaluates, announces itself, evaluates again, sleeps.
 * `alone`: the deadline of its caller came, which happens here only when nobody is left; an error
 * if there was something to go on with.
 */
inline await(seq)
{
    do
    ::
#if JOINERS
       d_step { READ_EVENT(EPOCH, BIT(PR)) };
#endif
#ifndef INTACT
       if
       :: announced && MUT(NO_SECOND_TALLY) -> slowest = 0
       :: else -> tally(NOBODY, 0)
       fi;
#else
       tally(NOBODY, 0);
#endif
       if
       :: atomic { slowest >= seq -> limit = slowest; forget_tally() };
          break
       :: atomic { slowest < seq && !announced -> forget_tally() };
#if DEATHS > 0 || LEAVERS
          do
          :: atomic { s < SEATS && DEAD_SEAT(s) }; reap(PR); s++
          :: atomic { s < SEATS && !DEAD_SEAT(s) -> s++ }
          :: atomic { s >= SEATS -> s = 0; break }
          od;
#endif
#if EVICTIONS > 0
          do
          :: atomic { s < SEATS && evictions > 0 }; evict(seq); s++
          :: atomic { s < SEATS -> s++ }
          :: atomic { s >= SEATS -> s = 0; break }
          od;
#endif
#if !SLEEPING
          if
          :: atomic { ALONE -> alone = true }; break
          :: else
          fi
#else
          atomic { READ_EVENT(ROOM_EVENT, BIT(PR)) };
#if DEATHS > 0
          UNLESS(WATCH_LATE, watch());
#endif
          atomic {
              EITHER(PAIR2_SLEEPER_FENCE, STORE(PR, WANTED, seq), store_fenced(PR, WANTED, seq));
#if !FENCES
              UNLESS(PAIR2_HEAVY, heavy_barrier());
#endif
              announced = true
          };
#ifndef INTACT
          if
          :: MUT(ROOM_EVENT_AFTER_WANTED) -> d_step { READ_EVENT(ROOM_EVENT, BIT(PR)) }
          :: else
          fi
#endif
       :: atomic { slowest < seq && announced -> announced = false; forget_tally() };
#ifndef INTACT
#if DEATHS > 0
          if
          :: MUT(WATCH_LATE) -> watch()
          :: else
          fi;
#endif
          if
          :: MUT(ROOM_EVENT_LATE) -> d_step { READ_EVENT(ROOM_EVENT, BIT(PR)) }
          :: else
          fi;
#endif
          futex_sleep(PR, ROOM_EVENT);
          if
          :: d_step {
                 (asleep & BIT(PR)) == 0 || (killed & watched) != 0 || evictions > 0 ->
                 asleep = asleep & ~BIT(PR); watched = 0; FORGET_EVENT(ROOM_EVENT, BIT(PR))
             }
          :: atomic {
                 (asleep & BIT(PR)) != 0 && (killed & watched) == 0 && ALONE ->
                 assert(P_WAKE != 0 || MAX_ACK < seq);
                 asleep = asleep & ~BIT(PR); alone = true; break
             }
          fi;
          STORE(PR, WANTED, 0)
#endif
       fi
    od;
    if
    :: announced -> STORE(PR, WANTED, 0)
    :: else
    fi;
    d_step { announced = false; watched = 0; FORGET_EVENT(ROOM_EVENT, BIT(PR)) }
}

inline store_stamp()
{
    atomic { nfull(queue[PR]) -> g_stamped = p; queue[PR]!STAMP(p), p }
}

inline store_body()
{
    atomic {
        nfull(queue[PR]) ->
        assert(P_KEEP != 0 || p <= SLOTS || p - SLOTS <= MAX_ACK);
        queue[PR]!BODY(p), p
    }
}

/* Steps 1 to 3. */
inline take_slot()
{
    do
    :: p > SLOTS && p - SLOTS > limit ->
       await(p - SLOTS);
       if
       :: alone -> break
       :: else
       fi
    :: else ->
#if JOINERS
#ifndef INTACT
       if
       :: MUT(PAIR4_LIGHT) -> done = MOVED(EPOCH, BIT(PR))
       :: else
       fi;
#endif
       UNLESS(CLAIMED_AFTER_BODY, STORE(PR, CLAIMED, p));
#if FENCES
       full_fence(PR);
#endif
       UNLESS(PAIR4_LIGHT, done = MOVED(EPOCH, BIT(PR)) && !MUT(PAIR4_EPOCH_IGNORED));
       if
       :: d_step { done -> done = false; READ_EVENT(EPOCH, BIT(PR)) };
          tally(NOBODY, 0);
          atomic { limit = slowest; forget_tally() }
       :: else -> break
       fi
#else
       break
#endif
    od
}

proctype producer()
{
    byte p = FILLED + 1, limit, slowest = NOBODY, top, watched, owner, cursor, s;
    bool done, alone, announced, asked;

    {
        do
        :: p <= LAST ->
           take_slot();
           if
           :: alone -> break
           :: else
           fi;
#ifdef INTACT
           store_body();
           store_stamp();
#else
           if
           :: MUT(STAMP_BEFORE_BODY) -> store_stamp(); store_body()
           :: else ->
              store_body();
              if
              :: MUT(PAIR1_LIGHT) -> load_sleepers()
              :: else
              fi;
              store_stamp()
           fi;
#if JOINERS
           if
           :: MUT(CLAIMED_AFTER_BODY) -> STORE(PR, CLAIMED, p)
           :: else
           fi;
#endif
#endif
#if NEWCOMERS
           STORE(PR, PUBLISHED, p);
#endif
#if FENCES
           UNLESS(PAIR1_WAKER_FENCE, full_fence(PR));
#endif
           atomic { UNLESS(PAIR1_LIGHT, load_sleepers()); p++ };
           wake_sleepers()
        :: else -> break
        od;

        if
#if (ENDINGS & 1)
        :: !alone -> await(LAST); goto close
#endif
#if (ENDINGS & 2)
        :: goto close
#endif
#if (ENDINGS & 4)
        :: goto abandon
#else
        :: alone -> goto close
#endif
        fi;
close:  atomic { nfull(queue[PR]) -> g_end = CLOSED; queue[PR]!STATE, CLOSED };
        goto ended;
#if (ENDINGS & 4)
abandon:
        STORE(PR, STATE, ABANDONED);
#endif
ended:  UNLESS(PAIR5_END_FENCE, full_fence(PR));
#if (ENDINGS & 4)
        /* The wake comes before this look at the seats in the code; with the barrier of its system
         * call, which nothing should depend on. */
        tally(NOBODY, 0);
        atomic {
            if
            :: g_end == CLOSED || top >= g_stamped -> named = false
            :: else
            fi;
            forget_tally()
        };
#endif
        store_fenced(PR, SLEEPERS, 0);
        wake_consumers();
        d_step {
            empty_queue(PR);
            finished = finished | BIT(PR); unlocked = unlocked | BIT(PR);
            check_name();
            p = 0; limit = 0; alone = false
        }
    }
#if DEATHS > 0
    unless {
        d_step {
            (killed & BIT(PR)) != 0 ->
            p = 0; limit = 0; slowest = 0; top = 0; watched = 0; owner = 0; cursor = 0; s = 0;
            done = false; alone = false; announced = false; asked = false
        }
    }
#endif
}

/* ---- a consumer (section 6) ------------------------------------------------------------------ */

/* Really evicted, whatever it knows. */
#define IS_EVICTED (EVICTED(m[CURSOR(seat)]) && m[EVICTED_ATTACH(seat)] == ATTACH(me))

/* Two loads: the cursor, and for whom the bit is. */
inline look_evicted()
{
#if EVICTIONS > 0
    d_step { stale = EVICTED(m[CURSOR(seat)]) };
    if
    :: stale -> d_step { stale = (m[EVICTED_ATTACH(seat)] == ATTACH(me) || MUT(EVICT_UNNAMED)) }
    :: else
    fi
#else
    skip
#endif
}

inline swap_cursor(seq, told)
{
    d_step {
        empty_queue(me);
        if
        :: m[CURSOR(seat)] == 2 * acked -> m[CURSOR(seat)] = 2 * (seq); g_ack[me] = told
        :: else -> done = true /* there is a bit */
        fi
    };
    if
    :: done ->
       done = false;
       look_evicted();
       if
       :: !stale && !MUT(NO_SECOND_SWAP) ->
          d_step {
              if
              :: m[CURSOR(seat)] == 2 * acked + 1 ->
                 m[CURSOR(seat)] = 2 * (seq); g_ack[me] = told
              :: else -> stale = true
              fi
          }
       :: else -> stale = true
       fi
    :: else
    fi
}

/* From `acked` to `seq`; `stale`: evicted. `told`: what it has acknowledged then. */
inline store_cursor(seq, told)
{
#if EVICTIONS > 0
    EITHER(ACK_PLAIN, STORE(me, CURSOR(seat), 2 * (seq)); g_ack[me] = told,
           swap_cursor(seq, told))
#else
    atomic { nfull(queue[me]) -> g_ack[me] = told; queue[me]!CURSOR(seat), 2 * (seq) }
#endif
}

inline load_wanted()
{
    d_step { LOAD(WANTED, wanted) }
}

/* Acknowledges what is taken. `stale`: evicted. */
inline acknowledge()
{
#ifndef INTACT
    if
    :: MUT(PAIR2_LIGHT) -> load_wanted()
    :: else
    fi;
#endif
#if EVICTIONS > 0
    d_step { torn = torn || (m[BODY(taken)] != taken) };
    store_cursor(taken, taken);
#else
    atomic { torn = torn || (m[BODY(taken)] != taken); store_cursor(taken, taken) };
#endif
    if
    :: atomic {
           !stale ->
           assert(P_TORN != 0 || !torn);
#if FENCES
           UNLESS(PAIR2_WAKER_FENCE, full_fence(me))
       };
       atomic {
#endif
           UNLESS(PAIR2_LIGHT, load_wanted());
           if
           :: wanted == 0 -> acked = taken
           :: else
           fi
       };
       if
       :: atomic { wanted != 0 -> UNLESS(PAIR3_FENCE, full_fence(me)) };
          UNLESS(WANTED_ONCE, load_wanted());
          if
          :: acked < wanted && wanted <= taken ->
             tally(seat, 2 * taken);
             atomic { done = (slowest >= wanted && !MUT(LAST_WAKES_NOBODY)); forget_tally() };
             if
             :: done -> wake_producer(me); done = false
             :: else
             fi
          :: else
          fi;
          d_step { wanted = 0; acked = taken }
       :: else
       fi
    :: else -> torn = false
    fi
}

#if JOINERS
/* Everything that was acknowledged by somebody who is gone, or has nothing on its way. */
inline look_at_floor()
{
    d_step {
        floor = 0;
        do
        :: s < NC ->
           if
           :: len(queue[s]) == 0 && g_ack[s] > floor -> floor = g_ack[s]
           :: else
           fi;
           s++
        :: else -> break
        od;
        s = 0
    }
}

#define CLAIM(i) \
    atomic { m[OWNER(i)] == FREE -> \
             look_at_floor(); seat = i; m[OWNER(i)] = OWNED(me, A_CLAIMED); break }

/* A free seat; dead holders are reaped first. A swap that failed would only be tried again: so one
 * that succeeds is all there is. */
inline claim_seat()
{
    do
    :: CLAIM(0)
#if SEATS >= 2
    :: CLAIM(1)
#endif
#if SEATS >= 3
    :: CLAIM(2)
#endif
#if REUSE
    :: atomic { DEAD_SEAT(0) -> s = 0 }; reap(me); s = 0
#if SEATS >= 2
    :: atomic { DEAD_SEAT(1) -> s = 1 }; reap(me); s = 0
#endif
#endif
    od
}

inline start_after(seq)
{
    taken = seq;
    assert(P_LOST != 0 || stale || (NEWCOMERS & BIT(me)) != 0 || seq <= MAX_ACK);
    assert(P_AGAIN != 0 || stale || (NEWCOMERS & BIT(me)) != 0 || seq >= floor);
    floor = 0
}

/* `stale`: it leaves again. */
inline attach()
{
    /* Step 1. */
    claim_seat();
    UNLESS(CLAIM_WAKES_NOBODY, wake_producer(me));
    if
    :: (NEWCOMERS & BIT(me)) != 0 -> d_step { LOAD(PUBLISHED, acked) }
    :: else -> tally(NOBODY, 0); atomic { acked = top; forget_tally() }
    fi;
    /* Where no seat is used again, nobody looks at the cursor of one that is not active. */
#if REUSE
    STORE(me, CURSOR(seat), 2 * acked);
#endif
    /* Step 2. */
    d_step {
        empty_queue(me);
        m[CURSOR(seat)] = 2 * acked;
        assert(m[OWNER(seat)] == OWNED(me, A_CLAIMED));
        m[OWNER(seat)] = OWNED(me, A_ACTIVE);
        g_ack[me] = ((NEWCOMERS & BIT(me)) != 0 -> acked : 0)
    };
    UNLESS(JOIN_KEEPS_EPOCH, bump(me, EPOCH, BIT(PR)));
    UNLESS(JOIN_WAKES_NOBODY, wake_producer(me));
    /* Step 3. */
    atomic {
        full_fence(me);
#if !FENCES
        UNLESS(PAIR4_HEAVY, heavy_barrier())
#endif
    };
    atomic {
        LOAD(CLAIMED, taken);
        /* the last one that may be overwritten */
        taken = (taken > SLOTS && !MUT(NO_MOVE_UP) -> taken - SLOTS : 0);
        if
        :: taken <= acked -> start_after(acked)
        :: else
        fi
    };
    if
    :: taken > acked ->
       EITHER(MOVE_UP_PLAIN, STORE(me, CURSOR(seat), 2 * taken), store_cursor(taken, g_ack[me]));
       if
       :: !stale && !MUT(MOVE_UP_WAKES_NOBODY) -> wake_producer(me)
       :: else
       fi;
       d_step { acked = (stale -> acked : taken); start_after(acked) }
    :: else
    fi;
    /* Step 4. */
    if
    :: !stale -> d_step { stale = (m[STATE] == CLOSED) }
    :: else
    fi
}
#endif

/*
 * Until the next publication is there, or the stream is over: looks, announces itself, looks once
 * more, sleeps. Leaves `stale`, or what it saw in `stamp` and `state`; `dead` if the producer's
 * death was established before.
 */
inline take()
{
    do
    ::
#if EVICTIONS > 0
       if
       :: (unlocked & BIT(PR)) != 0 && !announced -> dead = true
       :: true
       fi;
       look_evicted();
       if
       :: stale -> break
       :: else
       fi;
#endif
       atomic {
#if EVICTIONS == 0
           if
           :: (unlocked & BIT(PR)) != 0 && !announced -> dead = true
           :: true
           fi;
#endif
           if
           :: announced && MUT(NO_SECOND_STAMP)
           :: else -> LOAD(STAMP(taken + 1), stamp)
           fi;
           /* It was overwritten before it was taken. */
           assert(P_SKIP != 0 || stamp <= taken + 1 || IS_EVICTED);
           if
           :: stamp == taken + 1 -> break
           :: else
           fi
       };
#ifdef INTACT
       d_step { LOAD(STATE, state) };
#else
       if
       :: MUT(DEATH_STAMP_ONCE) && (unlocked & BIT(PR)) != 0 && !announced -> dead = true
       :: else
       fi;
       if
       :: announced && MUT(NO_SECOND_STATE)
       :: else -> d_step { LOAD(STATE, state) }
       fi;
       if
       :: MUT(DEATH_STATE_ONCE) && (unlocked & BIT(PR)) != 0 && !announced -> dead = true
       :: else
       fi;
#endif
       if
       :: state != LIVE ->
          UNLESS(END_STAMP_ONCE, d_step { LOAD(STAMP(taken + 1), stamp) });
          if
          :: stamp != taken + 1 && !MUT(END_EVICTED_ONCE) -> look_evicted()
          :: else
          fi;
          break
       :: state == LIVE && dead -> break
#if !SLEEPING
       :: state == LIVE && !dead -> stamp = 0
#else
       :: atomic {
              state == LIVE && !dead && !announced ->
              UNLESS(DATA_EVENT_LATE, d_step { READ_EVENT(DATA_EVENT, BIT(me)) })
          };
          atomic {
              EITHER(PAIR1_SLEEPER_FENCE, STORE(me, SLEEPERS, 1), store_fenced(me, SLEEPERS, 1));
#if !FENCES
              UNLESS(PAIR1_HEAVY, heavy_barrier());
#endif
              announced = true; stamp = 0
          };
#ifndef INTACT
          if
          :: MUT(DATA_EVENT_LATE) -> d_step { READ_EVENT(DATA_EVENT, BIT(me)) }
          :: else
          fi
#endif
       :: atomic { state == LIVE && !dead && announced -> futex_sleep(me, DATA_EVENT) };
          d_step {
              (asleep & BIT(me)) == 0 || (killed & BIT(PR)) != 0 ->
              asleep = asleep & ~BIT(me); announced = false; stamp = 0;
              FORGET_EVENT(DATA_EVENT, BIT(me))
          }
#endif
       fi
    od;
    atomic { announced = false; FORGET_EVENT(DATA_EVENT, BIT(me)) }
}

proctype consumer(byte me)
{
    byte seat, taken, acked, stamp, state, wanted, slowest = NOBODY, top, owner, cursor, floor, s;
    bool done, torn, stale, dead, announced, asked;

    {
        if
        :: me < ATTACHED -> seat = me
#if JOINERS
        :: else ->
           attach();
           if
           :: stale -> goto leave
           :: else
           fi
#endif
        fi;
        do
        ::
#if LEAVERS
           if
           :: (LEAVERS & BIT(me)) != 0 -> goto leave
           :: true
           fi;
#endif
           take();
           if
           :: stale -> goto stale_end
           :: !stale && stamp != taken + 1 -> goto over
           :: atomic {
                  !stale && stamp == taken + 1 ->
                  taken++; stamp = 0; state = 0; torn = (m[BODY(taken)] != taken);
#if EVICTIONS == 0
                  assert(P_TORN != 0 || !torn)
#endif
              }
           fi;
#if EVICTIONS > 0
           UNLESS(HAND_OUT_UNASKED, look_evicted());
           if
           :: stale -> goto stale_end
           :: else -> assert(P_TORN != 0 || !torn)
           fi;
#endif
#if LEAVERS
           if
           :: (LEAVERS & BIT(me)) != 0 -> goto leave
           :: true
           fi;
#endif
#if SLOTS > 1 && EVICTIONS == 0 && !defined(ONE_IN_HAND)
           /* It may take one more before it acknowledges, if that is there. */
           if
           :: m[STAMP(taken + 1)] == taken + 1 && taken == acked + 1 -> taken++
           :: true
           fi;
#endif
           acknowledge();
           if
           :: stale -> goto stale_end
           :: else
           fi
        od;

over:   atomic { /* 0 (end of stream), or -EOWNERDEAD */
            assert(P_END != 0 || state == CLOSED || g_end != CLOSED);
            assert(P_END != 0 || state != CLOSED || g_end == CLOSED);
            assert(P_ALL != 0 || taken == g_stamped || IS_EVICTED);
            assert(P_STALE != 0 || !IS_EVICTED || acked < taken || state == LIVE)
        };
#if !(ENDINGS & 4)
        goto gone;
#else
        goto leave;
#endif

stale_end:
        assert(P_STALE != 0 || IS_EVICTED);
#if LEAVERS || EVICTIONS > 0 || JOINERS || (ENDINGS & 4)
leave:  atomic {
            LOAD(OWNER(seat), owner);
            cursor = (EVICTED(m[CURSOR(seat)]) -> 2 * acked + 1 : 2 * acked);
            stale = false
        };
        give_up(me, seat);
#if (ENDINGS & 4)
        /* Pair 5. */
        UNLESS(PAIR5_LEAVE_FENCE, full_fence(me));
        d_step { LOAD(STATE, state) };
        if
        :: state == CLOSED -> named = false
        :: state == ABANDONED || (state == LIVE && (unlocked & BIT(PR)) != 0) ->
           tally(NOBODY, 0);
           atomic {
               if
               :: top >= g_stamped -> named = false
               :: else
               fi;
               forget_tally()
           }
        :: else
        fi;
#endif
#endif
gone:   atomic {
            empty_queue(me);
            finished = finished | BIT(me); unlocked = unlocked | BIT(me);
            check_name();
            seat = 0; taken = 0; acked = 0; stamp = 0; state = 0; wanted = 0; s = 0;
            torn = false; stale = false; done = false; dead = false
        }
    }
#if DEATHS > 0
    unless {
        d_step {
            (killed & BIT(me)) != 0 ->
            seat = 0; taken = 0; acked = 0; stamp = 0; state = 0; wanted = 0; slowest = 0; top = 0;
            owner = 0; cursor = 0; floor = 0; s = 0; done = false; torn = false; stale = false;
            dead = false; announced = false; asked = false
        }
    }
#endif
}

init {
    atomic {
#ifndef INTACT
        c_code { if (getenv("MUTATION")) now.mutation = (uchar)atoi(getenv("MUTATION")); };
#endif
        m[EPOCH] = BIT(PR); m[ROOM_EVENT] = BIT(PR); m[DATA_EVENT] = CONSUMERS;
        m[OWNER(0)] = (ATTACHED >= 1 -> OWNED(0, A_ACTIVE) : 0);
#if SEATS >= 2
        m[OWNER(1)] = (ATTACHED >= 2 -> OWNED(1, A_ACTIVE) : 0);
#endif
#if SEATS >= 3
        m[OWNER(2)] = (ATTACHED >= 3 -> OWNED(2, A_ACTIVE) : 0);
#endif
#if FILLED
        m[CLAIMED] = FILLED; m[PUBLISHED] = (NEWCOMERS -> FILLED : 0); g_stamped = FILLED;
        m[BODY(1)] = 1; m[STAMP(1)] = 1;
#if FILLED == 2
        m[BODY(2)] = 2; m[STAMP(2)] = 2;
#endif
#endif
        run producer();
        run consumer(0);
#if NC >= 2
        run consumer(1);
#endif
#if NC >= 3
        run consumer(2);
#endif
        skip
    }
}
