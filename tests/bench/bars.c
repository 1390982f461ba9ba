/* SPDX-License-Identifier: MIT */
/* The bars, and the medians by which they are judged. A bar whose contest was not run is not
 * there. */
#include <string.h>

#include "plan.h"

#define BARS_MOST 40u
#define SINGLES_MOST 40u

struct bar bars[BARS_MOST];
unsigned bar_count;
struct single singles[SINGLES_MOST];
unsigned single_count;

void judge(const char *name, const char *unit, enum sense sense, double limit, double found)
{
    if (bar_count == BARS_MOST)
        wrong("too many bars");
    bars[bar_count++] = (struct bar){name, unit, sense, limit, found};
}

bool bar_met(const struct bar *bar)
{
    return bar->sense == AT_MOST ? bar->found <= bar->limit : bar->found >= bar->limit;
}

void note_single(const char *contest, const char *name, const char *unit, double value)
{
    if (single_count == SINGLES_MOST)
        wrong("too many figures");
    singles[single_count++] = (struct single){contest, name, unit, value};
    printf("  %-28s %12.3f %s\n", name, value, unit);
    fflush(stdout);
}

#define MEDIAN_OF(entry, member)                                                                   \
    double values[ROUNDS_MOST];                                                                    \
    for (unsigned i = 0; i < (entry)->rounds; i++)                                                 \
        values[i] = (entry)->results[i].member;                                                    \
    return median(values, (entry)->rounds)

double rate_of(const struct entry *entry)
{
    MEDIAN_OF(entry, rate);
}

double best_rate_of(const struct entry *entry)
{
    double best = 0;

    for (unsigned i = 0; i < entry->rounds; i++)
        if (entry->results[i].rate > best)
            best = entry->results[i].rate;
    return best;
}

double cpu_sender_of(const struct entry *entry)
{
    MEDIAN_OF(entry, cpu_sender_ns);
}

double cpu_receiver_of(const struct entry *entry)
{
    MEDIAN_OF(entry, cpu_receiver_ns);
}

double switches_sender_of(const struct entry *entry)
{
    MEDIAN_OF(entry, switches_sender);
}

double switches_receiver_of(const struct entry *entry)
{
    MEDIAN_OF(entry, switches_receiver);
}

/* The contest's i-th entry, if it was measured. */
static const struct entry *find(const char *contest, unsigned i)
{
    for (unsigned c = 0; c < contest_count; c++)
        if (strcmp(contests[c].name, contest) == 0 && i < contests[c].count &&
            contests[c].entries[i]->rounds > 0)
            return contests[c].entries[i];
    return NULL;
}

/* How many times as long a value takes as the contest's first entry's. */
static void judge_ratio(const char *contest, const char *name, double limit)
{
    const struct entry *base = find(contest, 0), *entry = find(contest, 1);

    if (base && entry)
        judge(name, "times", AT_MOST, limit, rate_of(base) / rate_of(entry));
}

static void judge_rate(const char *contest, unsigned i, const char *name, double limit)
{
    const struct entry *entry = find(contest, i);

    if (entry)
        judge(name, "million/s", AT_LEAST, limit, rate_of(entry) / 1e6);
}

static void judge_fan_out(void)
{
    const struct entry *four = find("fanout", 1), *many = find("fanout", 2);

    judge_rate("fanout", 1, "four consumers, 1,024 slots, 64 B: values to each", 5);
    if (four && many)
        judge("64 consumers: cost per value and consumer, to that with 4", "times", AT_MOST, 1,
              rate_of(four) * four->consumers / (rate_of(many) * many->consumers));
}

static void judge_payloads(void)
{
    const struct entry *copied = find("payload-1Mi", 1), *large = find("payload-1Mi", 2);
    const struct entry *small = find("payload-1Ki", 2);

    if (copied)
        judge("1 MiB copied in and out, 4 slots", "GB/s", AT_LEAST, 12,
              rate_of(copied) * (double)copied->payload / 1e9);
    if (large && small)
        judge("loaned: 1 MiB to 1 KiB", "times", AT_MOST, 1.1, rate_of(small) / rate_of(large));
}

void judge_contests(void)
{
    judge_ratio("lockstep-spinning", "lock-step, one slot, 32 B, spinning, to the cache line", 1.3);
    judge_ratio("lockstep-tuned", "lock-step, one slot, 32 B, by default, to the cache line", 1.3);
    judge_ratio("lockstep-parked", "lock-step, one slot, 32 B, parked, to the futex", 1.15);
    judge_rate("batch", 0, "streaming, 32 B, 1,024 slots, one by one", 60);
    judge_rate("batch", 3, "streaming, 32 B, 1,024 slots, batches of 64", 150);
    judge_fan_out();
    judge_payloads();
    judge_ratio("crowd-lockstep", "four consumers on two processors, one slot: default to parked",
                1.1);
    judge_ratio("crowd-stream", "four consumers on two processors, 1,024 slots: default to parked",
                1.1);
    judge_ratio("neighbour-lockstep", "a busy neighbour, one slot: default to parked", 1.1);
    judge_ratio("neighbour-stream", "a busy neighbour, 1,024 slots: default to parked", 1.1);
}
