/* SPDX-License-Identifier: MIT */
/*
 * How far a stream is, as its words tell it, for spin: series (lib/README.md, section 5), told by
 * producers that have the pen by turns, and any of which may be killed between two stores. An extent is
 * the number of messages, 1 or 2; payload follows the same rules. The stores of a producer become visible
 * in their order here; that this is enough where they need not is for tests/portability/pairs.litmus.
 *
 *   NP       producers
 *   LAST     how many publications there are in all
 *   DEATHS   how many producers may be killed
 */
#define BIT(i) (1 << (i))

#include "mutating.pml"
#include "mutations.pml"

hidden byte P_TOLD;  /* who reads how far the stream is, reads what was published */
hidden byte P_COUNT; /* who has the pen knows how much was published, whoever died */

byte published;
byte stamped; /* the newest publication that has its stamp */
byte pen;     /* 1 + its holder; 0: free */
byte extent[2];
short seqs[2];

byte truth[LAST + 2]; /* by publication: its last seq */
byte deaths = DEATHS;
byte killed;

#define STEP(act) \
    if \
    :: act \
    :: deaths > 0 -> goto dead \
    fi

proctype producer(byte me)
{
    byte next = 1, own = 0, told = 0, kind, p;
    short base = 0;
    bool second;

    do
    :: atomic { published == LAST && pen == 0 -> break }
    :: atomic { published < LAST && pen == 0 -> pen = me + 1 };
       STEP(p = published);
       if
       :: p + 1 != next ->
          STEP(own = extent[p % 2]);
          STEP(base = seqs[p % 2]);
          next = p + 1;
          UNLESS(SERIES_TOLD_BY_ANOTHER, told = 0)
       :: else
       fi;
       assert(P_COUNT != 0 || base + (next - 1) * own == truth[next - 1]);
       if
       :: kind = 1
       :: kind = 2
       fi;
       if
       :: kind != told ->
          d_step {
              second = (kind == own);
              base = base + (next - 1) * (own - kind);
              own = kind
          };
          STEP(extent[next % 2] = kind);
          STEP(seqs[next % 2] = base);
          EITHER(SERIES_TOLD_AT_ONCE, told = kind, told = (second -> kind : 0))
       :: else
       fi;
       STEP(atomic { truth[next] = truth[next - 1] + kind; stamped = next });
       assert(P_COUNT != 0 || base + next * kind == truth[next]);
       STEP(published = next);
       next++;
       STEP(pen = 0)
    :: atomic { pen != 0 && (killed & BIT(pen - 1)) != 0 -> pen = me + 1 };
       STEP(p = published);
       if
       :: stamped == p + 1 -> STEP(published = p + 1)
       :: stamped != p + 1 ->
          UNLESS(SERIES_NOT_RESTORED,
                 STEP(extent[(p + 1) % 2] = extent[p % 2]);
                 STEP(seqs[(p + 1) % 2] = seqs[p % 2]))
       fi;
       STEP(pen = 0)
    od;
    goto done;
dead:
    atomic { deaths--; killed = killed | BIT(me) };
done:
    skip
}

/* A joiner or an inspector. */
proctype reader()
{
    byte p, q, e;
    short s;

    do
    :: p = published;
       q = (stamped == p + 1 -> p + 1 : p);
       e = extent[q % 2];
       s = seqs[q % 2];
       atomic {
           if
           :: MUT(SERIES_LOOK_ONCE) || published == p ->
              assert(P_TOLD != 0 || s + q * e == truth[q])
           :: else
           fi;
           if
           :: p == LAST -> break
           :: else
           fi
       }
    od
}

init {
    atomic {
#ifndef INTACT
        c_code { if (getenv("MUTATION")) now.mutation = (uchar)atoi(getenv("MUTATION")); };
#endif
        run reader();
        run producer(0);
#if NP >= 2
        run producer(1);
#endif
#if NP >= 3
        run producer(2);
#endif
        skip
    }
}
