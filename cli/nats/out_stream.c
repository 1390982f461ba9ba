/* SPDX-License-Identifier: MIT */
/*
 * The bridge as a consumer: attaching, taking, acknowledging.
 *
 * Which stream it is attached to must be known for certain, since that is half of every message's
 * name. A name leads from one stream to the next and never back; so if it leads to the same stream
 * before and after the attaching, then that is the one.
 */
#include "nats/out_stream.h"

#include "common/clock.h"
#include "common/denied.h"
#include "common/exit_status.h"
#include "common/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIRST_TICK_NS CLI_CLOCK_MILLISECOND
#define LAST_TICK_NS (32 * CLI_CLOCK_MILLISECOND)
#define TAKE_AT_ONCE 256
#define LABEL_NS (CLI_CLOCK_SECOND / 2)

static int attach_failed(const struct bridge_out *out, int error)
{
    const char *name = out->bridge.options->name;
    char reason[256];

    switch (error) {
    case -EPERM:
    case -EACCES:
        cli_denied_reason(reason, sizeof reason, name, CLI_DENIED_ENTER);
        cli_report("%s: %s", name, reason);
        return CLI_STATUS_PERMISSION;
    case -EUSERS:
        cli_report("%s: every seat is taken", name);
        return CLI_STATUS_FAILED;
    case -EPROTO:
        cli_report("%s: a stream of another layout version, or a damaged one", name);
        return CLI_STATUS_FAILED;
    default:
        cli_report("%s: cannot subscribe: %s", name, strerror(-error));
        return CLI_STATUS_FAILED;
    }
}

/* Not there yet. */
static int look_later(struct bridge_out *out)
{
    if (!out->bridge.options->follow && out->bridge.options->wait_ns == 0 &&
        out->attach_tick_ns == 0) {
        cli_report("%s: no such stream in %s", out->bridge.options->name, streamx_directory());
        return CLI_STATUS_ABSENT;
    }
    out->attach_tick_ns = out->attach_tick_ns == 0             ? FIRST_TICK_NS
                          : out->attach_tick_ns < LAST_TICK_NS ? 2 * out->attach_tick_ns
                                                               : LAST_TICK_NS;
    out->attach_ns = cli_clock_after(out->attach_tick_ns);
    return BRIDGE_MORE;
}

/* Where JetStream holds some of this very stream, everything that is still in the ring is looked
 * at, and what JetStream holds passed by; else we begin where any consumer would. */
static void choose_start(struct bridge_out *out, struct streamx_subscribe_options *options)
{
    const struct bridge_jetstream_facts *facts = &out->bridge.link.facts;

    out->known = facts->last;
    out->checks_gap = bridge_source_same(&facts->last.source, &out->source);
    if (out->checks_gap)
        options->start = STREAMX_START_OLDEST;
    else
        out->known = (struct bridge_message_id){.seq = 0};
}

/* The end goes to the other side as a message of its own, after all others. */
static int add_end(struct bridge_out *out, int ending)
{
    struct bridge_window_message end = {.seq = out->taken, .parts = 1, .end = true};

    if (ending == -ESTALE) {
        cli_report("%s: evicted for being too slow", out->bridge.options->name);
        return CLI_STATUS_PEER;
    }
    if (ending != 0 && ending != -EOWNERDEAD) {
        cli_report("%s: after message %" PRIu64 ": %s", out->bridge.options->name, out->taken,
                   strerror(-ending));
        return CLI_STATUS_FAILED;
    }
    out->ending = ending;
    end.stored = out->known.end && out->known.seq >= out->taken ? 1 : 0;
    bridge_window_add(&out->window, &end);
    return BRIDGE_MORE;
}

/*
 * Whether a stream that is over, so that nobody can attach to it, is ours to bring to its end: a
 * bridge has carried it and kept its name, and did not live to see the end stored. What JetStream
 * does not know at all was never ours, unless it was empty. One that has died and whose end is
 * stored is another publisher's to take up.
 */
static bool is_left_over(const struct bridge_out *out, const struct streamx_info *info)
{
    const struct bridge_message_id *last = &out->bridge.link.facts.last;
    bool carried = bridge_source_same(&last->source, &out->source);

    if (bridge_source_same(&out->ended, &out->source))
        return false;
    if (info->state == STREAMX_STATE_CLOSED)
        return carried || info->published == 0;
    return info->state == STREAMX_STATE_DEAD && carried && !last->end;
}

