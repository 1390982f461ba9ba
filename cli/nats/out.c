/* SPDX-License-Identifier: MIT */
/*
 * streamx-nats out: every message of a stream into JetStream, once and in order, and acknowledged
 * in the stream only when it is stored there.
 *
 * The ring is the buffer of what may have to be sent again: messages are sent from where they lie,
 * and stay there until the server's word has come.
 */
#include "nats/out.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/report.h"
#include "common/signals.h"
#include "nats/out_send.h"
#include "nats/out_stream.h"
#include "nats/stream.h"
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
    const struct bridge_jetstream_facts *facts = &out->bridge.link.facts;

    if (facts->last_seq >= out->stored || strcmp(out->stream, facts->stream) != 0)
        return BRIDGE_MORE;
    cli_report("%s: JetStream stream %s is at %" PRIu64 ", and had stored %" PRIu64 " before: the "
               "server has lost what it had acknowledged",
               out->bridge.options->name, facts->stream, facts->last_seq, out->stored);
    return out->bridge.options->jetstream.lossy ? BRIDGE_MORE : CLI_STATUS_FAILED;
}

static int opened(struct bridge_out *out)
{
    int status = check_loss(out);

    if (out->part_bytes == 0)
        out->part_bytes = out->bridge.link.facts.longest;
    if (out->bridge.link.facts.longest < out->part_bytes) {
        cli_report("%s: takes shorter messages than before", out->bridge.options->server.shown);
        status = CLI_STATUS_FAILED;
    }
    bridge_out_place(out);
    return status;
}

/* One round of everything that can be done without waiting. */
static int work(struct bridge_out *out, bool *progressed)
{
    bool is_new;
    int status = bridge_run_link(&out->bridge, &is_new);

    if (!bridge_is_up(&out->bridge))
        out->placed = false;
    if (status == BRIDGE_MORE && is_new)
        status = opened(out);
    if (status == BRIDGE_MORE && bridge_is_up(&out->bridge))
        status = bridge_out_answers(out, progressed);
    if (status == BRIDGE_MORE && out->attached)
        status = bridge_out_release(out, progressed);
    if (status == BRIDGE_MORE && !out->attached && bridge_is_up(&out->bridge))
        status = bridge_out_attach(out);
    if (status == BRIDGE_MORE && out->consumer)
        status = bridge_out_take(out, progressed);
    if (status == BRIDGE_MORE && bridge_is_up(&out->bridge) &&
        bridge_window_is_stuck(&out->window) && cli_clock_until(out->resume_ns, 1) == 0) {
        out->placed = false;
        bridge_link_look_again(&out->bridge.link);
    }
    if (status == BRIDGE_MORE && bridge_is_up(&out->bridge) && out->placed)
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
    int64_t due_ns = CLI_CLOCK_NEVER;

    if (!bridge_is_up(&out->bridge))
        return due_ns;
    if (out->window.unanswered > 0)
        due_ns = earlier(due_ns, out->answered_ns + ANSWER_NS);
    if (bridge_window_is_stuck(&out->window))
        due_ns = earlier(due_ns, out->resume_ns);
    if (!out->attached)
        due_ns = earlier(due_ns, out->attach_ns);
    return due_ns;
}

/* Sleeps, unless there was something to do just now; then it only lets the signals in. */
static int rest(struct bridge_out *out, bool progressed)
{
    bool wants_more = out->consumer && out->ending == 1 && bridge_window_has_room(&out->window);
    int64_t until_ns = 0;
    int stream_fd = -1;

    if (!progressed) {
        if (out->window.unanswered < FEW) /* else there is enough to do meanwhile */
            bridge_link_flush(&out->bridge.link);
        until_ns = due(out);
        if (wants_more)
            stream_fd = streamx_consumer_fd(out->consumer);
        if (wants_more && stream_fd < 0)
            until_ns = earlier(until_ns, cli_clock_after(TICK_NS));
    }
    return bridge_rest(&out->bridge, stream_fd, until_ns);
}

/* A server that does not answer is as good as none. */
static void check_answers(struct bridge_out *out)
{
    if (!bridge_is_up(&out->bridge) || out->window.unanswered == 0 ||
        cli_clock_until(out->answered_ns + ANSWER_NS, 1) > 0)
        return;
    out->placed = false;
    bridge_lose(&out->bridge, "no answer");
}

static int run(struct bridge_out *out)
{
    int status = BRIDGE_MORE;

    while (status == BRIDGE_MORE) {
        bool progressed = false;

        status = work(out, &progressed);
        if (status == BRIDGE_MORE)
            status = rest(out, progressed);
        check_answers(out);
        bridge_out_relabel(out);
    }
    return status;
}

int bridge_out_run(const struct bridge_options *options)
{
    static struct bridge_out out; /* threads that come to no end look at its link */
    int result, status;

    out = (struct bridge_out){.ending = 1, .refusal_ns = CLI_CLOCK_MILLISECOND};
    result = bridge_open(&out.bridge, options, bridge_survey_out);
    if (result == 0)
        result = bridge_window_open(&out.window, ROOM, MOST_BYTES);
    if (result != 0) {
        cli_report("%s", strerror(-result));
        return CLI_STATUS_FAILED;
    }
    cli_progress_start(&out.progress, options->name, false, options->progress);
    status = run(&out);
    cli_progress_end(&out.progress);
    bridge_out_leave(&out);
    bridge_close(&out.bridge);
    bridge_window_close(&out.window);
    return status;
}
