/* SPDX-License-Identifier: MIT */
/* The commands that look once, or twice for the rates: list and info. */
#include "tool/streamx_tool.h"

#include "common/clock.h"
#include "common/exit_status.h"

#include <time.h>

static void rest(int64_t interval_ns)
{
    struct timespec left = {.tv_sec = interval_ns / SX_CLOCK_SECOND,
                            .tv_nsec = interval_ns % SX_CLOCK_SECOND};

    nanosleep(&left, NULL); /* cut short, the rates are of a shorter time */
}

static int print_name(const char *name, void *arg)
{
    struct streamx_info info;

    (void)arg;
    if (streamx_inspect(name, &info, sizeof info) == 0)
        puts(name);
    return 0;
}

/* Two looks at all streams; the second, with the rates, is left in `now`. */
static int look_twice(struct sx_look *now, int64_t interval_ns)
{
    struct sx_look before;
    int failed = sx_look_all(now);

    if (failed || interval_ns == 0 || now->count == 0)
        return failed;
    before = *now;
    rest(interval_ns);
    failed = sx_look_all(now);
    sx_look_rates(now, &before);
    sx_look_free(&before);
    return failed;
}

int sx_tool_list(const struct sx_tool_options *options)
{
    struct sx_look now = {.streams = NULL};
    int failed, status = SX_STATUS_DONE;

    if (options->names_only)
        failed = streamx_list(print_name, NULL);
    else
        failed = look_twice(&now, options->interval_ns);
    if (failed)
        status = sx_tool_list_failed(failed);
    else if (options->json && !sx_json_list(stdout, &now))
        status = SX_STATUS_FAILED;
    else if (!options->json && !options->names_only)
        sx_show_list(stdout, &now);
    sx_look_free(&now);
    return sx_tool_flush(status);
}

static void look_twice_at(struct sx_look_stream *now, const char *name, int64_t interval_ns)
{
    struct sx_look_stream before;

    sx_look_one(now, name);
    if (now->error != 0 || interval_ns == 0)
        return;
    before = *now;
    rest(interval_ns);
    sx_look_one(now, name);
    sx_look_rates_one(now, &before);
    sx_look_free_stream(&before);
}

int sx_tool_info(const struct sx_tool_options *options)
{
    const char *name = options->names[0];
    struct sx_look_stream now;
    int status = SX_STATUS_DONE;

    look_twice_at(&now, name, options->interval_ns);
    if (now.error != 0)
        status = sx_tool_failed(name, now.error);
    else if (!options->json)
        sx_show_info(stdout, &now);
    else if (!sx_json_info(stdout, &now))
        status = SX_STATUS_FAILED;
    sx_look_free_stream(&now);
    return sx_tool_flush(status);
}