static int subscribe(struct bridge_out *out, const struct streamx_info *before)
{
    char label[STREAMX_TAG_MAX + 1];
    struct streamx_subscribe_options options = {.flags = STREAMX_KEEP, .label = label};
    struct streamx_info after;
    int result;

    snprintf(label, sizeof label, "nats: %.50s", out->bridge.options->jetstream.subject);
    choose_start(out, &options);
    result = streamx_subscribe(&out->consumer, out->bridge.options->name, &options, STREAMX_NOWAIT);
    if (result != 0)
        return result;
    /* gone by now: it has ended, and what it was is still the best that is known of it */
    if (streamx_inspect(out->bridge.options->name, &after, sizeof after) == 0 &&
        after.created_ns != before->created_ns) {
        bridge_out_detach(out);
        return -ENOENT;
    }
    return 0;
}

/* The first message that JetStream has not must be the next one. */
static int check_gap(struct bridge_out *out, uint64_t seq)
{
    uint64_t whole = out->known.seq - (out->known.part < out->known.parts);

    if (!out->checks_gap || seq <= out->known.seq)
        return BRIDGE_MORE;
    out->checks_gap = false;
    if (seq == whole + 1)
        return BRIDGE_MORE;
    cli_report("%s: messages %" PRIu64 " to %" PRIu64 " are no longer in the ring: others had "
               "acknowledged them while this bridge was away",
               out->bridge.options->name, whole + 1, seq - 1);
    return out->bridge.options->jetstream.lossy ? BRIDGE_MORE : CLI_STATUS_FAILED;
}

static int attach_to(struct bridge_out *out, const struct streamx_info *before)
{
    int result = bridge_source_of(&out->source, before);

    if (result == 0)
        result = subscribe(out, before);
    if (result != 0 && (result != -ENOENT || !is_left_over(out, before)))
        return result;
    out->attached = true;
    out->evicts = before->evict_after_ns > 0;
    out->acknowledged = out->taken = 0;
    out->ending = 1;
    return 0;
}

/* There is nothing to take: what is left of the stream is how it has ended. */
static int take_end_alone(struct bridge_out *out, const struct streamx_info *info)
{
    int status = check_gap(out, info->published + 1);

    if (status != BRIDGE_MORE)
        return status;
    out->taken = info->published;
    return add_end(out, info->state == STREAMX_STATE_CLOSED ? 0 : -EOWNERDEAD);
}

int bridge_out_attach(struct bridge_out *out)
{
    struct streamx_info before;
    int result;

    if (cli_clock_until(out->attach_ns, 1) > 0)
        return BRIDGE_MORE;
    result = streamx_inspect(out->bridge.options->name, &before, sizeof before);
    if (result == 0)
        result = attach_to(out, &before);
    if (result == -ENOENT)
        return look_later(out);
    if (result != 0)
        return attach_failed(out, result);
    out->attach_tick_ns = 0;
    cli_report_detail("%s: attached; JetStream holds it through message %" PRIu64,
                      out->bridge.options->name, out->known.seq);
    return out->consumer ? BRIDGE_MORE : take_end_alone(out, &before);
}

void bridge_out_detach(struct bridge_out *out)
{
    streamx_unsubscribe(out->consumer);
    out->consumer = NULL;
    out->attached = false;
}

void bridge_out_leave(struct bridge_out *out)
{
    if (out->ending == 1)
        bridge_out_detach(out);
}

/*
 * Whoever looks why the publisher waits sees this bridge, and in its label what the bridge itself
 * waits for.
 */
void bridge_out_relabel(struct bridge_out *out)
{
    int64_t away_s = (cli_clock_now() - out->bridge.link.down_since_ns) / CLI_CLOCK_SECOND;
    char label[STREAMX_TAG_MAX + 1];

    if (!out->consumer || cli_clock_now() - out->labelled_ns < LABEL_NS)
        return;
    out->labelled_ns = cli_clock_now();
    if (!bridge_is_up(&out->bridge) && out->bridge.link.state != BRIDGE_LINK_SURVEYING)
        snprintf(label, sizeof label, "nats: reconnecting %" PRId64 " s", away_s);
    else if (out->full)
        snprintf(label, sizeof label, "nats: %.40s is full", out->stream);
    else
        snprintf(label, sizeof label, "nats: %.50s", out->bridge.options->jetstream.subject);
    streamx_relabel(out->consumer, label);
}

