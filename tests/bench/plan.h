/* SPDX-License-Identifier: MIT */
/* All contests, and the bars: what the figures are meant to be. */
#ifndef STREAMX_BENCH_PLAN_H
#define STREAMX_BENCH_PLAN_H

#include "bench.h"

#define ENTRIES_MOST 12u

struct contest {
    const char *name;
    const char *title;
    struct entry *entries[ENTRIES_MOST];
    unsigned count;
    double distance_ns[ROUNDS_MOST]; /* see run_contest */
};

enum sense { AT_MOST, AT_LEAST };

/* A bar is a ratio, but for what depends on no machine. Missed is what is missed clearly: even the
 * better quartile is. */
enum verdict { MET, DOUBTFUL, MISSED };

struct bar {
    const char *name;
    const char *unit;
    enum sense sense;
    double limit;
    struct spread found;
};

/* A figure that is no contest's: of whole programs, or of what a stream costs at rest. */
struct single {
    const char *contest;
    const char *name;
    const char *unit;
    double value;
};

extern struct contest contests[];
extern unsigned contest_count;
extern struct bar bars[];
extern unsigned bar_count;
extern struct single singles[];
extern unsigned single_count;

/* ---- plan.c: the contests, of which a quick run has fewer. */
void plan_contests(bool quick);

/* ---- bars.c: judges by what has been found; NULL entries have not been run. */
void judge(const char *name, const char *unit, enum sense sense, double limit, double found);
void judge_spread(const char *name, const char *unit, enum sense sense, double limit,
                  struct spread found);
enum verdict bar_verdict(const struct bar *bar);
bool bars_held(void); /* none is missed */
void note_single(const char *contest, const char *name, const char *unit, double value);
void judge_contests(void);

/* How many times as long a value takes `entry` as it takes `base`, round by round. */
struct spread time_ratio(const struct entry *base, const struct entry *entry);

/* The medians of an entry's rounds. */
double rate_of(const struct entry *entry);
double best_rate_of(const struct entry *entry); /* the fastest round's */
double cpu_sender_of(const struct entry *entry);
double cpu_receiver_of(const struct entry *entry);
double switches_sender_of(const struct entry *entry);
double switches_receiver_of(const struct entry *entry);
double delay_of(const struct entry *entry);
double share_of_receiver(const struct entry *entry); /* of a processor, while it waits and reads */

/* ---- programs.c, rest.c */
void measure_programs(bool quick);
void measure_rest(bool quick);

/* ---- report.c */
void report_contest(const struct contest *contest);
void report_bars(void);
void report_json(const char *path, const char *command);

#endif
