/* SPDX-License-Identifier: MIT */
/* The beat of a stream: when the next of what a handle waits for is likely to come. */
#ifndef SX_BEAT_H
#define SX_BEAT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A stream with a steady beat (frames of a video, a sensor's readings) comes too seldom for a spin
 * that begins when the wait does, and each message then costs a wake. So a handle learns the beat
 * from the waits that had to sleep: the time between their ends, and how far it strays. Once that
 * is steady, a wait sleeps until shortly before its end is likely, and spins from then on, until it
 * is not likely any more.
 *
 *     arrival                          window: from_ns            until_ns
 *        |------------- asleep ----------->|......... spin .........|--- asleep -->
 *        |<------------------ gap_ns ------------------>|
 *                                          |<- strays ->|<- strays ->|
 *
 * It spins for a tenth of the time at most: each gap gives a tenth of its length as credit, and
 * what was spun is taken from it. A sleep ends late, by the timer's slack and by what it takes a
 * processor to wake up; by how much is learnt too, and the sleep ends so much sooner. Where all
 * that leaves no sleep worth the name, or processors are busy, so that sleeps end later and later,
 * there is no window.
 *
 * Who was woken by the arrival sees it late, too: by what it takes a processor to wake up. That is
 * left out of what is learnt. Otherwise a beat that is met and missed by turns would seem to stray
 * by so much, and where it is always missed each window would come too late by it, for good.
 */
struct sx_beat {
    int64_t last_ns;   /* the last arrival; 0: none, or it was not worth remembering */
    int64_t gap_ns;    /* between two of them, smoothed */
    int64_t stray_ns;  /* by how much a gap differs from that, smoothed */
    int64_t late_ns;   /* by how much later than asked for a sleep ends, smoothed */
    int64_t credit_ns; /* what may be spun */
    uint32_t gaps;     /* so many have been seen, up to SX_BEAT_GAPS */
    bool off;          /* the caller's word, or there are more parties than processors */
};

#define SX_BEAT_GAPS 8u        /* until then nothing is expected */
#define SX_BEAT_SHARE 10       /* of the time may be spun: one part in so many */
#define SX_BEAT_STEADY 5       /* a gap strays by less than this part of it */
#define SX_BEAT_SLACK_NS 50000 /* the timer's, unless a program has set it otherwise */
#define SX_BEAT_LATE_NS 60000  /* at first: that, and a processor that wakes up */
#define SX_BEAT_LONGEST_NS INT64_C(1000000000) /* a gap */

struct sx_beat_window {
    int64_t from_ns, until_ns; /* on sx_clock_now's clock; SX_NEVER, both: nothing is expected */
};

void sx_beat_init(struct sx_beat *beat, bool off);

/* A wait that had to sleep has found what it waited for. `woken`: without having spun for it, so
 * that it most likely was woken by it. */
void sx_beat_arrived(struct sx_beat *beat, int64_t now_ns, bool woken);

/* When to spin for the next. */
struct sx_beat_window sx_beat_window(const struct sx_beat *beat);

/* A sleep that was to end at `asked_ns` has ended. */
void sx_beat_awoke(struct sx_beat *beat, int64_t asked_ns, int64_t now_ns);

/* The sleep that was to end for the window has ended by the arrival. */
void sx_beat_missed(struct sx_beat *beat, int64_t now_ns);

/* So much was spun in a window. */
void sx_beat_spent(struct sx_beat *beat, int64_t spun_ns);

#endif
