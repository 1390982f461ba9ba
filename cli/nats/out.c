/* SPDX-License-Identifier: MIT */
/*
 * streamx-nats out: every message of a stream into JetStream, once and in order, and acknowledged in
 * the stream only when it is stored there.
 *
 * The ring is the buffer of what may have to be sent again: messages are sent from where they lie,
 * and stay there until the server's word has come.
 */
#include "nats/out.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/report.h"
#include "common/signals.h"
#include "nats/wait.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROOM 4096u                       /* messages in hand */
#define MOST_BYTES (16u * 1024 * 1024)   /* in them, unless one alone has more */
#define ANSWER_NS (8 * CLI_CLOCK_SECOND) /* without one: the connection is given up */
#define FEW 64u                          /* under way: the next answer is waited for by somebody */
#define TICK_NS (10 * CLI_CLOCK_MILLISECOND) /* of waits without the stream's descriptor */

/* The server has less than it had said. */
static int check_loss(const struct bridge_out *out)
{
    const struct bridge_jetstream_facts *facts = &out->link.facts;

    if (facts->last_seq >= out->stored || strcmp(out->stream, facts->stream) != 0)
        return BRIDGE_MORE;
    cli_report("%s: JetStream stream %s is at %" PRIu64 ", and had stored %" PRIu64 " before: the "
               "server has lost what it had acknowledged",
               out->options->name, facts->stream, facts->last_seq, out->stored);
    return out->options->jetstream.lossy ? BRIDGE_MORE : CLI_STATUS_FAILED;
}

static int opened(struct bridge_out *out)
{
    int status = check_loss(out);

    if (out->part_bytes == 0)
        out->part_bytes = out->link.facts.longest;
    if (out->link.facts.longest < out->part_bytes) {
        cli_report("%s: takes shorter messages than before", out->options->server.shown);
        status = CLI_STATUS_FAILED;
    }
    if (out->said)
        cli_report("%s: connected again", out->options->server.shown);
    out->was_up = true;
    out->said = false;
    bridge_out_place(out);
    return status;
}

/* What cannot pass by itself ends the bridge; what can is waited for, at the start for a while. */
static int trouble(struct bridge_out *out, const struct bridge_failure *failure)
{
    bool may_pass =
        failure->kind == BRIDGE_FAILURE_PASSING || failure->kind == BRIDGE_FAILURE_ABSENT;

    out->placed = false;
    if (!may_pass || (!out->was_up && cli_clock_until(out->wait_ns, 1) == 0)) {
        cli_report("%s: %s", out->options->server.shown, failure->text);
        return bridge_failure_status(failure->kind);
    }
    if (out->was_up && !out->said) {
        cli_report("%s: %s; trying again", out->options->server.shown, failure->text);
        out->said = true;
    }
    return BRIDGE_MORE;
}

static int run_link(struct bridge_out *out)
{
    struct bridge_failure failure;

    switch (bridge_link_run(&out->link, &failure)) {
    case BRIDGE_LINK_OPENED:
        return opened(out);
    case BRIDGE_LINK_TROUBLE:
        return trouble(out, &failure);
    case BRIDGE_LINK_NOTHING:
        break;
    }
    return BRIDGE_MORE;
}

static bool is_up(const struct bridge_out *out)
{
    return out->link.state == BRIDGE_LINK_UP;
}

/* One round of everything that can be done without waiting. */
static int work(struct bridge_out *out, bool *progressed)
{
    int status = run_link(out);

    if (status == BRIDGE_MORE && is_up(out))
        status = bridge_out_answers(out, progressed);
    if (status == BRIDGE_MORE && out->consumer)
        status = bridge_out_release(out, progressed);
    if (status == BRIDGE_MORE && !out->consumer && out->was_up && is_up(out))
        status = bridge_out_attach(out);
    if (status == BRIDGE_MORE && out->consumer)
        status = bridge_out_take(out, progressed);
    if (status == BRIDGE_MORE && is_up(out) && bridge_window_is_stuck(&out->window) &&
        cli_clock_until(out->resume_ns, 1) == 0) {
        out->placed = false;
        bridge_link_look_again(&out->link);
    }
    if (status == BRIDGE_MORE && is_up(out) && out->placed)
        status = bridge_out_send(out, progressed);
    return status;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When something is due though nothing has come. */
static int64_t due(const struct bridge_out *out)
{
    int64_t due_ns = earlier(out->deadline_ns, bridge_link_due(&out->link));

    if (is_up(out) && out->window.unanswered > 0)
        due_ns = earlier(due_ns, out->answered_ns + ANSWER_NS);
    if (is_up(out) && out->window.refused)
        due_ns = earlier(due_ns, out->resume_ns);
    if (!out->consumer && is_up(out))
        due_ns = earlier(due_ns, out->attach_ns);
    return due_ns;
}

/* Sleeps, unless there was something to do just now; then it only lets the signals in. */
static int rest(struct bridge_out *out, bool progressed)
{
    bool wants_more = out->consumer && out->ending == 1 && bridge_window_has_room(&out->window);
    struct bridge_wait wait = {.link_fd = out->link.fd, .stream_fd = -1, .until_ns = 0};

    if (!progressed) {
        if (out->window.unanswered < FEW) /* else there is enough to do meanwhile */
            bridge_link_flush(&out->link);
        wait.until_ns = due(out);
        if (wants_more)
            wait.stream_fd = streamx_consumer_fd(out->consumer);
        if (wants_more && wait.stream_fd < 0)
            wait.until_ns = earlier(wait.until_ns, cli_clock_after(TICK_NS));
    }
    if (bridge_wait(&wait) == -EINTR)
        return CLI_STATUS_SIGNAL + cli_signals_caught();
    if (cli_clock_until(out->deadline_ns, 1) == 0) {
        cli_report("%s: the time limit has passed", out->options->name);
        return CLI_STATUS_TIMEOUT;
    }
    if (is_up(out) && out->window.unanswered > 0 &&
        cli_clock_until(out->answered_ns + ANSWER_NS, 1) == 0) {
        cli_report_detail("%s: no answer", out->options->server.shown);
        out->placed = false;
        bridge_link_lose(&out->link);
    }
    return BRIDGE_MORE;
}

static int run(struct bridge_out *out)
{
    int status = BRIDGE_MORE;

    while (status == BRIDGE_MORE) {
        bool progressed = false;

        status = work(out, &progressed);
        if (status == BRIDGE_MORE)
            status = rest(out, progressed);
    }
    return status;
}

int bridge_out_run(const struct bridge_options *options)
{
    static struct bridge_out out; /* threads that come to no end look at its link */
    int result, status;

    out = (struct bridge_out){.options = options, .ending = 1, .refusal_ns = CLI_CLOCK_MILLISECOND};
    out.link.server = &options->server;
    out.link.jetstream = &options->jetstream;
    out.link.survey = bridge_jetstream_survey_out;
    snprintf(out.link.name, sizeof out.link.name, "streamx-nats out %s", options->name);
    out.deadline_ns = cli_clock_after(options->timeout_ns);
    out.wait_ns = cli_clock_after(options->wait_ns);
    result = bridge_link_init(&out.link);
    if (result == 0)
        result = bridge_window_open(&out.window, ROOM, MOST_BYTES);
    if (result != 0) {
        cli_report("%s", strerror(-result));
        return CLI_STATUS_FAILED;
    }
    cli_progress_start(&out.progress, options->name, false, options->progress);
    status = run(&out);
    cli_progress_end(&out.progress);
    bridge_out_detach(&out);
    bridge_link_close(&out.link);
    bridge_window_close(&out.window);
    return status;
}
