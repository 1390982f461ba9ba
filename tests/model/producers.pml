/* SPDX-License-Identifier: MIT */
/*
 * Several producers on one stream, step by step, for spin: whose turn it is, what is made of the turn
 * of one that dies, how all of them wait for room, and how the last one ends the stream. Consumers are
 * attached from the start and stay; what they do with each other and with one producer is in
 * streamx.pml. A configuration chooses who takes part (README.md here has the list); a mutation leaves
 * out or moves one step (mutations.pml).
 *
 *   NC, NP       consumers and producers (1 or 2 of each)
 *   PUTS         how many messages each producer puts
 *   SLOTS        slots
 *   COMERS       set of producers (1, 2) that come in at any time; the others are there from the start
 *   DRAINERS     set of producers that wait until what they put is acknowledged before they leave
 *   ABANDONERS   set of producers that may abandon the stream instead of closing it
 *   IDLERS       set of producers that put nothing, and leave when all is quiet
 *   GIVE_UPS     how often a producer that waits for room may give up, its time being over
 *   DEATHS, MORTAL   how many may be killed, of which set (128 and 64: the producers)
 *   WATCHING     who finds the pen held sleeps until he is told that it is free, as by a descriptor
 *   DEAF         consumers are told of no death but the last producer's: all else comes by wakes
 *   SPINNING     nobody ever sleeps
 */
#ifndef NC
#define NC 1
#endif
#ifndef NP
#define NP 2
#endif
#define ATTACHED NC
#ifndef PUTS
#define PUTS 2
#endif
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef COMERS
#define COMERS 0
#endif
#ifndef DRAINERS
#define DRAINERS 0
#endif
#ifndef ABANDONERS
#define ABANDONERS 0
#endif
#ifndef IDLERS
#define IDLERS 0
#endif
#ifndef GIVE_UPS
#define GIVE_UPS 0
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef MORTAL
#define MORTAL 192
#endif
#define EVICTIONS 0
#ifdef SPINNING
#define SLEEPING 0
#else
#define SLEEPING 1
#endif
#define LAST (NP * PUTS)

/* ---- the words; seq and publication are the same: one message each --------------------------- */

#define PUBLISHED 0
#define WANTED 1     /* the least seq that anybody waits for; 0 = nothing */
#define DATA_EVENT 2 /* bit per consumer: has moved since it was read */
#define STATE 3      /* 8 * arrivals + 4 if there was a casualty + what follows */
#define SLEEPERS 4
#define ROOM_EVENT 5 /* bit per producer */
#define PEN 6        /* the holder's attach number; 0 = free */
#define TOTAL(publication) (7 + (publication) % 2) /* messages so far, by parity */
#define CURSOR(i) (9 + (i))
#define PLACE(i) (9 + NC + (i))
#define STAMP(publication) (9 + NC + NP + 2 * ((publication) % SLOTS))
#define BODY(publication) (10 + NC + NP + 2 * ((publication) % SLOTS))
#define PEN_WANTED (9 + NC + NP + 2 * SLOTS) /* somebody sleeps until it is free */
#define WORDS (10 + NC + NP + 2 * SLOTS)

/* STATE */
#define LIVE 0
#define CLOSED 1
#define ENDING(state) ((state) & 3)
#define CASUALTY 4
#define ARRIVAL 8

/* PLACE */
#define FREE 0
#define A_ACTIVE 1
#define A_LEAVING 2

#define ATTACH(who) ((who) + 1)
#define HOLDER(pen) ((pen) - 1)
#define NTH(who) ((who) - NC) /* which producer that is */

byte g_put[NP];         /* messages of each that have their stamps */
byte g_tag[LAST + 2];   /* by publication: what its body must be */
byte g_stamped;         /* the newest publication */
byte g_ack[NC];         /* the highest that each has acknowledged */
byte present;           /* bit per process: it holds the producers' lock, or has held it */
byte g_entered;         /* bit per process: it has come in */
bool g_casualty;        /* one who had come in has died in its place, or abandoned the stream; */
bool g_maybe;           /* or one who was about to come in has died */
byte give_ups = GIVE_UPS;

