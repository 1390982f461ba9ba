/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic on times; no clock is read here. The averages take in an eighth of each new value; one
 * that strays far, because somebody was preempted, is bounded first, so that it spoils little.
 */
#include "waiting/beat.h"

#include "kernel/clock.h"

#define OUTLIER 3 /* whatever strays by more than so many times the usual counts as so much */
#define WIDTH 2   /* of the window on either side, in what a gap strays */
#define LEAST_NS INT64_C(5000)

void sx_beat_init(struct sx_beat *beat, bool off)
{
    *beat = (struct sx_beat){.late_ns = SX_BEAT_LATE_NS, .off = off};
}

/* Bounded to `most` on either side. */
static int64_t within(int64_t value, int64_t most)
{
    return value > most ? most : value < -most ? -most : value;
}

static int64_t width(const struct sx_beat *beat)
{
    return WIDTH * beat->stray_ns + LEAST_NS;
}

/* From when on a sleep is to end for the window, before the arrival is due. */
static int64_t lead(const struct sx_beat *beat)
{
    return beat->late_ns + width(beat);
}

static int64_t due(const struct sx_beat *beat)
{
    return beat->last_ns + beat->gap_ns;
}

/* Does that leave no sleep? */
static bool is_too_late(const struct sx_beat *beat)
{
    return lead(beat) > beat->gap_ns / 4 * 3;
}

static void forget(struct sx_beat *beat)
{
    beat->gaps = 0;
    beat->gap_ns = beat->stray_ns = beat->credit_ns = 0;
}

static void learn(struct sx_beat *beat, int64_t gap_ns)
{
    int64_t strays;

    if (beat->gaps == 0) {
        beat->gap_ns = gap_ns;
        beat->stray_ns = gap_ns / 2;
    }
    strays = within(gap_ns - beat->gap_ns, OUTLIER * beat->stray_ns + LEAST_NS);
    beat->gap_ns += strays / 8;
    beat->stray_ns += ((strays < 0 ? -strays : strays) - beat->stray_ns) / 8;
    beat->credit_ns += gap_ns / SX_BEAT_SHARE;
    if (beat->credit_ns > beat->gap_ns)
        beat->credit_ns = beat->gap_ns;
    if (beat->gaps < SX_BEAT_GAPS)
        beat->gaps++;
}

/* When what woke us at that time had come. */
static int64_t wake_time(const struct sx_beat *beat, int64_t now_ns)
{
    int64_t wakes_ns = beat->late_ns - SX_BEAT_SLACK_NS;

    return wakes_ns > 0 ? now_ns - wakes_ns : now_ns;
}

void sx_beat_arrived(struct sx_beat *beat, int64_t now_ns, bool woken)
{
    int64_t came_ns = woken ? wake_time(beat, now_ns) : now_ns, gap_ns;

    if (beat->off)
        return;
    if (came_ns <= beat->last_ns) /* it cannot have been so long ago */
        came_ns = now_ns;
    gap_ns = came_ns - beat->last_ns;
    if (beat->last_ns != 0 && gap_ns > 0 && gap_ns <= SX_BEAT_LONGEST_NS)
        learn(beat, gap_ns);
    else
        forget(beat);
    beat->last_ns = came_ns;
    /* What a busy time has taught is not for ever: without a window nothing else would correct
     * it. */
    if (is_too_late(beat) && beat->late_ns > SX_BEAT_LATE_NS)
        beat->late_ns -= beat->late_ns / 64;
}

struct sx_beat_window sx_beat_window(const struct sx_beat *beat)
{
    const struct sx_beat_window none = {.from_ns = SX_NEVER, .until_ns = SX_NEVER};

    if (beat->off || beat->gaps < SX_BEAT_GAPS || beat->stray_ns > beat->gap_ns / SX_BEAT_STEADY ||
        is_too_late(beat) || beat->credit_ns < width(beat))
        return none;
    return (struct sx_beat_window){.from_ns = due(beat) - lead(beat),
                                   .until_ns = due(beat) + width(beat)};
}

void sx_beat_awoke(struct sx_beat *beat, int64_t asked_ns, int64_t now_ns)
{
    beat->late_ns += within(now_ns - asked_ns - beat->late_ns, beat->late_ns) / 8;
}

/* By a jitter of the beat, or because sleeps end later than was learnt; which nobody would learn
 * from those that the arrival has ended. */
void sx_beat_missed(struct sx_beat *beat, int64_t now_ns)
{
    if (wake_time(beat, now_ns) >= due(beat) - width(beat))
        beat->late_ns += beat->late_ns / 8;
}

void sx_beat_spent(struct sx_beat *beat, int64_t spun_ns)
{
    beat->credit_ns -= spun_ns;
}
