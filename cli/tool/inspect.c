/* SPDX-License-Identifier: MIT */
/* The commands that look once, or twice for the rates: list and info. */
#include "tool/inspect.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "tool/json.h"
#include "tool/look.h"
#include "tool/outcome.h"
#include "tool/show.h"

#include <time.h>

static void rest(int64_t interval_ns)
{
    struct timespec left = {.tv_sec = interval_ns / CLI_CLOCK_SECOND,
                            .tv_nsec = interval_ns % CLI_CLOCK_SECOND};

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
static int look_twice(struct cli_look *now, int64_t interval_ns)
{
    struct cli_look before;
    int failed = cli_look_all(now);

    if (failed || interval_ns == 0 || now->count == 0)
        return failed;
    before = *now;
    rest(interval_ns);
    failed = cli_look_all(now);
    cli_look_rates(now, &before);
    cli_look_free(&before);
    return failed;
}

int cli_tool_list(const struct cli_tool_options *options)
{
    struct cli_look now = {.streams = NULL};
    int failed, status = CLI_STATUS_DONE;

    if (options->names_only)
        failed = streamx_list(print_name, NULL);
    else
        failed = look_twice(&now, options->interval_ns);
    if (failed)
        status = cli_outcome_list_failed(failed);
    else if (options->json && !cli_tool_json_list(stdout, &now))
        status = CLI_STATUS_FAILED;
    else if (!options->json && !options->names_only)
        cli_show_list(stdout, &now);
    cli_look_free(&now);
    return cli_outcome_flush(status);
}

static void look_twice_at(struct cli_look_stream *now, const char *name, int64_t interval_ns)
{
    struct cli_look_stream before;

    cli_look_one(now, name);
    if (now->error != 0 || interval_ns == 0)
        return;
    before = *now;
    rest(interval_ns);
    cli_look_one(now, name);
    cli_look_rates_one(now, &before);
    cli_look_free_stream(&before);
}

int cli_tool_info(const struct cli_tool_options *options)
{
    const char *name = options->names[0];
    struct cli_look_stream now;
    int status = CLI_STATUS_DONE;

    look_twice_at(&now, name, options->interval_ns);
    if (now.error != 0)
        status = cli_outcome_failed(name, now.error);
    else if (!options->json)
        cli_show_info(stdout, &now);
    else if (!cli_tool_json_info(stdout, &now))
        status = CLI_STATUS_FAILED;
    cli_look_free_stream(&now);
    return cli_outcome_flush(status);
}
