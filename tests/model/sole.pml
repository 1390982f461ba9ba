/* SPDX-License-Identifier: MIT */
/*
 * The pen of a producer that has had the stream to itself, for spin (lib/README.md, section 13): it
 * does without taking it, until somebody comes. Its stores wait in a queue and become visible in
 * their order; those who come do all of this behind full barriers. What follows when the pen is as
 * any other is in producers.pml; here it is taken and laid down in one step each.
 *
 *   COMERS   how many come (1 or 2)
 *   PUTS     how many publications each makes
 *   DEATHS   how many producers may be killed
 *   WATCHING who finds the pen held sleeps until he is told that it is free
 */
#define BIT(i) (1 << (i))
#define FREE 0
#define SOLE 1             /* the founder's, which need not take it */
#define HELD(who) ((who) + 2) /* the founder is 0 */
#define HOLDER(pen) ((pen) < 2 -> 0 : (pen) - 2)

#include "mutating.pml"
#include "mutations.pml"

hidden byte P_ORDER; /* one publishes at a time */
hidden byte P_COUNT; /* nobody publishes behind what a dead one left half done */

#define PEN 0
#define COMPANY 1
#define WRITING 2
#define WORDS 3
byte m[WORDS];
chan queue = [3] of { byte, byte }; /* the founder's stores that are not visible yet */

bool wanted; /* somebody sleeps until the pen is free */
byte asleep, killed;
byte deaths = DEATHS;
byte inside; /* bit per producer: it is publishing */
bool half;   /* a publication has been begun and not ended */
bool company_put; /* somebody else than the founder has published */

hidden byte h_word, h_value;

inline empty_queue()
{
    do
    :: nempty(queue) -> queue?h_word, h_value; m[h_word] = h_value
    :: empty(queue) -> break
    od;
    h_word = 0; h_value = 0
}

active proctype environment()
{
end:
    do
    :: d_step { nempty(queue) -> queue?h_word, h_value; m[h_word] = h_value; h_word = 0; h_value = 0 }
    od
}

/* All that it gives is a moment at which the founder's queue is empty. */
#define HEAVY_BARRIER empty(queue)

/* A step, instead of which one may be killed. What it had stored becomes visible first. */
#define STEP(...) \
    if \
    :: __VA_ARGS__ \
    :: deaths > 0 -> goto dead \
    fi

#define BEGIN(me) \
    atomic { assert(P_ORDER != 0 || inside == 0); assert(P_COUNT != 0 || !half); \
             inside = inside | BIT(me); half = true }
#define END(me) d_step { half = false; inside = inside & ~BIT(me); company_put = company_put || (me) != 0 }
/* It does not ask what others have published: nobody has. */
#define BEGIN_SOLE atomic { assert(P_ORDER != 0 || !company_put); BEGIN(0) }
#define DIE(me) \
    atomic { deaths--; inside = inside & ~BIT(me); killed = killed | BIT(me); asleep = asleep & ~BIT(me) }

/* Who has laid the pen down, or ended a publication without it, looks who wants it. */
#define LOOK_WHO_WANTS(barrier) \
    if \
    :: wanted -> STEP(d_step { barrier; wanted = false }); STEP(asleep = 0) \
    :: !wanted \
    fi

/* Of one that died: whatever it left is made whole. */
#define RECOVER(me) \
    STEP(half = false); \
    STEP(m[PEN] = FREE); \
    LOOK_WHO_WANTS(skip)

#define DEAD_PEN (m[PEN] != FREE && (killed & BIT(HOLDER(m[PEN]))) != 0)

