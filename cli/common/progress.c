/* SPDX-License-Identifier: MIT */
/*
 * Makes the line, from what was counted here and what the stream tells to anybody who looks.
 *
 * The loop calls when half a second has passed or SIGUSR1 came; a busy program, which does not
 * wait, has it called from cli_progress_add.
 */
#include "common/progress.h"

#include "common/clock.h"
#include "common/loop.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <streamx.h>
#include <string.h>
#include <unistd.h>

#define PERIOD_NS (CLI_CLOCK_SECOND / 2)
#define LINE_MAX_BYTES 400

struct line {
    char text[LINE_MAX_BYTES];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
    size_t room = sizeof line->text - line->used;
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(line->text + line->used, room, format, arguments);
    va_end(arguments);
    if (len > 0)
        line->used += (size_t)len < room ? (size_t)len : room - 1;
}

static void add_amount(struct line *line, double amount, unsigned base, const char *unit)
{
    char text[16];

    cli_text_amount(text, sizeof text, amount, base);
    add(line, "%s%s", text, unit);
}

static double per_second(uint64_t now, uint64_t then, int64_t time_ns)
{
    return time_ns > 0 ? (double)(now - then) * 1e9 / (double)time_ns : 0;
}

static void add_rates(struct line *line, const struct cli_progress *progress, int64_t now_ns,
                      bool lately)
{
    int64_t since_ns = lately ? progress->last_ns : progress->since_ns;
    int64_t seconds = (now_ns - progress->since_ns) / CLI_CLOCK_SECOND;

    add(line, "%s: %" PRIu64 " messages, ", progress->name, progress->messages);
    add_amount(line, (double)progress->bytes, 1024, "B, ");
    add_amount(
        line,
        per_second(progress->messages, lately ? progress->last_messages : 0, now_ns - since_ns),
        1000, "/s, ");
    add_amount(line,
               per_second(progress->bytes, lately ? progress->last_bytes : 0, now_ns - since_ns),
               1024, "B/s, ");
    add(line, "%" PRId64 ":%02d:%02d", seconds / 3600, (int)(seconds / 60 % 60),
        (int)(seconds % 60));
}

struct waited {
    uint32_t pid;
    uint64_t waited_ns;
    char label[64];
};

/* Keeps the one that has been waited for longest. */
static int keep_longest(const struct streamx_consumer_info *info, void *arg)
{
    struct waited *waited = arg;

    if (info->waited_ns > waited->waited_ns) {
        waited->pid = info->pid;
        waited->waited_ns = info->waited_ns;
        memcpy(waited->label, info->label, sizeof waited->label);
        waited->label[sizeof waited->label - 1] = '\0';
    }
    return 0;
}

static void add_consumers(struct line *line, const char *name)
{
    struct streamx_info info;
    struct waited waited = {.waited_ns = 0};
    unsigned more;

    if (streamx_inspect(name, &info, sizeof info) != 0)
        return;
    more = cli_progress_lacking(&info);
    add(line, ", %u subscriber%s", info.consumers, info.consumers == 1 ? "" : "s");
    if (streamx_inspect_consumers(name, keep_longest, &waited) == 0 && waited.waited_ns > 0)
        add(line, ", waiting for %s (%u) for %.1f s", waited.label, waited.pid,
            (double)waited.waited_ns / 1e9);
    else if (more > 0)
        add(line, ", waiting for %u more", more);
}

unsigned cli_progress_lacking(const struct streamx_info *info)
{
    bool acknowledged = info->acknowledged == info->published;

    if (info->published == 0 && info->consumers < info->min_consumers)
        return info->min_consumers - info->consumers;
    return info->consumers == 0 && !acknowledged ? 1 : 0;
}

static void make(struct line *line, struct cli_progress *progress, bool lately)
{
    int64_t now_ns = cli_clock_now();

    line->used = 0;
    add_rates(line, progress, now_ns, lately);
    if (progress->publisher)
        add_consumers(line, progress->name);
    progress->last_ns = now_ns;
    progress->last_messages = progress->messages;
    progress->last_bytes = progress->bytes;
}

static void tick(void *arg, bool asked)
{
    struct cli_progress *progress = arg;
    struct line line;

    make(&line, progress, !asked);
    if (asked)
        cli_report_answer("%s", line.text);
    else
        cli_report_draw(line.text);
}

void cli_progress_start(struct cli_progress *progress, const char *name, bool publisher, bool drawn)
{
    *progress = (struct cli_progress){.name = name, .publisher = publisher};
    progress->drawn = drawn && isatty(STDERR_FILENO);
    progress->since_ns = progress->last_ns = cli_clock_now();
    cli_loop_on_tick(tick, progress, progress->drawn ? PERIOD_NS : 0);
}

void cli_progress_add(struct cli_progress *progress, uint64_t messages, uint64_t bytes)
{
    progress->messages += messages;
    progress->bytes += bytes;
    cli_loop_tick();
}

void cli_progress_end(struct cli_progress *progress)
{
    struct line line;

    if (!progress->drawn)
        return;
    progress->last_ns = progress->since_ns; /* the whole run's rates */
    progress->last_messages = progress->last_bytes = 0;
    make(&line, progress, true);
    cli_report_draw(line.text);
    cli_report_draw(NULL);
}
