/* SPDX-License-Identifier: MIT */
/*
 * stress_torture: a run of any length in which consumers are killed every millisecond or two,
 * anybody is stopped, and producers come and go. `--help` lists the options; scripts/soak runs it.
 *
 * It fails if a value is lost, seen twice, torn or overwritten in hand; if a start or an end is not
 * what it should be; if a call is held up for longer than --stall-ms; or if anything is left in the
 * directory. What is random follows from the seed, but for the scheduling.
 */
#include "torture.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conductor.h"

struct board *board;

static const char help[] =
    "usage: stress_torture [OPTION]...\n"
    "  --seconds N     how long (10)\n"
    "  --seed S        what is random follows from it (from the clock)\n"
    "  --slots N       of the ring (1)\n"
    "  --passers N     consumers that come, go and are killed (3; at most 32)\n"
    "  --relay         no steady consumer: what one had in hand goes to the next\n"
    "  --evict-us N    with --relay: who holds the producer up for longer is evicted\n"
    "  --kill-us N     mean time between two kills (1500)\n"
    "  --stop-ms N     longest stop; 0: none (20)\n"
    "  --restart-ms N  mean life of a producer (100)\n"
    "  --stall-ms N    no call may be held up for longer (2000), but for the machine's lateness\n"
    "  --hold          after a failure, leave everybody stopped, for a debugger\n";

enum { SECONDS, SEED, SLOTS, PASSERS, RELAY, EVICT, KILL, STOP, RESTART, STALL, HOLD, HELP };

static const struct option longs[] = {
    {"seconds", required_argument, NULL, SECONDS},
    {"seed", required_argument, NULL, SEED},
    {"slots", required_argument, NULL, SLOTS},
    {"passers", required_argument, NULL, PASSERS},
    {"relay", no_argument, NULL, RELAY},
    {"evict-us", required_argument, NULL, EVICT},
    {"kill-us", required_argument, NULL, KILL},
    {"stop-ms", required_argument, NULL, STOP},
    {"restart-ms", required_argument, NULL, RESTART},
    {"stall-ms", required_argument, NULL, STALL},
    {"hold", no_argument, NULL, HOLD},
    {"help", no_argument, NULL, HELP},
    {0},
};

static void set(struct options *options, int which, const char *text)
{
    int64_t number = text ? strtoll(text, NULL, 10) : 0;
    int64_t *const times[] = {[EVICT] = &options->evict_ns,
                              [KILL] = &options->kill_ns,
                              [STOP] = &options->stop_ns,
                              [RESTART] = &options->restart_ns,
                              [STALL] = &options->stall_ns};

    if (which == SECONDS)
        options->seconds = number;
    else if (which == SEED)
        options->seed = strtoull(text, NULL, 0);
    else if (which == SLOTS)
        options->slots = (uint32_t)number;
    else if (which == PASSERS)
        options->passers = (uint32_t)number;
    else if (which == RELAY)
        options->relay = true;
    else if (which == HOLD)
        options->hold = true;
    else
        *times[which] = number * (which == EVICT || which == KILL ? MS / 1000 : MS);
}

static struct options read_options(int argc, char **argv)
{
    struct options options = {
        .seconds = 10,
        .seed = (uint64_t)now_ns(),
        .slots = 1,
        .passers = 3,
        .kill_ns = 1500 * MS / 1000,
        .stop_ns = 20 * MS,
        .restart_ns = 100 * MS,
        .stall_ns = 2000 * MS,
    };
    int which;

    while ((which = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (which == HELP || which == '?') {
            fputs(help, which == HELP ? stdout : stderr);
            exit(which == HELP ? EXIT_SUCCESS : 2);
        }
        set(&options, which, optarg);
    }
    return options;
}

static void report(const struct figures *figures)
{
    printf("torture: %u producers (%llu killed), %llu consumers killed, %llu attached, %llu stops, "
           "%llu evicted\n",
           figures->generations, (unsigned long long)figures->producer_kills,
           (unsigned long long)figures->kills, (unsigned long long)atomic_load(&board->attaches),
           (unsigned long long)figures->stops, (unsigned long long)atomic_load(&board->evictions));
    printf("torture: %llu values to the steady consumer, %llu to the others\n",
           (unsigned long long)atomic_load(&board->values),
           (unsigned long long)atomic_load(&board->passed));
    printf("torture: the machine was late by %.1f ms at most\n", (double)figures->latest_ns / 1e6);
    printf("torture: longest put %.1f ms, next %.1f ms, end %.1f ms, subscribe %.1f ms\n",
           (double)atomic_load(&board->longest_put_ns) / 1e6,
           (double)atomic_load(&board->longest_next_ns) / 1e6,
           (double)atomic_load(&board->longest_end_ns) / 1e6,
           (double)atomic_load(&board->longest_subscribe_ns) / 1e6);
}

int main(int argc, char **argv)
{
    char directory[] = "/dev/shm/streamx-torture.XXXXXX";
    struct options options = read_options(argc, argv);
    struct figures figures = {0};
    bool good;

    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (board == MAP_FAILED || !mkdtemp(directory) || setenv("STREAMX_DIR", directory, 1) != 0) {
        perror("torture");
        return EXIT_FAILURE;
    }
    board->options = options;
    printf("torture: seed %llu, %u slots, %lld s%s\n", (unsigned long long)options.seed,
           options.slots, (long long)options.seconds, options.relay ? ", relay" : "");
    fflush(stdout);
    good = conduct(&figures);
    report(&figures);
    if (good && options.relay)
        reuse_name();
    good &= directory_is_empty(directory);
    if (good)
        rmdir(directory);
    else
        fprintf(stderr, "torture: failed; the directory is %s\n", directory);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
