/* SPDX-License-Identifier: MIT */
/* The bars, and the medians by which they are judged. A bar whose contest was not run is not
 * there. */
#include <string.h>

#include "plan.h"

#define BARS_MOST 64u
#define SINGLES_MOST 40u

struct bar bars[BARS_MOST];
unsigned bar_count;
struct single singles[SINGLES_MOST];
unsigned single_count;

void judge_spread(const char *name, const char *unit, enum sense sense, double limit,
                  struct spread found)
{
    if (bar_count == BARS_MOST)
        wrong("too many bars");
    bars[bar_count++] = (struct bar){name, unit, sense, limit, found};
}

void judge(const char *name, const char *unit, enum sense sense, double limit, double found)
{
    judge_spread(name, unit, sense, limit, (struct spread){found, found, found});
}

static bool within(const struct bar *bar, double found)
{
    return bar->sense == AT_MOST ? found <= bar->limit : found >= bar->limit;
}

enum verdict bar_verdict(const struct bar *bar)
{
    if (within(bar, bar->found.median))
        return MET;
    return within(bar, bar->sense == AT_MOST ? bar->found.low : bar->found.high) ? DOUBTFUL
                                                                                 : MISSED;
}

bool bars_held(void)
{
    for (unsigned i = 0; i < bar_count; i++)
        if (bar_verdict(&bars[i]) == MISSED)
            return false;
    return true;
}

struct spread time_ratio(const struct entry *base, const struct entry *entry)
{
    double ratios[ROUNDS_MOST];
    unsigned count = 0;

    for (unsigned i = 0; i < settings.rounds; i++)
        if (base->rate_by_round[i] > 0 && entry->rate_by_round[i] > 0)
            ratios[count++] = base->rate_by_round[i] / entry->rate_by_round[i];
    return spread_of(ratios, count);
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

double delay_of(const struct entry *entry)
{
    MEDIAN_OF(entry, delay_ns);
}

double share_of_receiver(const struct entry *entry)
{
    return cpu_receiver_of(entry) * rate_of(entry) / 1e9;
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
        judge_spread(name, "times", AT_MOST, limit, time_ratio(base, entry));
}

static void judge_beside_ring(void)
{
    judge_ratio("ring-1", "32 B, 1 slot, to a bare ring", 1.15);
    judge_ratio("ring-4", "32 B, 4 slots, to a bare ring", 1.15);
    judge_ratio("ring-16", "32 B, 16 slots, to a bare ring", 1.15);
    judge_ratio("ring-64", "32 B, 64 slots, to a bare ring", 1.15);
    judge_ratio("ring-256", "32 B, 256 slots, to a bare ring", 1.15);
    judge_ratio("ring-1024", "32 B, 1,024 slots, to a bare ring", 1.15);
    judge_ratio("ring-4096", "32 B, 4,096 slots, to a bare ring", 1.15);
    judge_ratio("ring-batch-16", "32 B, batches of 16, to a bare ring of such batches", 1.2);
    judge_ratio("ring-batch-64", "32 B, batches of 64, to a bare ring of such batches", 1.2);
    judge_ratio("ring-batch-256", "32 B, batches of 256, to a bare ring of such batches", 1.2);
    judge_ratio("ring-whole-16", "32 B, batches of 16 taken whole, to a bare ring likewise", 1.2);
    judge_ratio("ring-whole-64", "32 B, batches of 64 taken whole, to a bare ring likewise", 1.2);
    judge_ratio("ring-whole-256", "32 B, batches of 256 taken whole, to a bare ring likewise", 1.2);
    judge_ratio("shared", "32 B, 1,024 slots: a shared stream of one producer, to an unshared one",
                1.5);
    judge_ratio("ring-copy-4Ki", "4 KiB copied in and out, to the copies alone", 1.15);
    judge_ratio("ring-copy-64Ki", "64 KiB copied in and out, to the copies alone", 1.15);
    judge_ratio("ring-copy-1Mi", "1 MiB copied in and out, to the copies alone", 1.15);
    judge_ratio("ring-copy-16Mi", "16 MiB copied in and out, to the copies alone", 1.15);
}

/* A value that goes to more consumers may take as many times longer: each one's cost counts. */
static void judge_crowd(void)
{
    const struct entry *four = find("crowd-cost", 0), *many = find("crowd-cost", 1);
    struct spread ratio;
    double more;

    if (!four || !many)
        return;
    ratio = time_ratio(four, many);
    more = (double)four->consumers / many->consumers;
    judge_spread("64 consumers: cost per value and consumer, to that with 4", "times", AT_MOST, 1.5,
                 (struct spread){ratio.low * more, ratio.median * more, ratio.high * more});
}

/* How old a value of a paced sender is on arrival, to the first entry; round by round. */
static void judge_delay(const char *contest, const char *name, double limit)
{
    const struct entry *base = find(contest, 0), *entry = find(contest, 1);
    double ratios[ROUNDS_MOST];
    unsigned count;

    if (!base || !entry)
        return;
    count = base->rounds < entry->rounds ? base->rounds : entry->rounds;
    for (unsigned i = 0; i < count; i++)
        ratios[i] = entry->results[i].delay_ns / base->results[i].delay_ns;
    judge_spread(name, "times", AT_MOST, limit, spread_of(ratios, count));
}

static void judge_share(const char *contest, const char *name, double limit)
{
    const struct entry *entry = find(contest, 1);

    if (entry)
        judge(name, "of a processor", AT_MOST, limit, share_of_receiver(entry));
}

static void judge_beats(void)
{
    judge_delay("beat-1000", "1 kHz, 5 % jitter: delay by default to parked", 1.0 / 3);
    judge_share("beat-1000", "1 kHz, 5 % jitter: the consumer's time", 0.25);
    judge_delay("beat-200", "200 Hz, 5 % jitter: delay by default to parked", 1.0 / 3);
    judge_share("beat-200", "200 Hz, 5 % jitter: the consumer's time", 0.25);
    judge_delay("beat-random", "1 kHz, at random: delay by default to parked", 1.1);
    judge_share("beat-random", "1 kHz, at random: the consumer's time", 0.25);
}

void judge_contests(void)
{
    judge_ratio("lockstep-spinning", "lock-step, one slot, 32 B, spinning, to the cache line",
                1.15);
    judge_ratio("lockstep-tuned", "lock-step, one slot, 32 B, by default, to the cache line", 1.15);
    judge_ratio("lockstep-parked", "lock-step, one slot, 32 B, parked, to the futex", 1.15);
    judge_beside_ring();
    judge_ratio("shallow-16", "16 slots, 8 B, parked, to a pipe", 2);
    judge_crowd();
    judge_ratio("loaned", "loaned: 1 MiB to 1 KiB", 1.1);
    judge_beats();
    judge_ratio("crowd-lockstep", "four consumers on two processors, one slot: default to parked",
                1.1);
    judge_ratio("crowd-shallow", "four consumers on two processors, 4 slots: default to parked",
                1.1);
    judge_ratio("crowd-stream", "four consumers on two processors, 1,024 slots: default to parked",
                1.1);
    judge_ratio("neighbour-lockstep", "a busy neighbour, one slot: default to parked", 1.1);
    judge_ratio("neighbour-stream", "a busy neighbour, 1,024 slots: default to parked", 1.1);
}
