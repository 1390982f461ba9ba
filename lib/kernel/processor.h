/* SPDX-License-Identifier: MIT */
/*
 * In what processors differ that are called alike. Measured on an Intel Xeon and on an AMD EPYC of
 * family 26, with scripts/bench and, for the pauses, with two bare loops; of others nothing is
 * known, and they are taken for the former.
 */
#ifndef SX_PROCESSOR_H
#define SX_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

struct sx_processor {
    /* So many pauses are a turn of a spin, about 40 ns, but where lines are near (waiting/spin.h).
     * Whoever looks at a line more often than that holds up the one who writes it: on AMD, with
     * looks every 20 ns, which is one pause there, a value and its acknowledgment took 550 ns,
     * every 40 ns 320. */
    uint32_t pauses;

    /* Lines of small messages are fetched exclusively so many slots before they are written, but
     * not more than the ring's slots divided by that, nor fewer than the least; in rings of so many
     * slots at least, or of so many where a slot is more than a line. On AMD, as many as are
     * written while a line crosses: with 4,096 slots a message took 24 ns without, and 17 with 32;
     * where lines are near, with 256 slots 8.0 and 9.1. With 8 it was a third slower than without,
     * from 192 slots on. With 16 slots, where lines are near, it was slower too; and with 32 of 64
     * of several lines each. */
    uint32_t fetches_ahead, fetches_least, fetches_divisor, fetches_from, fetches_wide_from;

    /* And, by who spins for room, only where a trial shows that it pays. */
    bool fetches_on_trial;

    /* In such rings, too, a consumer fetches the slot that it reads some time later, in a long run.
     * On AMD that is beyond the newest message most of the time, and so is taken away from the
     * producer, which may just have fetched it. */
    bool reads_ahead;

    /* And those of publications of up to so many bytes. AMD's write longer ones line by line
     * without reading what was there: 4 KiB took 930 ns with it, 760 without. */
    uint64_t fetches_most;

    /* Of a batch that is opened so many bytes are fetched. AMD's do not run ahead of the reader by
     * themselves where lines are far away: 256 messages of 32 bytes took 1.5 times what a bare ring
     * takes with 1 KiB, 1.25 times with 8. */
    uint64_t fetches_opened;

    /* In a long run, where it is one that comes soon, they are fetched one by one with the messages
     * that are handed out, while the reader has something to do: such batches then took 1.17 times
     * what a bare ring takes. (Of others it is not known.) */
    bool fetches_each;

    /* In a ring of at most so many slots the next one is fetched as soon as a message is handed
     * out: with four slots a message took 1.22 to 1.28 times what a bare ring takes without it,
     * 1.16 to 1.2 with it; with 16 the same as without, with 64 a fifth more. (Of others it is not
     * known.) */
    uint32_t fetches_next;

    /* A consumer stays behind the producer by a quarter of the ring, but not by more slots than
     * this; where that is less than the least, not at all: consumer/slip.h. With 1,024 slots a
     * message took 35 to 44 ns without, 15 with 32, 14 with 64, 13 with 128. (Of others it is not
     * known.) */
    uint32_t stays_behind, stays_behind_least;
};

/* This one. */
const struct sx_processor *sx_processor(void);

/* By how many slots a consumer stays behind in a ring of so many; 0: it does not. */
uint32_t sx_processor_slots_behind(uint32_t slots);

/* How far ahead the producer of a ring of so many slots fetches them; 0: it does not. `wide`: they
 * are several lines each. */
uint32_t sx_processor_slots_ahead(uint32_t slots, bool wide);

#endif
