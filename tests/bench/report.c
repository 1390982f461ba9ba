/* SPDX-License-Identifier: MIT */
/* What was found: a table for the eye while it runs, and one JSON file for everything else. */
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <jansson.h>

#include "plan.h"

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

static const char *const kinds[] = {[STREAM] = "stream", [ECHO] = "echo", [PACED] = "paced"};
static const char *const waitings[] = {
    [SPINNING] = "spinning", [PARKED] = "parked", [TUNED] = "tuned"};
static const char *const ways[] = {
    [COPIED_IN] = "copied in", [COPIED] = "copied", [LOANED] = "loaned", [WHOLE] = "whole"};

static const char *const verdicts[] = {
    [MET] = "met", [DOUBTFUL] = "within the spread", [MISSED] = "missed"};

/* ---- the table ----------------------------------------------------------------------------- */

static void print_entry(const struct entry *entry, const struct entry *base)
{
    double rate = rate_of(entry);

    printf("  %-10s %-8s %-9s %8zu B %5u slots x%-3u %2u to ", entry->transport->name,
           waitings[entry->waiting], ways[entry->way], entry->payload, entry->slots, entry->batch,
           entry->consumers);
    if (entry->rounds == 0) {
        printf("FAILED\n");
        return;
    }
    printf("%11.1f ns (least %.1f) %9.3f M/s %8.3f GB/s  x%-7.3f cpu %8.1f + %8.1f ns"
           "  sw %6.1f + %6.1f",
           1e9 / rate, 1e9 / best_rate_of(entry), rate / 1e6, rate * (double)entry->payload / 1e9,
           time_ratio(base, entry).median, cpu_sender_of(entry), cpu_receiver_of(entry),
           switches_sender_of(entry), switches_receiver_of(entry));
    if (entry->all_delays.count > 0)
        printf("  p50 %.0f p99 %.0f p99.9 %.0f max %.0f ns",
               histogram_percentile(&entry->all_delays, 0.5),
               histogram_percentile(&entry->all_delays, 0.99),
               histogram_percentile(&entry->all_delays, 0.999), (double)entry->all_delays.most);
    printf("\n");
}

void report_contest(const struct contest *contest)
{
    struct spread distance = spread_of(contest->distance_ns, settings.rounds);

    printf("\n%s: %s; a bare cache line crosses in %.0f ns (%.0f to %.0f)\n", contest->name,
           contest->title, distance.median, distance.low, distance.high);
    for (unsigned i = 0; i < contest->count; i++)
        print_entry(contest->entries[i], contest->entries[0]);
    fflush(stdout);
}

void report_bars(void)
{
    printf("\nbars: the median, and the quartiles\n");
    for (unsigned i = 0; i < bar_count; i++)
        printf("  %-62s %9.3f (%.3f to %.3f) %s %g %s: %s\n", bars[i].name, bars[i].found.median,
               bars[i].found.low, bars[i].found.high,
               bars[i].sense == AT_MOST ? "<=" : ">=", bars[i].limit, bars[i].unit,
               verdicts[bar_verdict(&bars[i])]);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        wrong("no memory");
}

static json_t *json_delays(const struct histogram *delays)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:I}", "p50", histogram_percentile(delays, 0.5), "p99",
                     histogram_percentile(delays, 0.99), "p99_9",
                     histogram_percentile(delays, 0.999), "max", (double)delays->most, "count",
                     (json_int_t)delays->count);
}

static json_t *json_spread(struct spread spread)
{
    return json_pack("{s:f, s:f, s:f}", "median", spread.median, "low", spread.low, "high",
                     spread.high);
}

static json_t *json_rounds(const struct entry *entry)
{
    json_t *rounds = json_array();

    for (unsigned i = 0; i < entry->rounds; i++)
        json_array_append_new(rounds, json_real(entry->results[i].rate));
    return rounds;
}

