/* SPDX-License-Identifier: MIT */
/* The commands that look once, or twice for the rates: list and info. */
#include "tool/inspect.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/text.h"
#include "tool/json.h"
#include "tool/look.h"
#include "tool/outcome.h"
#include "tool/page.h"
#include "tool/show.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void rest(int64_t interval_ns)
{
    struct timespec left = {.tv_sec = interval_ns / CLI_CLOCK_SECOND,
                            .tv_nsec = interval_ns % CLI_CLOCK_SECOND};

    nanosleep(&left, NULL); /* cut short, the rates are of a shorter time */
}

/* Names go to scripts as they are, and to a terminal without what could do something there. */
static int print_name(const char *name, void *arg)
{
    struct cli_page *page = arg;
    struct streamx_info info;
    char shown[sizeof info.name];

    if (streamx_inspect(name, &info, sizeof info) != 0)
        return 0;
    snprintf(shown, sizeof shown, "%s", name);
    if (isatty(STDOUT_FILENO))
        cli_text_clean(shown);
    fprintf(page->file, "%s\n", shown);
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
    struct cli_page page;
    int failed = cli_page_open(&page), status = CLI_STATUS_DONE;

    if (failed)
        return cli_outcome_list_failed(failed);
    if (options->names_only)
        failed = streamx_list(print_name, &page);
    else
        failed = look_twice(&now, options->interval_ns);
    if (failed)
        status = cli_outcome_list_failed(failed);
    else if (options->json && !cli_tool_json_list(page.file, &now))
        status = CLI_STATUS_FAILED;
    else if (!options->json && !options->names_only)
        cli_show_list(page.file, &now);
    cli_look_free(&now);
    return cli_page_end(&page, status);
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
    struct cli_page page;
    int failed = cli_page_open(&page), status = CLI_STATUS_DONE;

    if (failed)
        return cli_outcome_failed(name, failed);
    look_twice_at(&now, name, options->interval_ns);
    if (now.error != 0)
        status = cli_outcome_failed(name, now.error);
    else if (!options->json)
        cli_show_info(page.file, &now);
    else if (!cli_tool_json_info(page.file, &now))
        status = CLI_STATUS_FAILED;
    cli_look_free_stream(&now);
    return cli_page_end(&page, status);
}