#define ON_KILL(who) \
    if \
    :: who >= NC && m[PLACE(NTH(who))] == A_ACTIVE -> \
       g_maybe = true; g_casualty = g_casualty || (g_entered & BIT(who)) != 0 \
    :: else \
    fi

#define DEATHS_BEFORE 0 /* the places must be there first */
#include "tso.pml"
#include "mutations.pml"

/* Nobody is left to produce. Consumers are told so by locks. */
#define ORPHANED ((present & ~unlocked) == 0)

/* Never true: they are here to show in the checker's message. A deadlock is a lost wake-up too. */
hidden byte P_KEEP;  /* nothing is overwritten that somebody has not acknowledged */
hidden byte P_TORN;  /* what was handed out, and what was acknowledged, was whole until then */
hidden byte P_ORDER; /* each publication has one producer, and none is left out */
hidden byte P_COUNT; /* who has the pen knows how much was published, whoever died */
hidden byte P_ALL;   /* who sees the stream over has had everything */
hidden byte P_END;   /* an end after a casualty is told apart from one without */
hidden byte P_QUIET; /* all is quiet only when everything has been acknowledged */
hidden byte P_LATE;  /* nothing is published after the end */

#if NC == 1
#define LEAST_ACK g_ack[0]
#else
#define LEAST_ACK (g_ack[0] < g_ack[1] -> g_ack[0] : g_ack[1])
#endif

/* ---- the tally: everybody's cursor, one after the other -------------------------------------- */

#define FAR 255

inline tally()
{
    d_step { LOAD(CURSOR(0), slowest) };
#if NC >= 2
    d_step {
        if
        :: m[CURSOR(1)] < slowest -> LOAD(CURSOR(1), slowest)
        :: else
        fi
    }
#endif
}

/* ---- waking ---------------------------------------------------------------------------------- */

inline wake_consumers()
{
#if SLEEPING
    bump(me, DATA_EVENT, CONSUMERS);
    wake(me, CONSUMERS)
#else
    skip
#endif
}

/* Whoever finds that what is wanted is there, or may be, takes the wish and wakes all. */
inline wake_producers()
{
#if SLEEPING
    d_step { empty_queue(me); done = (m[WANTED] != 0); m[WANTED] = 0 };
    if
    :: done ->
       bump(me, ROOM_EVENT, PRODUCERS);
       wake(me, PRODUCERS);
       done = false
    :: else
    fi
#else
    skip
#endif
}

/* ---- the pen --------------------------------------------------------------------------------- */

/* Of a producer that died with the pen: it is ours now. */
inline recover()
{
    d_step { p = m[PUBLISHED] + 1; done = (m[STAMP(p)] == p) };
    if
    :: done -> UNLESS(RECOVER_LEAVES_STAMP, STORE(me, PUBLISHED, p)); done = false
    :: else
    fi;
    UNLESS(RECOVER_WAKES_NOBODY, store_fenced(me, SLEEPERS, 0); wake_consumers());
    p = 0
}

#define PEN_HELD (m[PEN] != 0 && (unlocked & BIT(HOLDER(m[PEN]))) == 0)

/* Until the holder has laid it down, and seen who wants it; or has died. */
inline sleep_for_pen()
{
    atomic {
        READ_EVENT(ROOM_EVENT, BIT(me));
        UNLESS(PEN_WATCHES_NOBODY, watched = present & ~unlocked & ~BIT(me))
    };
    atomic {
        store_fenced(me, PEN_WANTED, 1);
        UNLESS(PEN_WANT_HEAVY, heavy_barrier())
    };
    if
    :: !MUT(PEN_SECOND_LOOK) && !PEN_HELD
    :: MUT(PEN_SECOND_LOOK) || PEN_HELD ->
       futex_sleep(me, ROOM_EVENT);
       d_step {
           (asleep & BIT(me)) == 0 || (killed & watched) != 0 ->
           asleep = asleep & ~BIT(me)
       }
    fi;
    d_step { watched = 0; FORGET_EVENT(ROOM_EVENT, BIT(me)) }
}

