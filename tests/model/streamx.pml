/* SPDX-License-Identifier: MIT */
/*
 * The protocol of lib/README.md, step by step, for spin. Section and pair numbers are those of that
 * page. A configuration chooses who takes part and what may happen to them (`run` has the list);
 * MUT_x leaves out or moves one step.
 *
 *   NC           consumers that ever take part (1 to 3)
 *   ATTACHED     how many of them hold a seat from the start; the others join at any time
 *   SEATS        seats; fewer than NC means that a seat is used again
 *   SLOTS, LAST  slots, and how many messages are put
 *   LEAVERS      set of consumers that may leave at any message, with or without one in hand
 *   NEWCOMERS    set of joiners that start at NEW instead of NEXT
 *   DEATHS, MORTAL, EVICTIONS   how many may be killed, of which set (128: the producer); evicted
 *   ENDINGS      set of endings: 1 drain and close, 2 close at once, 4 abandon
 *   FENCING      nobody may use membarrier: fences on both sides (section 7)
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
#ifndef LEAVERS
#define LEAVERS 0
#endif
#ifndef NEWCOMERS
#define NEWCOMERS 0
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef EVICTIONS
#define EVICTIONS 0
#endif
#ifndef ENDINGS
#define ENDINGS 1
#endif

/* Do seats change hands? If not, `claimed`, `epoch` and the owners have no part in the game. */
#if ATTACHED < NC || LEAVERS || DEATHS > 0 || EVICTIONS > 0
#define SEATS_CHANGE 1
#else
#define SEATS_CHANGE 0
#endif
#if ATTACHED < NC
#define JOINERS 1
#else
#define JOINERS 0
#endif

/* ---- the words (section 3); seq and publication are the same: one message each --------------- */

#define CLAIMED 0
#define PUBLISHED 1
#define WANTED 2
#define DATA_EVENT 3
#define STATE 4
#define SLEEPERS 5
#define EPOCH 6
#define ROOM_EVENT 7
#define ACKED 8
#define OWNER(seat) (9 + 2 * (seat))
#define CURSOR(seat) (10 + 2 * (seat))
#define STAMP(publication) (9 + 2 * SEATS + 2 * ((publication) % SLOTS))
#define BODY(publication) (10 + 2 * SEATS + 2 * ((publication) % SLOTS))
#define WORDS (9 + 2 * SEATS + 2 * SLOTS)

/* STATE */
#define LIVE 0
#define CLOSED 1
#define ABANDONED 2

/* OWNER: 4 * attach + state; consumer i has attach number i + 1 */
#define FREE 0
#define A_CLAIMED 1
#define A_ACTIVE 2
#define OWNED(i, seat_state) (4 * ((i) + 1) + (seat_state))
#define SEAT_STATE(owner) ((owner) & 3)
#define HOLDER(owner) (((owner) >> 2) - 1)

/* CURSOR: 2 * seq + evicted */
#define SEQ(cursor) ((cursor) >> 1)
#define EVICTED(cursor) ((cursor) & 1)

#include "tso.pml"

/* ---- what really happened: for the properties, invisible to the protocol --------------------- */

byte g_ack[NC];  /* the highest seq that a consumer has acknowledged, or released by a NEW start */
byte g_stamped;  /* the newest publication */
bool g_closed;

#if NC == 1
#define MAX_ACK g_ack[0]
#elif NC == 2
#define MAX_ACK (g_ack[0] > g_ack[1] -> g_ack[0] : g_ack[1])
#else
#define MAX_ACK2 (g_ack[0] > g_ack[1] -> g_ack[0] : g_ack[1])
#define MAX_ACK (MAX_ACK2 > g_ack[2] -> MAX_ACK2 : g_ack[2])
#endif

/* ---- the tally (section 4) ------------------------------------------------------------------- */

#define NOBODY 255

