/* SPDX-License-Identifier: MIT */
/*
 * The publisher waits for all subscribers before it reads anything, so that each command gets all
 * of the input. Until then the commands' ends of the pipes are kept open here: a command that ends
 * at once would otherwise take its subscriber away before it has been counted, and leave the
 * publisher waiting for ever.
 */
#include "tool/fan.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/loop.h"
#include "common/options.h"
#include "common/report.h"
#include "common/signals.h"
#include "pub/run.h"
#include "pub/send.h"
#include "tool/fan_children.h"
#include "tool/fan_options.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_NS (100 * CLI_CLOCK_MILLISECOND) /* at the subscribers while they are waited for */

struct fan {
    struct cli_fan_options options;
    struct cli_fan_child *children;
    bool complete; /* every subscriber has attached, and so will end with the stream */
};

/* The publisher's verdict on whether everybody has come. */
static int await_subscribers(struct cli_pub *pub)
{
    struct fan *fan = pub->arg;
    int count = fan->options.command_count, result;

    do {
        if (cli_fan_children_lack_one(fan->children, count)) {
            cli_report("fan: a subscriber could not be started");
            return CLI_STATUS_FAILED;
        }
        result = cli_loop_producer(pub->producer, STREAMX_ROOM, cli_clock_after(LOOK_NS));
    } while (result == -ETIMEDOUT);
    if (result < 0)
        return cli_send_failed(pub, result);
    fan->complete = true;
    cli_fan_children_release(fan->children, count);
    return CLI_PUB_MORE;
}

static int publish(struct cli_pub *pub)
{
    int failed = cli_signals_install();

    if (failed == 0)
        return cli_pub_run(pub);
    cli_report("cannot handle signals: %s", strerror(-failed));
    return CLI_STATUS_FAILED;
}

/* Of the commands: the highest status, or with --any the lowest. */
static int commands_status(const struct fan *fan)
{
    int status = fan->children[0].status;

    for (int i = 1; i < fan->options.command_count; i++)
        if ((fan->children[i].status < status) == fan->options.any)
            status = fan->children[i].status;
    return status;
}

/* That the commands left before they had read everything is their own affair. */
static int whole_status(const struct fan *fan, int published)
{
    int status = commands_status(fan);

    if (published == CLI_STATUS_DONE || published == CLI_STATUS_PEER)
        return status;
    return published > status ? published : status;
}

static int run(struct fan *fan, struct cli_pub *pub)
{
    int count = fan->options.command_count, status;

    fan->children = calloc((size_t)count, sizeof *fan->children);
    if (!fan->children) {
        cli_report("%s", strerror(ENOMEM));
        return CLI_STATUS_FAILED;
    }
    signal(SIGCHLD, SIG_DFL); /* where it is ignored nobody can be waited for */
    status = cli_fan_children_start(fan->children, &fan->options);
    if (status == CLI_OPTIONS_GO_ON)
        status = publish(pub);
    if (!fan->complete)
        cli_fan_children_call_off(fan->children, count);
    cli_fan_children_wait(fan->children, count);
    if (status <= CLI_STATUS_SIGNAL)
        status = whole_status(fan, status);
    free(fan->children);
    return status;
}

_Noreturn void cli_fan(int argc, char **argv)
{
    struct fan fan = {.children = NULL};
    struct cli_pub pub = {.on_created = await_subscribers, .arg = &fan, .may_leave = true};
    int status = cli_fan_options_parse(&fan.options, argc, argv);

    if (status == CLI_OPTIONS_GO_ON) {
        for (argc = 0; fan.options.pub_argv[argc];)
            argc++;
        optind = 0; /* getopt starts anew */
        status = cli_pub_options_parse(&pub.options, argc, fan.options.pub_argv);
    }
    if (status == CLI_OPTIONS_GO_ON)
        status = run(&fan, &pub);
    cli_pub_options_free(&pub.options);
    cli_fan_options_free(&fan.options);
    if (status == CLI_STATUS_SIGNAL + cli_signals_caught())
        cli_signals_exit(status);
    exit(status); /* also of a command that a signal has ended: that signal was not for this one */
}
