/* SPDX-License-Identifier: MIT */
/*
 * streamx-nats in: every message of a JetStream stream into a stream, in order, and acknowledged to
 * the server only when everybody has acknowledged it there.
 */
#include "nats/in.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/report.h"
#include "nats/consumer.h"
#include "nats/in_ack.h"
#include "nats/in_create.h"
#include "nats/in_end.h"
#include "nats/in_pull.h"
#include "nats/in_put.h"

#include <errno.h>
#include <string.h>

#define TICK_NS (10 * CLI_CLOCK_MILLISECOND) /* between looks at how far the subscribers are */
#define LAST_WORD_MS 2000                    /* for what was acknowledged at the very end */

static int run_link(struct bridge_in *in, bool *progressed)
{
    bool is_new;
    int status;

    if (in->bridge.link.state == BRIDGE_LINK_DOWN) { /* nothing of a new one can be here yet */
        in->bridge.link.wish.in_hand = (int64_t)bridge_ledger_count(&in->ledger);
        in->bridge.link.wish.hurry = true;
    }
    status = bridge_run_link(&in->bridge, &is_new);
    if (status == BRIDGE_MORE && is_new)
        status = bridge_in_receive(in, progressed); /* what came meanwhile counts as being here */
    if (status == BRIDGE_MORE && is_new && bridge_is_up(&in->bridge))
        bridge_in_place(in);
    return status;
}

/* Everything that can be done without waiting; the server must be there for all but the putting. */
static int work(struct bridge_in *in, bool *progressed)
{
    int status = run_link(in, progressed);

    if (status == BRIDGE_MORE && bridge_is_up(&in->bridge) && !in->producer &&
        in->phase == BRIDGE_IN_RUNNING)
        status = bridge_in_create(in);
    if (status == BRIDGE_MORE && bridge_is_up(&in->bridge))
        status = bridge_in_receive(in, progressed);
    if (status == BRIDGE_MORE && in->producer && !bridge_in_is_holding(in))
        status = bridge_in_put(in, progressed);
    if (status == BRIDGE_MORE && bridge_is_up(&in->bridge))
        bridge_in_acknowledge(in, progressed);
    if (status == BRIDGE_MORE && bridge_is_up(&in->bridge) && in->phase != BRIDGE_IN_RUNNING)
        status = bridge_in_end(in, progressed);
    return status;
}

/* What the server is asked for, and told so that it waits. */
static void ask(struct bridge_in *in)
{
    if (bridge_is_up(&in->bridge))
        bridge_in_ask(in);
    if (bridge_is_up(&in->bridge) && in->phase != BRIDGE_IN_TELLING)
        bridge_in_keep(in);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t due(const struct bridge_in *in)
{
    int64_t due_ns = CLI_CLOCK_NEVER;

    if (in->ledger.first != in->ledger.put)
        due_ns = cli_clock_after(TICK_NS);
    if (!bridge_is_up(&in->bridge))
        return due_ns;
    if (in->doubtful || bridge_in_is_missing(in) || bridge_in_is_holding(in))
        due_ns = earlier(due_ns, in->ask_facts_ns);
    due_ns = earlier(due_ns, in->second_look_ns);
    if (in->asked > 0)
        due_ns = earlier(due_ns, in->asked_until_ns);
    return earlier(due_ns, in->keep_ns);
}

/* What of the stream is waited for. */
static unsigned events_of(const struct bridge_in *in)
{
    unsigned events = in->blocked ? STREAMX_ROOM : 0;

    if (in->phase == BRIDGE_IN_DRAINING && in->put_seq == 0)
        events |= STREAMX_ROOM;
    if (in->put_seq > in->acknowledged)
        events |= STREAMX_DRAINED;
    return events;
}

static int rest(struct bridge_in *in, bool progressed)
{
    unsigned events = in->producer ? events_of(in) : 0;
    int64_t until_ns = progressed ? 0 : due(in);
    int stream_fd = -1;

    if (!progressed && bridge_is_up(&in->bridge))
        bridge_link_flush(&in->bridge.link);
    if (!progressed && events != 0) {
        stream_fd = streamx_producer_fd(in->producer, events);
        if (streamx_wait(in->producer, events, STREAMX_NOWAIT) > 0)
            until_ns = 0;
        if (stream_fd < 0)
            until_ns = earlier(until_ns, cli_clock_after(TICK_NS));
    }
    return bridge_rest(&in->bridge, stream_fd, until_ns);
}

static int run(struct bridge_in *in)
{
    int status = BRIDGE_MORE;

    while (status == BRIDGE_MORE) {
        bool progressed = false;

        status = work(in, &progressed);
        if (status != BRIDGE_MORE)
            break;
        ask(in);
        status = rest(in, progressed);
    }
    return status;
}

/* Where a consumer begins that is gone: behind what an earlier bridge has put. */
static void look_for_remains(struct bridge_in *in)
{
    struct streamx_info info;

    if (streamx_inspect(in->bridge.options->name, &info, sizeof info) == 0 &&
        info.state == STREAMX_STATE_DEAD && info.last_stamp > 0)
        in->bridge.link.wish.start_seq = info.last_stamp + 1;
}

/* Unless it has ended: it is left for the next bridge, or removed if there is nothing in it. */
static void give_up_stream(struct bridge_in *in)
{
    if (!in->producer)
        return;
    streamx_abandon(in->producer);
    in->producer = NULL;
    if (in->put_seq == 0)
        streamx_remove(in->bridge.options->name, 0);
}

int bridge_in_run(const struct bridge_options *options)
{
    static struct bridge_in in; /* threads that come to no end look at its link */
    int result = bridge_open(&in.bridge, options, bridge_survey_in), status;

    if (result != 0) {
        cli_report("%s", strerror(-result));
        return CLI_STATUS_FAILED;
    }
    look_for_remains(&in);
    cli_progress_start(&in.progress, options->name, true, options->progress);
    status = run(&in);
    cli_progress_end(&in.progress);
    if (bridge_is_up(&in.bridge))
        natsConnection_FlushTimeout(in.bridge.link.nc, LAST_WORD_MS);
    give_up_stream(&in);
    bridge_close(&in.bridge);
    bridge_ledger_close(&in.ledger);
    return status;
}