/* Inside an atomic step, after the loads of `owner` and `cursor`. */
inline count_seat(seq)
{
    if
    :: SEQ(cursor) > top -> top = SEQ(cursor)
    :: else
    fi;
    if
    :: !EVICTED(cursor) && SEQ(cursor) < slowest -> slowest = SEQ(cursor)
    :: else
    fi;
#if DEATHS > 0
    if
    :: !EVICTED(cursor) && SEQ(cursor) < seq -> watched = watched | BIT(HOLDER(owner))
    :: else
    fi;
#endif
    owner = 0;
    cursor = 0
}

#if SEATS_CHANGE
inline look_at_seat(seat, seq)
{
    do
    :: atomic {
           LOAD(OWNER(seat), owner);
           if
           :: SEAT_STATE(owner) == A_ACTIVE
           :: SEAT_STATE(owner) == A_CLAIMED ->
#if DEATHS > 0
              if
              :: seq > 0 -> watched = watched | BIT(HOLDER(owner))
              :: else
              fi;
#endif
              owner = 0;
              break
           :: SEAT_STATE(owner) == FREE -> break
           fi
       };
#if SEATS < NC && !defined(MUT_TALLY_OWNER_ONCE)
       d_step { LOAD(CURSOR(seat), cursor) };
       atomic {
           if
           :: m[OWNER(seat)] == owner -> count_seat(seq); break
           :: else -> owner = 0; cursor = 0 /* it has changed hands: look again */
           fi
       }
#else
       atomic { LOAD(CURSOR(seat), cursor); count_seat(seq); break }
#endif
    od
}
#else
inline look_at_seat(seat, seq)
{
    d_step {
        LOAD(CURSOR(seat), cursor);
        owner = OWNED(seat, A_ACTIVE);
#ifdef MUT_PAIR3_FENCE
        if
        :: me == seat -> cursor = 2 * taken /* its own store */
        :: else
        fi;
#endif
        count_seat(seq)
    }
}
#endif

/*
 * One look at the seats, and then, last, at `acked`: `tally` and `tally_end`, which goes into one
 * atomic step with what the result decides. Leaves the limit in `slowest`, what anybody has
 * acknowledged in `top`; adds to `watched` those who are short of `seq` or about to come.
 */
inline tally(seq)
{
#if SEATS_CHANGE && defined(MUT_ACKED_FIRST)
    d_step { LOAD(ACKED, top) };
#endif
    look_at_seat(0, seq);
#if SEATS >= 2
    look_at_seat(1, seq);
#endif
#if SEATS >= 3
    look_at_seat(2, seq);
#endif
    skip
}

inline tally_end()
{
#if SEATS_CHANGE
#ifndef MUT_ACKED_FIRST
    if
    :: m[ACKED] > top -> top = m[ACKED]
    :: else
    fi;
#endif
    if
    :: slowest == NOBODY -> slowest = top
    :: else
    fi
#else
    skip
#endif
}

inline forget_tally()
{
    slowest = NOBODY; top = 0
}

/* ---- giving up a seat: leave and reap -------------------------------------------------------- */

inline wake_producer(me)
{
    add_one(me, ROOM_EVENT);
    wake(me, BIT(PR))
}

/* `cursor` was read while the seat was `owner`'s. */
inline give_up(me, seat)
{
#ifndef MUT_ACKED_AFTER_OWNER
    if
    :: SEAT_STATE(owner) == A_ACTIVE -> raise_to(me, ACKED, SEQ(cursor))
    :: else
    fi;
#endif
    compare_and_swap(me, OWNER(seat), owner, 0, done);
#ifdef MUT_ACKED_AFTER_OWNER
    if
    :: done && SEAT_STATE(owner) == A_ACTIVE -> raise_to(me, ACKED, SEQ(cursor))
    :: else
    fi;
#endif
    if
    :: done ->
#ifndef MUT_LEAVE_KEEPS_EPOCH
       add_one(me, EPOCH);
#endif
#ifndef MUT_LEAVE_WAKES_NOBODY
       wake_producer(me)
#endif
    :: else
    fi;
    d_step { owner = 0; cursor = 0; done = false }
}

