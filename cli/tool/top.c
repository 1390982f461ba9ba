/* SPDX-License-Identifier: MIT */
/*
 * streamx top: all streams and their consumers, again and again. The rates shown are those since
 * the look before; a key redraws the last look, and does not make the next one come sooner.
 */
#include "tool/top.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/text.h"
#include "tool/look.h"
#include "tool/outcome.h"
#include "tool/screen.h"
#include "tool/show.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define TOP_ON (-1) /* go on; else an exit status */
#define LEAST_INTERVAL_NS (50 * CLI_CLOCK_MILLISECOND)

static int draw(const struct cli_look *look, int64_t interval_ns)
{
    char title[256], every[32], *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    int failed;

    if (!file)
        return -ENOMEM;
    cli_show_top(file, look);
    if (fclose(file) != 0) {
        free(text);
        return -ENOMEM;
    }
    cli_text_duration(every, sizeof every, (uint64_t)interval_ns);
    snprintf(title, sizeof title, "streamx %s: %zu stream%s, every %s; q quits, arrows scroll",
             streamx_version(), look->count, look->count == 1 ? "" : "s", every);
    failed = cli_screen_draw(title, text);
    free(text);
    return failed;
}

static int draw_failed(int error)
{
    if (error == -EPIPE)
        return cli_report_reader_gone(NULL);
    cli_report("standard output: %s", strerror(-error));
    return CLI_STATUS_FAILED;
}

/* Shows one look until it is time for the next. */
static int show_until(const struct cli_look *look, int64_t interval_ns, int64_t deadline_ns)
{
    enum cli_screen_event event;

    do {
        int failed = draw(look, interval_ns);

        if (failed)
            return draw_failed(failed);
        event = cli_screen_rest(deadline_ns);
    } while (event == CLI_SCREEN_REDRAW);
    if (event == CLI_SCREEN_SIGNAL)
        return CLI_STATUS_SIGNAL + cli_signals_caught();
    return event == CLI_SCREEN_QUIT ? CLI_STATUS_DONE : TOP_ON;
}

/* Takes looks until something ends it. `*error` is of a look that failed. */
static int show_all(const struct cli_tool_options *options, int64_t interval_ns, int *error)
{
    struct cli_look now = {.streams = NULL}, before = {.streams = NULL};
    uint64_t shown = 0;
    int status = TOP_ON;

    while (status == TOP_ON && (*error = cli_look_all(&now)) == 0) {
        bool last = ++shown == options->count;

        cli_look_rates(&now, &before);
        cli_look_free(&before);
        status = show_until(&now, interval_ns, last ? 0 : cli_clock_after(interval_ns));
        if (last && status == TOP_ON)
            status = CLI_STATUS_DONE;
        before = now;
    }
    if (*error != 0)
        cli_look_free(&now);
    cli_look_free(&before);
    return status;
}

int cli_tool_top(const struct cli_tool_options *options)
{
    int64_t interval_ns = options->interval_ns;
    int error = cli_signals_install(), status;

    if (error == 0)
        error = cli_signals_catch(SIGQUIT); /* Ctrl-\, from which the terminal must be saved too */
    if (error != 0) {
        cli_report("cannot handle signals: %s", strerror(-error));
        return CLI_STATUS_FAILED;
    }
    if (interval_ns < LEAST_INTERVAL_NS)
        interval_ns = LEAST_INTERVAL_NS;
    cli_screen_open();
    status = show_all(options, interval_ns, &error);
    cli_screen_close();
    return error != 0 ? cli_outcome_list_failed(error) : status;
}
