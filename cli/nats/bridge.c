/* SPDX-License-Identifier: MIT */
/*
 * Whether a failure ends the program. At the start what is missing is waited for a little, since it
 * may be about to start too; later a server that was there is waited for as long as it takes. What
 * cannot pass by itself, such as a refused password, ends the program at any time.
 */
#include "nats/bridge.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/report.h"
#include "common/signals.h"
#include "nats/wait.h"

#include <errno.h>
#include <stdio.h>

int bridge_open(struct bridge *bridge, const struct bridge_options *options,
                bridge_survey_fn *survey)
{
    *bridge = (struct bridge){.options = options};
    bridge->link.server = &options->server;
    bridge->link.jetstream = &options->jetstream;
    bridge->link.survey = survey;
    bridge->link.wish.most_pending = options->jetstream.batch;
    snprintf(bridge->link.name, sizeof bridge->link.name, "streamx-nats %s %s",
             options->out ? "out" : "in", options->name);
    bridge->deadline_ns = cli_clock_after(options->timeout_ns);
    bridge->wait_ns = cli_clock_after(options->wait_ns);
    return bridge_link_init(&bridge->link);
}

void bridge_close(struct bridge *bridge)
{
    bridge_link_close(&bridge->link);
}

bool bridge_is_up(const struct bridge *bridge)
{
    return bridge->link.state == BRIDGE_LINK_UP;
}

static int trouble(struct bridge *bridge, const struct bridge_failure *failure)
{
    const char *server = bridge->options->server.shown;
    bool may_pass =
        failure->kind == BRIDGE_FAILURE_PASSING || failure->kind == BRIDGE_FAILURE_ABSENT;

    if (!may_pass || (!bridge->was_up && cli_clock_until(bridge->wait_ns, 1) == 0)) {
        cli_report("%s: %s", server, failure->text);
        return bridge_failure_status(failure->kind);
    }
    if (bridge->was_up && !bridge->said) {
        cli_report("%s: %s; trying again", server, failure->text);
        bridge->said = true;
    }
    return BRIDGE_MORE;
}

int bridge_run_link(struct bridge *bridge, bool *opened)
{
    struct bridge_failure failure;

    *opened = false;
    switch (bridge_link_run(&bridge->link, &failure)) {
    case BRIDGE_LINK_OPENED:
        if (bridge->said)
            cli_report("%s: connected again", bridge->options->server.shown);
        bridge->was_up = true;
        bridge->said = false;
        *opened = true;
        return BRIDGE_MORE;
    case BRIDGE_LINK_TROUBLE:
        return trouble(bridge, &failure);
    case BRIDGE_LINK_NOTHING:
        break;
    }
    return BRIDGE_MORE;
}

void bridge_lose(struct bridge *bridge, const char *why)
{
    cli_report_detail("%s: %s", bridge->options->server.shown, why);
    bridge_link_lose(&bridge->link);
}

int bridge_mail_ended(struct bridge *bridge, enum bridge_mail mail, const char *forbidden)
{
    if (mail == BRIDGE_MAIL_REFUSED) {
        cli_report("%s: not permitted to %s", bridge->options->server.shown, forbidden);
        return CLI_STATUS_PERMISSION;
    }
    if (mail == BRIDGE_MAIL_CLOSED)
        bridge_lose(bridge, "the connection was lost");
    return BRIDGE_MORE;
}

int bridge_rest(struct bridge *bridge, int stream_fd, int64_t until_ns)
{
    int64_t due_ns = bridge_link_due(&bridge->link);
    struct bridge_wait wait = {.link_fd = bridge->link.fd, .stream_fd = stream_fd};

    if (due_ns > bridge->deadline_ns)
        due_ns = bridge->deadline_ns;
    wait.until_ns = until_ns < due_ns ? until_ns : due_ns;
    if (bridge_wait(&wait) == -EINTR)
        return CLI_STATUS_SIGNAL + cli_signals_caught();
    if (cli_clock_until(bridge->deadline_ns, 1) > 0)
        return BRIDGE_MORE;
    cli_report("%s: the time limit has passed", bridge->options->name);
    return CLI_STATUS_TIMEOUT;
}