/* Section 8. */
inline reap(me, seat)
{
    d_step { LOAD(OWNER(seat), owner) };
#ifdef MUT_REAP_CURSOR_BEFORE_DEATH
    d_step { LOAD(CURSOR(seat), cursor) };
#endif
    if
    :: SEAT_STATE(owner) != FREE && (unlocked & BIT(HOLDER(owner))) != 0 ->
#ifndef MUT_REAP_CURSOR_BEFORE_DEATH
       d_step { LOAD(CURSOR(seat), cursor) };
#endif
#ifndef MUT_REAP_OWNER_ONCE
       d_step {
           if
           :: m[OWNER(seat)] != owner -> owner = 0; cursor = 0
           :: else
           fi
       };
#endif
       if
       :: owner != 0 -> give_up(me, seat)
       :: else
       fi
    :: else -> d_step { owner = 0; cursor = 0 }
    fi
}

inline reap_all(me)
{
    reap(me, 0);
#if SEATS >= 2
    reap(me, 1);
#endif
#if SEATS >= 3
    reap(me, 2);
#endif
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

inline wake_consumers()
{
    add_one(PR, DATA_EVENT);
#ifdef MUT_WAKE_ONE
    if
    :: d_step { (asleep & 1 & CONSUMERS) != 0 -> asleep = asleep & ~1 }
    :: d_step { (asleep & 2 & CONSUMERS) != 0 -> asleep = asleep & ~2 }
    :: d_step { (asleep & 4 & CONSUMERS) != 0 -> asleep = asleep & ~4 }
    :: d_step { (asleep & CONSUMERS) == 0 -> skip }
    fi
#else
    wake(PR, CONSUMERS)
#endif
}

/* Step 8. */
inline wake_sleepers()
{
    if
    :: done ->
       done = false;
#ifdef MUT_CLEAR_AFTER_WAKE
       wake_consumers();
       STORE(PR, SLEEPERS, 0)
#else
       store_fenced(PR, SLEEPERS, 0);
       wake_consumers()
#endif
    :: else
    fi
}

/* Nobody is left who could change anything. */
#define ALONE (((finished | killed) & CONSUMERS) == CONSUMERS)

inline evict(seat, seq)
{
    d_step { LOAD(OWNER(seat), owner) };
    if
    :: SEAT_STATE(owner) == A_ACTIVE ->
       d_step { LOAD(CURSOR(seat), cursor) };
       if
       :: !EVICTED(cursor) && SEQ(cursor) < seq && evictions > 0 ->
          evictions--;
#ifdef MUT_EVICT_PLAIN_STORE
          STORE(PR, CURSOR(seat), cursor + 1);
#else
          compare_and_swap(PR, CURSOR(seat), cursor, cursor + 1, done);
#endif
          d_step { done = false; owner = 0; cursor = 0 };
#ifndef MUT_EVICT_TELLS_NOBODY
          wake_consumers()
#endif
       :: else -> d_step { owner = 0; cursor = 0 }
       fi
    :: else -> owner = 0
    fi
}

/*
 * Waits until the limit has reached `seq`. It reads `room_event`, then looks who is in the way, and
 * only then announces that it sleeps: so whoever completes the condition after the announcement is
 * either watched, or has bumped `room_event` since. `alone`: its caller's deadline came, which
 * here happens only when nobody is left; an error if there was something to go on with (P_WAKE).
 */
inline await(seq)
{
    do
    ::
#if !defined(MUT_ROOM_EVENT_READ_LATE) && !defined(MUT_ROOM_EVENT_AFTER_WANTED)
       d_step { LOAD(ROOM_EVENT, event) };
#endif
#if JOINERS
       d_step { LOAD(EPOCH, epoch) };
#endif
       tally(seq);
       atomic {
           tally_end();
           if
           :: slowest >= seq -> break
           :: else -> forget_tally()
           fi
       };
#if DEATHS > 0 || LEAVERS
       reap_all(PR);
#endif
#if EVICTIONS > 0
       if
       :: evictions > 0 -> evict(0, seq)
#if SEATS >= 2
       :: evictions > 0 -> evict(1, seq)
#endif
#if SEATS >= 3
       :: evictions > 0 -> evict(2, seq)
#endif
       :: true
       fi;
#endif
#ifdef MUT_PAIR2_SLEEPER_FENCE
       STORE(PR, WANTED, seq);
#else
       store_fenced(PR, WANTED, seq);
#endif
#if !defined(FENCING) && !defined(MUT_PAIR2_HEAVY)
       heavy_barrier();
#endif
#ifdef MUT_ROOM_EVENT_AFTER_WANTED
       d_step { LOAD(ROOM_EVENT, event) };
#endif
#ifndef MUT_NO_SECOND_TALLY
#if JOINERS
       d_step { LOAD(EPOCH, epoch) };
#endif
#ifdef MUT_WATCH_SECOND_LOOK
       watched = 0;
       tally(seq);
#else
       tally(0);
#endif
       atomic {
           tally_end();
           if
           :: slowest >= seq -> STORE(PR, WANTED, 0); break
           :: else -> forget_tally()
           fi
       };
#endif
#ifdef MUT_ROOM_EVENT_READ_LATE
       d_step { LOAD(ROOM_EVENT, event) };
#endif
       futex_sleep(PR, ROOM_EVENT, event);
       if
       :: d_step {
              (asleep & BIT(PR)) == 0 || (killed & watched) != 0 || evictions > 0 ->
              asleep = asleep & ~BIT(PR); watched = 0; event = 0
          }
       :: d_step {
              (asleep & BIT(PR)) != 0 && (killed & watched) == 0 && ALONE ->
              assert(MAX_ACK < seq); /* P_WAKE */
              asleep = asleep & ~BIT(PR); alone = true
          };
          break
       fi;
       STORE(PR, WANTED, 0)
    od;
    skip;
    d_step {
        limit = (alone -> limit : slowest);
        slowest = NOBODY; top = 0; watched = 0; event = 0
    }
}

inline store_stamp()
{
    d_step { nfull(queue[PR]) -> g_stamped = p; queue[PR]!STAMP(p), p }
}

inline store_body()
{
    d_step {
        nfull(queue[PR]) ->
        assert(p <= SLOTS || p - SLOTS <= MAX_ACK); /* P_KEEP */
        queue[PR]!BODY(p), p
    }
}

inline load_epoch()
{
    d_step {
        if
        :: m[EPOCH] != epoch -> done = true
        :: else
        fi
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
#ifdef MUT_PAIR4_LIGHT
       load_epoch();
#endif
#ifndef MUT_CLAIMED_AFTER_BODY
       STORE(PR, CLAIMED, p);
#endif
#ifdef FENCING
       full_fence(PR);
#endif
#ifndef MUT_PAIR4_LIGHT
       load_epoch();
#endif
#ifdef MUT_EPOCH_IGNORED
       done = false;
#endif
       if
       :: done ->
          done = false;
          d_step { LOAD(EPOCH, epoch) };
          tally(0);
          d_step { tally_end(); limit = slowest; forget_tally() }
       :: else -> break
       fi
#else
       break
#endif
    od
}

proctype producer()
{
    byte p = 1, limit, epoch, event;
    byte slowest = NOBODY, top, watched, owner, cursor;
    bool done, alone;
#ifdef MUT_PAIR3_FENCE
    byte me = PR, taken;
#endif

    {
        do
        :: p <= LAST ->
           take_slot();
           if
           :: alone -> break
           :: else
           fi;
#ifdef MUT_STAMP_BEFORE_BODY
           store_stamp();
           store_body();
#else
           store_body();
#ifdef MUT_PAIR1_LIGHT
           load_sleepers();
#endif
           store_stamp();
#endif
#if JOINERS && defined(MUT_CLAIMED_AFTER_BODY)
           STORE(PR, CLAIMED, p);
#endif
#if JOINERS
           STORE(PR, PUBLISHED, p);
#endif
#if defined(FENCING) && !defined(MUT_PAIR1_WAKER_FENCE)
           full_fence(PR);
#endif
#ifndef MUT_PAIR1_LIGHT
           load_sleepers();
#endif
           wake_sleepers();
           p++
        :: else -> break
        od;

        if
#if (ENDINGS & 1)
        :: !alone -> await(LAST); goto close
#endif
#if (ENDINGS & 2)
        :: true -> goto close
#endif
#if (ENDINGS & 4)
        :: true -> goto abandon
#else
        :: alone -> goto close
#endif
        fi;
close:  skip;
        d_step { nfull(queue[PR]) -> g_closed = true; queue[PR]!STATE, CLOSED };
        goto ended;
#if (ENDINGS & 4)
abandon:
        STORE(PR, STATE, ABANDONED);
#endif
ended:
#ifndef MUT_PAIR5_END_FENCE
        full_fence(PR);
#endif
        load_sleepers();
        wake_sleepers();
        d_step {
            empty_queue(PR);
            finished = finished | BIT(PR); unlocked = unlocked | BIT(PR);
            p = 0; limit = 0; epoch = 0; alone = false
        }
    }
    OR_KILLED(PR)
}

/* ---- a consumer (section 6) ------------------------------------------------------------------ */

inline evicted_or_not()
{
#if EVICTIONS > 0
    d_step { done = EVICTED(m[CURSOR(seat)]) }
#else
    skip
#endif
}

/* Acknowledges what is taken. `stale`: evicted. */
inline load_wanted()
{
    d_step { LOAD(WANTED, wanted) }
}

inline acknowledge()
{
    d_step { torn = torn || (m[BODY(taken)] != taken) };
#if EVICTIONS > 0
    d_step {
        empty_queue(me);
        if
        :: m[CURSOR(seat)] == 2 * acked -> m[CURSOR(seat)] = 2 * taken; g_ack[me] = taken
        :: else -> stale = true
        fi
    };
#else
#ifdef MUT_PAIR2_LIGHT
    load_wanted();
#endif
    d_step { nfull(queue[me]) -> g_ack[me] = taken; queue[me]!CURSOR(seat), 2 * taken };
#endif
    if
    :: !stale ->
       assert(!torn); /* P_TORN */
#if defined(FENCING) && !defined(MUT_PAIR2_WAKER_FENCE)
       full_fence(me);
#endif
#ifndef MUT_PAIR2_LIGHT
       load_wanted();
#endif
       if
       :: wanted != 0 ->
#ifndef MUT_PAIR3_FENCE
          full_fence(me);
#endif
#ifndef MUT_WANTED_ONCE
          load_wanted();
#endif
          if
          :: acked < wanted && wanted <= taken ->
             tally(0);
             atomic {
                 tally_end();
                 done = (slowest >= wanted);
                 forget_tally()
             };
#ifdef MUT_LAST_WAKES_NOBODY
             done = false;
#endif
             if
             :: done -> done = false; wake_producer(me)
             :: else
             fi
          :: else
          fi;
          wanted = 0
       :: else
       fi;
       acked = taken
    :: else -> torn = false
    fi
}

inline find_seat()
{
    do
    :: d_step { m[OWNER(0)] == FREE -> seat = 0 }; break
#if SEATS >= 2
    :: d_step { m[OWNER(1)] == FREE -> seat = 1 }; break
#endif
#if SEATS >= 3
    :: d_step { m[OWNER(2)] == FREE -> seat = 2 }; break
#endif
#if SEATS < NC
    :: m[OWNER(0)] != FREE && (unlocked & BIT(HOLDER(m[OWNER(0)]))) -> reap(me, 0)
#if SEATS >= 2
    :: m[OWNER(1)] != FREE && (unlocked & BIT(HOLDER(m[OWNER(1)]))) -> reap(me, 1)
#endif
#endif
    od
}

inline attach()
{
    /* Step 1. What was acknowledged by somebody who is gone, or has nothing on its way: */
    d_step {
        floor = 0;
        h_i = 0;
        do
        :: h_i < NC ->
           if
           :: len(queue[h_i]) == 0 && g_ack[h_i] > floor -> floor = g_ack[h_i]
           :: else
           fi;
           h_i++
        :: else -> break
        od;
        h_i = 0
    };
    do
    :: find_seat();
       compare_and_swap(me, OWNER(seat), FREE, OWNED(me, A_CLAIMED), done);
       if
       :: done -> break
       :: else
       fi
    od;
    done = false;
#ifndef MUT_CLAIM_WAKES_NOBODY
    wake_producer(me);
#endif
    if
    :: (NEWCOMERS & BIT(me)) != 0 -> d_step { LOAD(PUBLISHED, acked) }
    :: else -> tally(0); d_step { tally_end(); acked = top; forget_tally() }
    fi;
    STORE(me, CURSOR(seat), 2 * acked);
    /* Step 2. */
    d_step {
        empty_queue(me);
        if
        :: m[OWNER(seat)] == OWNED(me, A_CLAIMED) ->
           m[OWNER(seat)] = OWNED(me, A_ACTIVE);
           g_ack[me] = ((NEWCOMERS & BIT(me)) != 0 -> acked : 0)
        :: else -> assert(false)
        fi
    };
#ifndef MUT_JOIN_KEEPS_EPOCH
    add_one(me, EPOCH);
#endif
#ifndef MUT_JOIN_WAKES_NOBODY
    wake_producer(me);
#endif
    /* Step 3. */
#ifdef FENCING
    full_fence(me);
#else
#ifdef MUT_PAIR4_HEAVY
    full_fence(me);
#else
    heavy_barrier();
#endif
#endif
    d_step { LOAD(CLAIMED, taken) };
    taken = (taken > SLOTS -> taken - SLOTS : 0); /* the last one that may be overwritten */
#ifdef MUT_NO_MOVE_UP
    taken = 0;
#endif
    if
    :: taken > acked ->
       acked = taken;
       STORE(me, CURSOR(seat), 2 * acked);
#ifndef MUT_MOVE_UP_WAKES_NOBODY
       wake_producer(me)
#else
       skip
#endif
    :: else
    fi;
    d_step {
        taken = acked;
        /* P_LOST: nobody has acknowledged it, and this NEXT start passes it by */
        assert((NEWCOMERS & BIT(me)) != 0 || acked <= MAX_ACK);
        /* P_AGAIN: it was acknowledged before the attach began */
        assert((NEWCOMERS & BIT(me)) != 0 || acked >= floor);
        floor = 0
    }
}

proctype consumer(byte me)
{
    byte seat, taken, acked, stamp, state, event, wanted;
    byte slowest = NOBODY, top, watched, owner, cursor, floor;
    bool done, torn, stale;

    {
        if
        :: me < ATTACHED -> seat = me
#if JOINERS
        :: else -> attach()
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
           /* Take. */
           do
           :: atomic {
                  LOAD(STAMP(taken + 1), stamp);
                  if
                  :: stamp == taken + 1 -> break
                  :: stamp > taken + 1 ->
                     /* P_SKIP: overwritten before it was taken, and not evicted */
                     assert(EVICTED(m[CURSOR(seat)]));
                     goto stale_end
                  :: stamp < taken + 1 -> stamp = 0
                  fi
              };
              d_step { LOAD(STATE, state) };
              if
              :: state != LIVE ->
#ifndef MUT_END_STAMP_ONCE
                 d_step { LOAD(STAMP(taken + 1), stamp) };
#endif
                 if
                 :: stamp == taken + 1 -> break
                 :: else -> goto over
                 fi
              :: state == LIVE && (unlocked & BIT(PR)) != 0 ->
#ifndef MUT_DEATH_STAMP_ONCE
                 d_step { LOAD(STAMP(taken + 1), stamp) };
#endif
#ifndef MUT_DEATH_STATE_ONCE
                 d_step { LOAD(STATE, state) };
#endif
                 if
                 :: stamp == taken + 1 -> break
                 :: else -> goto over
                 fi
              :: state == LIVE && (unlocked & BIT(PR)) == 0
              fi;
              /* Step 3. */
#ifndef MUT_DATA_EVENT_READ_LATE
              d_step { LOAD(DATA_EVENT, event) };
#endif
#ifdef MUT_PAIR1_SLEEPER_FENCE
              STORE(me, SLEEPERS, 1);
#else
              store_fenced(me, SLEEPERS, 1);
#endif
#ifdef MUT_DATA_EVENT_READ_LATE
              d_step { LOAD(DATA_EVENT, event) };
#endif
#if !defined(FENCING) && !defined(MUT_PAIR1_HEAVY)
              heavy_barrier();
#endif
#ifndef MUT_NO_SECOND_STAMP
              d_step { LOAD(STAMP(taken + 1), stamp) };
#endif
#ifndef MUT_NO_SECOND_STATE
              d_step { LOAD(STATE, state) };
#endif
              if
              :: stamp >= taken + 1 || state != LIVE
              :: else ->
                 futex_sleep(me, DATA_EVENT, event);
                 d_step {
                     (asleep & BIT(me)) == 0 || (killed & BIT(PR)) != 0 ->
                     asleep = asleep & ~BIT(me)
                 }
              fi;
              d_step { event = 0; stamp = 0; state = 0 }
           od;
           skip;
           d_step { taken++; stamp = 0; state = 0; torn = (m[BODY(taken)] != taken) };
#if LEAVERS
           if
           :: (LEAVERS & BIT(me)) != 0 -> goto leave
           :: true
           fi;
#endif
#if SLOTS > 1 && EVICTIONS == 0
           /* It may take one more before it acknowledges, if that is there. */
           if
           :: m[STAMP(taken + 1)] == taken + 1 && taken == acked + 1 ->
              assert(!torn);
              taken++
           :: true
           fi;
#endif
           acknowledge();
           if
           :: stale -> goto stale_end
           :: else
           fi
        od;

over:   skip; /* 0 (end of stream), or -EOWNERDEAD */
        d_step {
            assert(state == CLOSED || !g_closed);    /* P_END: a clean end taken for a crash */
            assert(state != CLOSED || g_closed);     /* P_END: the other way round */
            assert(taken == g_stamped || EVICTED(m[CURSOR(seat)])) /* P_ALL */
        };
        goto gone;

stale_end:
        assert(EVICTED(m[CURSOR(seat)]));
#if LEAVERS
leave:  skip;
#endif
        d_step { LOAD(OWNER(seat), owner); cursor = (EVICTED(m[CURSOR(seat)]) -> 2 * acked + 1 : 2 * acked) };
        full_fence(me);
        give_up(me, seat);
gone:   skip;
        d_step {
            empty_queue(me);
            finished = finished | BIT(me); unlocked = unlocked | BIT(me);
            seat = 0; taken = 0; acked = 0; stamp = 0; state = 0; event = 0; wanted = 0;
            torn = false; stale = false; done = false
        }
    }
    OR_KILLED(me)
}

init {
    atomic {
#if SEATS_CHANGE
        m[OWNER(0)] = (ATTACHED >= 1 -> OWNED(0, A_ACTIVE) : 0);
#if SEATS >= 2
        m[OWNER(1)] = (ATTACHED >= 2 -> OWNED(1, A_ACTIVE) : 0);
#endif
#if SEATS >= 3
        m[OWNER(2)] = (ATTACHED >= 3 -> OWNED(2, A_ACTIVE) : 0);
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