static int own_state(const struct streamx_consumer_info *info, void *arg)
{
    bool *evicted = arg;

    if (info->pid == (uint32_t)getpid() && info->state == STREAMX_CONSUMER_EVICTED)
        *evicted = true;
    return 0;
}

/*
 * Whether what was read of the message just now may have been overwritten meanwhile. Acknowledging
 * again what was acknowledged tells; with nothing acknowledged, the seat does.
 */
bool bridge_out_evicted(struct bridge_out *out)
{
    bool evicted = false;

    if (!out->evicts)
        return false;
    if (out->acknowledged > 0)
        return streamx_ack(out->consumer, out->acknowledged) == -ESTALE;
    streamx_inspect_consumers(out->bridge.options->name, own_state, &evicted);
    return evicted;
}

static uint32_t parts_of(const struct bridge_out *out, size_t len)
{
    return len <= out->part_bytes ? 1 : (uint32_t)((len + out->part_bytes - 1) / out->part_bytes);
}

static int too_long(const struct bridge_out *out, const struct streamx_message *message)
{
    cli_report("%s: message %" PRIu64
               " has %zu bytes, and the server takes %zu (--chunk sends it in "
               "parts)",
               out->bridge.options->name, message->seq, message->len, out->part_bytes);
    return CLI_STATUS_DATA;
}

static int add_message(struct bridge_out *out, const struct streamx_message *message)
{
    struct bridge_window_message added = {.data = message->data,
                                          .len = message->len,
                                          .seq = message->seq,
                                          .parts = parts_of(out, message->len)};
    int status = check_gap(out, message->seq);

    if (status != BRIDGE_MORE)
        return status;
    if (message->seq < out->known.seq ||
        (message->seq == out->known.seq && out->known.part == out->known.parts))
        added.stored = added.parts;
    else if (message->seq == out->known.seq && out->known.parts == added.parts)
        added.stored = out->known.part;
    if (added.parts > 1 && added.stored < added.parts && !out->bridge.options->chunk)
        return too_long(out, message);
    out->taken = message->seq;
    bridge_window_add(&out->window, &added);
    return BRIDGE_MORE;
}

int bridge_out_take(struct bridge_out *out, bool *progressed)
{
    struct streamx_message message;
    int status = BRIDGE_MORE;

    for (int i = 0; i < TAKE_AT_ONCE && status == BRIDGE_MORE; i++) {
        int got;

        if (out->ending != 1 || !bridge_window_has_room(&out->window))
            break;
        got = streamx_take(out->consumer, &message, STREAMX_NOWAIT);
        if (got == -EAGAIN)
            break;
        *progressed = true;
        status = got == 1 ? add_message(out, &message) : add_end(out, got);
    }
    return status;
}

/* Takes away the name that was kept for just this, where no consumer does so by leaving. */
static void remove_name(const struct bridge_out *out)
{
    const char *name = out->bridge.options->name;
    struct bridge_source source;
    struct streamx_info info;

    if (streamx_inspect(name, &info, sizeof info) == 0 && info.state == STREAMX_STATE_CLOSED &&
        bridge_source_of(&source, &info) == 0 && bridge_source_same(&source, &out->source))
        streamx_remove(name, 0);
}

/* After the end: what the exit status is, or that the next stream of that name is waited for. */
static int ended(struct bridge_out *out)
{
    int ending = out->ending;

    if (!out->consumer)
        remove_name(out);
    bridge_out_detach(out);
    out->ended = out->source;
    if (ending != 0)
        cli_report("%s: the publisher died without an end of the stream",
                   out->bridge.options->name);
    if (out->bridge.options->follow) {
        /* a publisher may take up this very stream: then what we know of it must be fresh */
        bridge_link_look_again(&out->bridge.link);
        out->placed = false;
        out->attach_ns = 0;
        return BRIDGE_MORE;
    }
    return ending == 0 ? CLI_STATUS_DONE : CLI_STATUS_PEER;
}

int bridge_out_release(struct bridge_out *out, bool *progressed)
{
    bool over = false;
    size_t bytes = out->window.bytes;
    uint64_t seq = bridge_window_release(&out->window, &over);

    if (seq > 0) {
        int result = streamx_ack(out->consumer, seq);

        *progressed = true;
        cli_progress_add(&out->progress, seq - out->acknowledged, bytes - out->window.bytes);
        if (result == -ESTALE)
            return add_end(out, -ESTALE);
        out->acknowledged = seq;
    }
    return over ? ended(out) : BRIDGE_MORE;
}