/* Our own laying it down is visible before we try. */
inline take_pen()
{
    full_fence(me);
    do
    :: d_step { m[PEN] == 0 -> m[PEN] = ATTACH(me) }; break
    :: d_step { m[PEN] != 0 && (unlocked & BIT(HOLDER(m[PEN]))) != 0 -> LOAD(PEN, holder) };
       compare_and_swap(me, PEN, holder, ATTACH(me), done);
       holder = 0;
       if
       :: done -> done = false; UNLESS(NO_RECOVERY, recover()); break
       :: else
       fi
#ifdef WATCHING
    :: PEN_HELD -> sleep_for_pen()
#endif
    od
}

inline look_who_wants_pen()
{
#ifdef WATCHING
    if
    :: d_step { m[PEN_WANTED] != 0 -> skip };
       store_fenced(me, PEN_WANTED, 0);
       bump(me, ROOM_EVENT, PRODUCERS);
       wake(me, PRODUCERS)
    :: else
    fi
#else
    skip
#endif
}

/* A store, and only the light barrier behind it. */
inline lay_down_pen()
{
#ifndef INTACT
    if
    :: MUT(PEN_LOOK_EARLY) -> look_who_wants_pen()
    :: else
    fi;
#endif
    EITHER(PEN_LAID_DOWN_EARLY, skip, STORE(me, PEN, 0));
    if
    :: MUT(PEN_LOOK) || MUT(PEN_LOOK_EARLY)
    :: else -> look_who_wants_pen()
    fi
}

/* Before it frees the place of one that died: what that one left half done. */
inline recover_for(other)
{
    if
    :: d_step { m[PEN] == ATTACH(other) -> LOAD(PEN, holder) };
       compare_and_swap(me, PEN, holder, ATTACH(me), done);
       holder = 0;
       if
       :: done -> done = false; recover(); lay_down_pen()
       :: else
       fi
    :: else
    fi
}

/* ---- waiting for acknowledgments, with the pen or without ------------------------------------ */

/* `alone`: given up. */
inline await(seq)
{
    do
    :: tally();
       if
       :: atomic { slowest >= seq -> slowest = FAR }; break
#if GIVE_UPS > 0
       :: atomic { slowest < seq && give_ups > 0 -> give_ups--; alone = true; slowest = FAR };
          break
#endif
#if !SLEEPING
       :: atomic { slowest < seq -> slowest = FAR; LEAST_ACK >= seq }
#else
       :: atomic {
              slowest < seq -> slowest = FAR; READ_EVENT(ROOM_EVENT, BIT(me));
              /* Another producer may take the wish, and die before it wakes anybody. */
              UNLESS(ROOM_WATCHES_NOBODY, watched = present & ~unlocked & ~BIT(me))
          };
          /* Lowered only: the least that anybody waits for. */
          atomic {
              EITHER(WANTED_RAISED, store_fenced(me, WANTED, seq), d_step {
                  empty_queue(me);
                  if
                  :: m[WANTED] == 0 || m[WANTED] > seq -> m[WANTED] = seq
                  :: else
                  fi
              });
              UNLESS(WANTED_HEAVY, heavy_barrier())
          };
          tally();
          if
          :: atomic { slowest >= seq -> slowest = FAR };
             /* Others may wait for the same, or for less. */
             UNLESS(WANTED_KEPT, wake_producers());
             break
          :: atomic { slowest < seq -> slowest = FAR };
             futex_sleep(me, ROOM_EVENT);
             d_step {
                 (asleep & BIT(me)) == 0 || (killed & watched) != 0 ->
                 asleep = asleep & ~BIT(me); watched = 0; FORGET_EVENT(ROOM_EVENT, BIT(me))
             }
          fi
#endif
       fi
    od;
    atomic { watched = 0; FORGET_EVENT(ROOM_EVENT, BIT(me)) }
}