static json_t *json_entry(const struct entry *entry, const struct entry *base)
{
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:I}", "transport", entry->transport->name,
        "work", kinds[entry->kind], "waiting", waitings[entry->waiting], "way", ways[entry->way],
        "payload_bytes", (json_int_t)entry->payload, "slots", (json_int_t)entry->slots, "batch",
        (json_int_t)entry->batch, "consumers", (json_int_t)entry->consumers, "busy_neighbour",
        entry->busy_neighbour, "rounds_failed", (json_int_t)entry->rounds_failed);
    double rate = rate_of(entry);

    if (!object)
        wrong("no memory");
    if (entry->rounds == 0)
        return object;
    put(object, "values_per_s", json_real(rate));
    put(object, "values_per_s_rounds", json_rounds(entry));
    put(object, "ns_per_value", json_real(1e9 / rate));
    put(object, "bytes_per_s", json_real(rate * (double)entry->payload));
    put(object, "cpu_ns_per_value_sender", json_real(cpu_sender_of(entry)));
    put(object, "cpu_ns_per_value_receiver", json_real(cpu_receiver_of(entry)));
    put(object, "switches_per_1000_sender", json_real(switches_sender_of(entry)));
    put(object, "switches_per_1000_receiver", json_real(switches_receiver_of(entry)));
    if (base->rounds > 0)
        put(object, "time_ratio_to_first", json_spread(time_ratio(base, entry)));
    if (entry->all_delays.count > 0)
        put(object, "delay_ns", json_delays(&entry->all_delays));
    return object;
}

static json_t *json_contests(void)
{
    json_t *array = json_array();

    for (unsigned c = 0; c < contest_count; c++) {
        const struct contest *contest = &contests[c];
        json_t *list = json_array();

        if (contest->entries[0]->rounds + contest->entries[0]->rounds_failed == 0)
            continue; /* not run */
        for (unsigned i = 0; i < contest->count; i++)
            json_array_append_new(list, json_entry(contest->entries[i], contest->entries[0]));
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:o, s:o}", "name", contest->name, "title", contest->title,
                             "cache_line_ns",
                             json_spread(spread_of(contest->distance_ns, settings.rounds)),
                             "entries", list));
    }
    return array;
}

static json_t *json_bars(void)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < bar_count; i++)
        json_array_append_new(
            array, json_pack("{s:s, s:o, s:s, s:s, s:f, s:s}", "name", bars[i].name, "found",
                             json_spread(bars[i].found), "unit", bars[i].unit, "sense",
                             bars[i].sense == AT_MOST ? "at most" : "at least", "bar",
                             bars[i].limit, "verdict", verdicts[bar_verdict(&bars[i])]));
    return array;
}

static json_t *json_singles(void)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < single_count; i++)
        json_array_append_new(array, json_pack("{s:s, s:s, s:f, s:s}", "contest",
                                               singles[i].contest, "name", singles[i].name, "value",
                                               singles[i].value, "unit", singles[i].unit));
    return array;
}

static const char *processor(void)
{
    static char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    const char *found = "unknown";

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            line[strcspn(line, "\n")] = 0;
            found = strchr(line, ':') + 2;
            break;
        }
    if (file)
        fclose(file);
    return found;
}

static json_t *json_machine(void)
{
    struct utsname name;

    uname(&name);
    return json_pack("{s:s, s:s, s:I, s:s, s:s, s:[i,i], s:b}", "processor", processor(),
                     "architecture", name.machine, "processors",
                     (json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "kernel", name.release, "compiler",
                     COMPILER, "pinned_to", settings.cpus[0], settings.cpus[1], "real_time",
                     settings.real_time);
}

void report_json(const char *path, const char *command)
{
    json_t *root =
        json_pack("{s:s, s:o, s:{s:I, s:f, s:f}, s:o, s:o, s:o}", "command", command, "machine",
                  json_machine(), "settings", "rounds", (json_int_t)settings.rounds, "warm_up_s",
                  (double)settings.warm_ns / 1e9, "measured_s", (double)settings.measured_ns / 1e9,
                  "bars", json_bars(), "contests", json_contests(), "figures", json_singles());

    if (!root || json_dump_file(root, path, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) != 0)
        wrong(path);
    json_decref(root);
}
