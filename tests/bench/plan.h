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
};

enum sense { AT_MOST, AT_LEAST };

struct bar {
    const char *name;
    const char *unit;
    enum sense sense;
    double limit, found;
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
bool bar_met(const struct bar *bar);
void note_single(const char *contest, const char *name, const char *unit, double value);
void judge_contests(void);

/* The medians of an entry's rounds. */
double rate_of(const struct entry *entry);
double best_rate_of(const struct entry *entry); /* the fastest round's */
double cpu_sender_of(const struct entry *entry);
double cpu_receiver_of(const struct entry *entry);
double switches_sender_of(const struct entry *entry);
double switches_receiver_of(const struct entry *entry);

/* ---- programs.c, rest.c */
void measure_programs(bool quick);
void measure_rest(bool quick);

/* ---- report.c */
void report_contest(const struct contest *contest);
void report_bars(void);
void report_json(const char *path, const char *command);

#endif