/* ---- coming in and leaving ------------------------------------------------------------------- */

/* The place first, the state then: see `leave`. `alone`: the stream has ended. */
inline come_in()
{
    atomic { m[PLACE(NTH(me))] = A_ACTIVE; present = present | BIT(me) };
    do
    :: d_step { LOAD(STATE, p) };
       if
       :: ENDING(p) != LIVE -> alone = true; break
       :: else ->
          d_step {
              empty_queue(me);
              if
              :: m[STATE] == p -> m[STATE] = p + ARRIVAL; g_entered = g_entered | BIT(me);
                 done = true
              :: else
              fi
          };
          if
          :: done -> done = false; break
          :: else
          fi
       fi
    od;
    if
    :: alone -> store_fenced(me, PLACE(NTH(me)), FREE)
    :: else
    fi;
    p = 0
}

inline remember_casualty()
{
    d_step { empty_queue(me); m[STATE] = m[STATE] | CASUALTY }
}

/* Frees the place of the other one, if that has died; `done`: it is there and lives. */
inline look_at_other(other)
{
    if
    :: d_step { m[PLACE(NTH(other))] == A_ACTIVE && (unlocked & BIT(other)) == 0 -> done = true }
    :: d_step { m[PLACE(NTH(other))] != FREE && (unlocked & BIT(other)) != 0 ->
                done = (m[PLACE(NTH(other))] == A_ACTIVE) };
       UNLESS(REAP_RECOVERS_NOTHING, recover_for(other));
       if
       :: m[PLACE(NTH(other))] == A_ACTIVE -> UNLESS(REAP_FORGETS_CASUALTY, remember_casualty())
       :: else
       fi;
       store_fenced(me, PLACE(NTH(other)), FREE);
       done = false
    :: else -> done = false
    fi
}

#define OTHER (NC + NC + 1 - me)

/* No longer active; then the state; then everybody's place; then a swap from that state. */
inline leave()
{
    if
#if ABANDONERS
    :: (ABANDONERS & BIT(NTH(me))) != 0 ->
       atomic { g_casualty = true; g_maybe = true; remember_casualty() }
#endif
    :: skip
    fi;
    store_fenced(me, PLACE(NTH(me)), A_LEAVING);
    do
    :: UNLESS(STATE_AFTER_SCAN, d_step { LOAD(STATE, p) });
       if
       :: !MUT(STATE_AFTER_SCAN) && ENDING(p) != LIVE -> break
       :: else ->
#if NP >= 2
          look_at_other(OTHER);
#endif
          if
          :: done -> done = false; break
          :: else ->
#ifndef INTACT
             if
             :: MUT(STATE_AFTER_SCAN) -> d_step { LOAD(STATE, p) }
             :: else
             fi;
#endif
             compare_and_swap(me, STATE, p, p | CLOSED, done);
             if
             :: done -> done = false; alone = true; break
             :: else
             fi
          fi
       fi
    od;
    p = 0;
    store_fenced(me, PLACE(NTH(me)), FREE);
    /* The set of producers has changed, or the stream is over. */
    store_fenced(me, SLEEPERS, 0);
    wake_consumers()
}

/* ---- a producer ------------------------------------------------------------------------------ */

#define TAG (ATTACH(me) * 8 + n + 1)

