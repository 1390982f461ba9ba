/* SPDX-License-Identifier: MIT */
/*
 * bench_streamx: see scripts/bench, which builds and runs it.
 *
 *   bench_streamx --directory DIR --programs DIR [--quick] [--only NAME]... [--json FILE]
 *                 [--real-time] [--rounds N]
 *   bench_streamx --list
 *
 * Not a test. It ends with 1 if something could not be measured, or if a bar is missed clearly:
 * even by the better quartile of its rounds.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <streamx.h>

#include "plan.h"

#define ONLY_MOST 32

struct settings settings = {.warm_ns = 40000000, .measured_ns = 200000000, .rounds = 9};

static const char *only[ONLY_MOST];
static unsigned only_count;
static bool quick;
static const char *json_path;

/* Asked for by its whole name, or the name's beginning. */
static bool wanted(const char *name)
{
    for (unsigned i = 0; i < only_count; i++)
        if (strncmp(name, only[i], strlen(only[i])) == 0)
            return true;
    return only_count == 0;
}

static void list(void)
{
    for (unsigned i = 0; i < contest_count; i++)
        printf("%-22s %s\n", contests[i].name, contests[i].title);
    printf("%-22s %s\n%-22s %s\n", "programs", "the programs beside cat and tee", "rest",
           "memory, the first value, and nothing to do");
    exit(EXIT_SUCCESS);
}

__attribute__((noreturn)) static void usage(void)
{
    fprintf(stderr,
            "usage: bench_streamx --directory DIR --programs DIR [--quick] [--only NAME]... "
            "[--json FILE] [--real-time] [--rounds N]\n       bench_streamx --list\n");
    exit(2);
}

static void read_options(int argc, char **argv)
{
    static const struct option options[] = {{"quick", no_argument, NULL, 'q'},
                                            {"only", required_argument, NULL, 'o'},
                                            {"json", required_argument, NULL, 'j'},
                                            {"directory", required_argument, NULL, 'd'},
                                            {"programs", required_argument, NULL, 'p'},
                                            {"real-time", no_argument, NULL, 'r'},
                                            {"rounds", required_argument, NULL, 'n'},
                                            {"list", no_argument, NULL, 'l'},
                                            {0}};
    bool lists = false;
    unsigned rounds = 0;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'q')
            quick = true;
        else if (option == 'o' && only_count < ONLY_MOST)
            only[only_count++] = optarg;
        else if (option == 'j')
            json_path = optarg;
        else if (option == 'd')
            settings.directory = optarg;
        else if (option == 'p')
            settings.programs = optarg;
        else if (option == 'r')
            settings.real_time = true;
        else if (option == 'l')
            lists = true;
        else if (option == 'n')
            rounds = (unsigned)strtoul(optarg, NULL, 10);
        else
            usage();
    }
    if (optind != argc)
        usage();
    if (quick) {
        settings.rounds = 3;
        settings.warm_ns = 15000000;
        settings.measured_ns = 60000000;
    }
    if (rounds > ROUNDS_MOST)
        usage();
    if (rounds > 0)
        settings.rounds = rounds;
    plan_contests(quick);
    if (lists)
        list();
    if (!settings.directory || !settings.programs)
        usage();
}

/* No value of streamx may fail to arrive, ever; of a peer there must be something to tell. */
static bool fared_well(const struct entry *entry)
{
    return entry->transport == &transport_streamx ? entry->rounds_failed == 0 : entry->rounds > 0;
}

static bool run_all(void)
{
    bool sound = true;

    printf(
        "x: the time of a value, to that of the first line; cpu: of the sender, and of a receiver, "
        "for each value;\nsw: times that they slept, for each 1,000 values; then percentiles of "
        "the delay\n");
    for (unsigned i = 0; i < contest_count; i++) {
        struct contest *contest = &contests[i];

        if (!wanted(contest->name))
            continue;
        run_contest(contest->entries, contest->count, contest->distance_ns);
        report_contest(contest);
        for (unsigned k = 0; k < contest->count; k++)
            sound &= fared_well(contest->entries[k]);
    }
    judge_contests();
    if (wanted("programs"))
        measure_programs(quick);
    if (wanted("rest"))
        measure_rest(quick);
    report_bars();
    return sound;
}

/* What was asked for, as scripts/bench takes it. */
static const char *command(void)
{
    static char text[1024];
    int length = snprintf(text, sizeof text, "scripts/bench%s%s", quick ? " --quick" : "",
                          settings.real_time ? " --real-time" : "");

    for (unsigned i = 0; i < only_count && length < (int)sizeof text; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, " --only %s", only[i]);
    return text;
}

int main(int argc, char **argv)
{
    bool sound;

    read_options(argc, argv);
    must_errno(setenv("STREAMX_DIR", settings.directory, 1), "setenv");
    choose_processors(settings.cpus);
    sound = run_all();
    if (json_path)
        report_json(json_path, command());
    return sound && bars_held() ? EXIT_SUCCESS : EXIT_FAILURE;
}
