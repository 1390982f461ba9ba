/* SPDX-License-Identifier: MIT */
/*
 * streamx top: all streams and their consumers, again and again. The rates of a picture are those
 * since the look before; a key redraws the last look, and does not make the next one come sooner.
 */
#include "tool/streamx_tool.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/report.h"
#include "common/signals.h"
#include "tool/streamx_screen.h"
#include "tool/streamx_text.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define TOP_ON (-1) /* go on; else an exit status */
#define LEAST_INTERVAL_NS (50 * SX_CLOCK_MILLISECOND)

static int draw(const struct sx_look *look, int64_t interval_ns)
{
    char title[256], every[32], *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    int failed;

    if (!file)
        return -ENOMEM;
    sx_show_top(file, look);
    if (fclose(file) != 0) {
        free(text);
        return -ENOMEM;
    }
    sx_text_duration(every, sizeof every, (uint64_t)interval_ns);
    snprintf(title, sizeof title, "streamx %s: %zu stream%s, every %s; q quits, arrows scroll",
             streamx_version(), look->count, look->count == 1 ? "" : "s", every);
    failed = sx_screen_draw(title, text);
    free(text);
    return failed;
}

static int draw_failed(int error)
{
    if (error == -EPIPE)
        return SX_STATUS_SIGNAL + SIGPIPE;
    sx_report("standard output: %s", strerror(-error));
    return SX_STATUS_FAILED;
}

/* Shows one look until it is time for the next. */
static int show_until(const struct sx_look *look, int64_t interval_ns, int64_t deadline_ns)
{
    enum sx_screen_event event;

    do {
        int failed = draw(look, interval_ns);

        if (failed)
            return draw_failed(failed);
        event = sx_screen_rest(deadline_ns);
    } while (event == SX_SCREEN_REDRAW);
    if (event == SX_SCREEN_SIGNAL)
        return SX_STATUS_SIGNAL + sx_signals_caught();
    return event == SX_SCREEN_QUIT ? SX_STATUS_DONE : TOP_ON;
}

/* Takes looks until something ends it. `*error` is of a look that failed. */
static int show_all(const struct sx_tool_options *options, int64_t interval_ns, int *error)
{
    struct sx_look now = {.streams = NULL}, before = {.streams = NULL};
    uint64_t shown = 0;
    int status = TOP_ON;

    while (status == TOP_ON && (*error = sx_look_all(&now)) == 0) {
        bool last = ++shown == options->count;

        sx_look_rates(&now, &before);
        sx_look_free(&before);
        status = show_until(&now, interval_ns, last ? 0 : sx_clock_after(interval_ns));
        if (last && status == TOP_ON)
            status = SX_STATUS_DONE;
        before = now;
    }
    if (*error != 0)
        sx_look_free(&now);
    sx_look_free(&before);
    return status;
}

int sx_tool_top(const struct sx_tool_options *options)
{
    int64_t interval_ns = options->interval_ns;
    int error = sx_signals_install(), status;

    if (error != 0) {
        sx_report("cannot handle signals: %s", strerror(-error));
        return SX_STATUS_FAILED;
    }
    if (interval_ns < LEAST_INTERVAL_NS)
        interval_ns = LEAST_INTERVAL_NS;
    sx_screen_open();
    status = show_all(options, interval_ns, &error);
    sx_screen_close();
    return error != 0 ? sx_tool_list_failed(error) : status;
}