inline put()
{
    take_pen();
    atomic {
        LOAD(PUBLISHED, p);
        assert(P_COUNT != 0 || m[TOTAL(p)] == p);
        p++
    };
#ifndef INTACT
    if
    :: MUT(PEN_LAID_DOWN_EARLY) -> d_step { empty_queue(me); m[PEN] = 0 }
    :: else
    fi;
#endif
    if
    :: p > SLOTS -> await(p - SLOTS)
    :: else
    fi;
    if
    :: !alone ->
       atomic {
           nfull(queue[me]) ->
           assert(P_ORDER != 0 || p == g_stamped + 1);
           assert(P_KEEP != 0 || p <= SLOTS || p - SLOTS <= LEAST_ACK);
           queue[me]!BODY(p), TAG
       };
       EITHER(TOTAL_ONE_WORD, STORE(me, TOTAL(p - 1), p), STORE(me, TOTAL(p), p));
       atomic {
           nfull(queue[me]) ->
           assert(P_LATE != 0 || ENDING(m[STATE]) == LIVE);
           assert(P_ORDER != 0 || p == g_stamped + 1);
           g_stamped = p; g_tag[p] = TAG; g_put[NTH(me)] = n + 1;
           queue[me]!STAMP(p), p
       };
#ifndef INTACT
       if
       :: MUT(TOTAL_ONE_WORD) -> STORE(me, TOTAL(p), p)
       :: else
       fi;
#endif
       STORE(me, PUBLISHED, p);
       /* The full fence of the look for sleepers. */
       UNLESS(PEN_NO_FENCE, full_fence(me));
       if
       :: d_step { m[SLEEPERS] != 0 -> skip };
          store_fenced(me, SLEEPERS, 0);
          wake_consumers()
       :: else
       fi;
       n++
    :: else -> alone = false
    fi;
    p = 0;
    lay_down_pen();
    UNLESS(PEN_LEAVES_WANTED, wake_producers())
}

proctype producer(byte me)
{
    byte p, n, holder, watched, slowest = FAR;
    bool done, alone;

    {
        if
        :: (COMERS & BIT(NTH(me))) != 0 -> come_in()
        :: else
        fi;
        if
        :: alone -> goto gone
        :: else
        fi;
#if IDLERS
        if
        :: (IDLERS & BIT(NTH(me))) != 0 ->
           /* Who has nothing to put hears of nothing, and helps nobody, until all is quiet. */
           atomic {
               timeout ->
               assert(P_QUIET != 0 || (g_ack[0] == g_stamped && g_ack[NC - 1] == g_stamped))
           };
           n = PUTS
        :: else
        fi;
#endif
        do
        :: n < PUTS -> put()
#if GIVE_UPS > 0
        :: n < PUTS && give_ups < GIVE_UPS -> break
#endif
        :: n == PUTS -> break
        od;
#if DRAINERS
        if
        :: (DRAINERS & BIT(NTH(me))) != 0 -> await(g_stamped)
        :: else
        fi;
#endif
        leave();
gone:   atomic {
            empty_queue(me);
            finished = finished | BIT(me); unlocked = unlocked | BIT(me);
            p = 0; n = 0; alone = false; done = false
        }
    }
#if DEATHS > 0
    unless {
        d_step {
            (killed & BIT(me)) != 0 ->
            p = 0; n = 0; holder = 0; watched = 0; slowest = 0; done = false; alone = false
        }
    }
#endif
}

/* ---- a consumer ------------------------------------------------------------------------------ */

/* This acknowledgment, or one that this caller has made before, may be the last one that was
 * missing. */
inline acknowledge()
{
    atomic {
        nfull(queue[me]) ->
        assert(P_TORN != 0 || m[BODY(taken)] == g_tag[taken]);
        g_ack[me] = taken;
        queue[me]!CURSOR(me), taken
    };
#if SLEEPING
    d_step { LOAD(WANTED, wanted) };
    if
    :: atomic { wanted != 0 -> UNLESS(WANTED_ACK_FENCE, full_fence(me)) };
       d_step { LOAD(WANTED, wanted) };
       if
       :: wanted != 0 && wanted <= taken ->
          tally();
          if
          :: slowest >= wanted -> UNLESS(ACK_WAKES_NOBODY, wake_producers())
          :: else
          fi;
          slowest = FAR
       :: else
       fi
    :: else
    fi;
    wanted = 0
#endif
}

