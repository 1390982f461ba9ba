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

#define ROOM 4096u                      /* messages in hand */
#define MOST_BYTES (16u * 1024 * 1024)  /* in them, unless one alone has more */
#define ANSWER_NS (8 * SX_CLOCK_SECOND) /* without one: the connection is given up */
#define FEW 64u                         /* under way: the next answer is waited for by somebody */
#define TICK_NS (10 * SX_CLOCK_MILLISECOND) /* of waits without the stream's descriptor */

/* The server has less than it had said. */
static int check_loss(const struct sx_out *out)
{
    const struct sx_jetstream_facts *facts = &out->link.facts;

    if (facts->last_seq >= out->stored || strcmp(out->stream, facts->stream) != 0)
        return SX_NATS_MORE;
    sx_report("%s: JetStream stream %s is at %" PRIu64 ", and had stored %" PRIu64 " before: the "
              "server has lost what it had acknowledged",
              out->options->name, facts->stream, facts->last_seq, out->stored);
    return out->options->jetstream.lossy ? SX_NATS_MORE : SX_STATUS_FAILED;
}

static int opened(struct sx_out *out)
{
    int status = check_loss(out);

    if (out->part_bytes == 0)
        out->part_bytes = out->link.facts.longest;
    if (out->link.facts.longest < out->part_bytes) {
        sx_report("%s: takes shorter messages than before", out->options->server.shown);
        status = SX_STATUS_FAILED;
    }
    if (out->said)
        sx_report("%s: connected again", out->options->server.shown);
    out->was_up = true;
    out->said = false;
    sx_out_place(out);
    return status;
}

/* What cannot pass by itself ends the bridge; what can is waited for, at the start for a while. */
static int trouble(struct sx_out *out, const struct sx_failure *failure)
{
    bool may_pass = failure->kind == SX_FAILURE_PASSING || failure->kind == SX_FAILURE_ABSENT;

    out->placed = false;
    if (!may_pass || (!out->was_up && sx_clock_until(out->wait_ns, 1) == 0)) {
        sx_report("%s: %s", out->options->server.shown, failure->text);
        return sx_failure_status(failure->kind);
    }
    if (out->was_up && !out->said) {
        sx_report("%s: %s; trying again", out->options->server.shown, failure->text);
        out->said = true;
    }
    return SX_NATS_MORE;
}

static int run_link(struct sx_out *out)
{
    struct sx_failure failure;

    switch (sx_link_run(&out->link, &failure)) {
    case SX_LINK_OPENED:
        return opened(out);
    case SX_LINK_TROUBLE:
        return trouble(out, &failure);
    case SX_LINK_NOTHING:
        break;
    }
    return SX_NATS_MORE;
}

static bool is_up(const struct sx_out *out)
{
    return out->link.state == SX_LINK_UP;
}

/* One round of everything that can be done without waiting. */
static int work(struct sx_out *out, bool *progressed)
{
    int status = run_link(out);

    if (status == SX_NATS_MORE && is_up(out))
        status = sx_out_answers(out, progressed);
    if (status == SX_NATS_MORE && out->consumer)
        status = sx_out_release(out, progressed);
    if (status == SX_NATS_MORE && !out->consumer && out->was_up && is_up(out))
        status = sx_out_attach(out);
    if (status == SX_NATS_MORE && out->consumer)
        status = sx_out_take(out, progressed);
    if (status == SX_NATS_MORE && is_up(out) && sx_window_is_stuck(&out->window) &&
        sx_clock_until(out->resume_ns, 1) == 0) {
        out->placed = false;
        sx_link_look_again(&out->link);
    }
    if (status == SX_NATS_MORE && is_up(out) && out->placed)
        status = sx_out_send(out, progressed);
    return status;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When something is due though nothing has come. */
static int64_t due(const struct sx_out *out)
{
    int64_t due_ns = earlier(out->deadline_ns, sx_link_due(&out->link));

    if (is_up(out) && out->window.unanswered > 0)
        due_ns = earlier(due_ns, out->answered_ns + ANSWER_NS);
    if (is_up(out) && out->window.refused)
        due_ns = earlier(due_ns, out->resume_ns);
    if (!out->consumer && is_up(out))
        due_ns = earlier(due_ns, out->attach_ns);
    return due_ns;
}

/* Sleeps, unless there was something to do just now; then it only lets the signals in. */
static int rest(struct sx_out *out, bool progressed)
{
    bool wants_more = out->consumer && out->ending == 1 && sx_window_has_room(&out->window);
    struct sx_wait wait = {.link_fd = out->link.fd, .stream_fd = -1, .until_ns = 0};

    if (!progressed) {
        if (out->window.unanswered < FEW) /* else there is enough to do meanwhile */
            sx_link_flush(&out->link);
        wait.until_ns = due(out);
        if (wants_more)
            wait.stream_fd = streamx_consumer_fd(out->consumer);
        if (wants_more && wait.stream_fd < 0)
            wait.until_ns = earlier(wait.until_ns, sx_clock_after(TICK_NS));
    }
    if (sx_wait(&wait) == -EINTR)
        return SX_STATUS_SIGNAL + sx_signals_caught();
    if (sx_clock_until(out->deadline_ns, 1) == 0) {
        sx_report("%s: the time limit has passed", out->options->name);
        return SX_STATUS_TIMEOUT;
    }
    if (is_up(out) && out->window.unanswered > 0 &&
        sx_clock_until(out->answered_ns + ANSWER_NS, 1) == 0) {
        sx_report_detail("%s: no answer", out->options->server.shown);
        out->placed = false;
        sx_link_lose(&out->link);
    }
    return SX_NATS_MORE;
}

static int run(struct sx_out *out)
{
    int status = SX_NATS_MORE;

    while (status == SX_NATS_MORE) {
        bool progressed = false;

        status = work(out, &progressed);
        if (status == SX_NATS_MORE)
            status = rest(out, progressed);
    }
    return status;
}

int sx_out_run(const struct sx_nats_options *options)
{
    static struct sx_out out; /* threads that come to no end look at its link */
    int result, status;

    out = (struct sx_out){.options = options, .ending = 1, .refusal_ns = SX_CLOCK_MILLISECOND};
    out.link.server = &options->server;
    out.link.jetstream = &options->jetstream;
    out.link.survey = sx_jetstream_survey_out;
    snprintf(out.link.name, sizeof out.link.name, "streamx-nats out %s", options->name);
    out.deadline_ns = sx_clock_after(options->timeout_ns);
    out.wait_ns = sx_clock_after(options->wait_ns);
    result = sx_link_init(&out.link);
    if (result == 0)
        result = sx_window_open(&out.window, ROOM, MOST_BYTES);
    if (result != 0) {
        sx_report("%s", strerror(-result));
        return SX_STATUS_FAILED;
    }
    sx_progress_start(&out.progress, options->name, false, options->progress);
    status = run(&out);
    sx_progress_end(&out.progress);
    sx_out_detach(&out);
    sx_link_close(&out.link);
    sx_window_close(&out.window);
    return status;
}