proctype founder()
{
    byte puts = 0, company;
    bool sole = true;

    do
    :: puts == PUTS -> break
    :: puts < PUTS ->
       if
       :: sole ->
          UNLESS(SOLE_LOOK_FIRST, STEP(queue!WRITING, 1));
          STEP(company = m[COMPANY]);
          if
          :: company == 0 ->
#ifndef INTACT
             if
             :: MUT(SOLE_LOOK_FIRST) -> STEP(queue!WRITING, 1)
             :: else
             fi;
#endif
             STEP(BEGIN_SOLE);
             STEP(END(0));
             STEP(queue!WRITING, 0);
#ifndef INTACT
             if
             :: MUT(SOLE_LOOK_NOT)
             :: else -> LOOK_WHO_WANTS(empty_queue())
             fi;
#else
             LOOK_WHO_WANTS(empty_queue());
#endif
             puts++
          :: company != 0 ->
             company = 0;
             sole = false;
             UNLESS(SOLE_SHARE_WRITING, STEP(queue!WRITING, 0));
             /* By compare-and-swap: whoever came may have done it, and have taken the pen. */
             STEP(d_step {
                 empty_queue();
                 if
                 :: m[PEN] == SOLE && m[WRITING] == 0 -> m[PEN] = FREE
                 :: else
                 fi
             });
             UNLESS(SOLE_SHARE_LOOK_NOT, LOOK_WHO_WANTS(empty_queue()));
             if
             :: break /* its time was over, or somebody is to come before it */
             :: skip
             fi
          fi
       :: !sole ->
          if
          :: d_step { m[PEN] == FREE && empty(queue) -> m[PEN] = HELD(0) };
             STEP(BEGIN(0));
             STEP(END(0));
             STEP(queue!PEN, FREE);
             LOOK_WHO_WANTS(empty_queue());
             puts++
          :: d_step { DEAD_PEN && empty(queue) -> m[PEN] = HELD(0) }; RECOVER(0)
          fi
       fi
    od;
    goto done;
dead:
    atomic { empty_queue() };
    DIE(0);
done:
    skip
}

/* The founder's, if it is not at it just now: free from now on. */
#define PART \
    if \
    :: m[PEN] == SOLE -> \
       STEP(writing = m[WRITING]); \
       if \
       :: writing == 0 || MUT(SOLE_PART_UNASKED) -> \
          STEP(d_step { \
              if \
              :: m[PEN] == SOLE -> m[PEN] = FREE \
              :: else \
              fi \
          }) \
       :: else \
       fi; \
       writing = 0 \
    :: m[PEN] != SOLE \
    fi

proctype comer(byte me)
{
    byte puts = 0, writing, known;

    EITHER(SOLE_COMPANY_LATE, skip, STEP(m[COMPANY] = 1));
    UNLESS(SOLE_COMPANY_LIGHT, STEP(HEAVY_BARRIER));
    do
    :: puts == PUTS -> break
    :: puts < PUTS ->
       PART;
       if
       :: d_step { m[PEN] == FREE -> m[PEN] = HELD(me) };
#ifndef INTACT
          if
          :: MUT(SOLE_COMPANY_LATE) -> m[COMPANY] = 1
          :: else
          fi;
#endif
          STEP(BEGIN(me));
          STEP(END(me));
          STEP(m[PEN] = FREE);
          LOOK_WHO_WANTS(skip);
          puts++
       :: d_step { DEAD_PEN -> m[PEN] = HELD(me) }; RECOVER(me)
#ifdef WATCHING
       :: m[PEN] != FREE && !DEAD_PEN ->
          d_step { asleep = asleep | BIT(me); known = killed; wanted = true };
          UNLESS(SOLE_WANT_LIGHT, STEP(HEAVY_BARRIER));
          PART;
          if
          :: m[PEN] == FREE || DEAD_PEN -> asleep = asleep & ~BIT(me)
          :: m[PEN] != FREE && !DEAD_PEN ->
             STEP((asleep & BIT(me)) == 0 || killed != known);
             asleep = asleep & ~BIT(me)
          fi
#else
       :: m[PEN] == SOLE && m[WRITING] == 0
#endif
       fi
    od;
    goto done;
dead:
    DIE(me);
done:
    skip
}

init {
    atomic {
#ifndef INTACT
        c_code { if (getenv("MUTATION")) now.mutation = (uchar)atoi(getenv("MUTATION")); };
#endif
        m[PEN] = SOLE;
        run founder();
        run comer(1);
#if COMERS >= 2
        run comer(2);
#endif
        skip
    }
}