#ifdef DEAF
#define TOLD_OF_DEATH false
#else
#define TOLD_OF_DEATH ((killed & watched) != 0)
#endif

/* Until the next publication is there, or the stream is over. */
inline take()
{
    do
    :: atomic {
           if
           :: ORPHANED && !announced -> dead = true
           :: true
           fi;
           LOAD(STAMP(taken + 1), stamp);
           if
           :: stamp == taken + 1 -> break
           :: else
           fi
       };
       d_step { LOAD(STATE, state) };
       if
       :: ENDING(state) != LIVE -> d_step { LOAD(STAMP(taken + 1), stamp) }; break
       :: ENDING(state) == LIVE && dead -> break
#if !SLEEPING
       :: ENDING(state) == LIVE && !dead -> stamp = 0
#else
       :: atomic {
              ENDING(state) == LIVE && !dead && !announced ->
              READ_EVENT(DATA_EVENT, BIT(me));
              watched = present & ~unlocked
          };
          atomic { store_fenced(me, SLEEPERS, 1); announced = true; stamp = 0 }
       :: atomic { ENDING(state) == LIVE && !dead && announced -> futex_sleep(me, DATA_EVENT) };
          d_step {
              (asleep & BIT(me)) == 0 || ORPHANED || TOLD_OF_DEATH ->
              asleep = asleep & ~BIT(me); announced = false; stamp = 0; watched = 0;
              FORGET_EVENT(DATA_EVENT, BIT(me))
          }
#endif
       fi
    od;
    atomic { announced = false; watched = 0; FORGET_EVENT(DATA_EVENT, BIT(me)) }
}

proctype consumer(byte me)
{
    byte taken, stamp, state, wanted, watched, slowest = FAR;
    bool done, dead, announced;

    do
    :: take();
       if
       :: stamp == taken + 1 ->
          d_step {
              taken++; stamp = 0; state = 0;
              assert(P_TORN != 0 || m[BODY(taken)] == g_tag[taken])
          };
          acknowledge()
       :: else -> break
       fi
    od;
#if COMERS
    /* It has been told of a death, for good. It holds up nobody who comes now. */
    if
    :: ENDING(state) == LIVE ->
       atomic { nfull(queue[me]) -> g_ack[me] = FAR; queue[me]!CURSOR(me), FAR };
       UNLESS(FINAL_WAKES_NOBODY, wake_producers())
    :: else
    fi;
#endif
    atomic {
        assert(P_ALL != 0 || taken == g_stamped || (COMERS && ENDING(state) == LIVE));
        assert(P_END != 0 || ENDING(state) == LIVE || (state & CASUALTY) != 0 || !g_casualty);
        assert(P_END != 0 || (state & CASUALTY) == 0 || g_maybe);
        empty_queue(me);
        finished = finished | BIT(me); unlocked = unlocked | BIT(me);
        taken = 0; stamp = 0; state = 0; slowest = 0; dead = false
    }
}

init {
    atomic {
#ifndef INTACT
        c_code { if (getenv("MUTATION")) now.mutation = (uchar)atoi(getenv("MUTATION")); };
#endif
        m[ROOM_EVENT] = PRODUCERS; m[DATA_EVENT] = CONSUMERS;
        m[PLACE(0)] = ((COMERS & 1) -> FREE : A_ACTIVE);
#if NP >= 2
        m[PLACE(1)] = ((COMERS & 2) -> FREE : A_ACTIVE);
#endif
        deaths = DEATHS;
        present = PRODUCERS & ~(COMERS << NC);
        g_entered = present;
        run consumer(0);
#if NC >= 2
        run consumer(1);
#endif
        run producer(PR);
#if NP >= 2
        run producer(PR + 1);
#endif
        skip
    }
}
