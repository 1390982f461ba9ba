/* SPDX-License-Identifier: MIT */
/*
 * The end of the source's stream becomes the end of ours: first everybody acknowledges what was
 * before it, then our stream ends in the same way, and only then does the server hear that the end
 * has arrived. A bridge that dies in between finds the end again, and does the rest.
 */
#include "nats/in_end.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/report.h"
#include "nats/in_ack.h"
#include "nats/in_pull.h"
#include "nats/kind.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void bridge_in_begin_end(struct bridge_in *in, bool clean)
{
    in->phase = BRIDGE_IN_DRAINING;
    in->clean = clean;
}

/* The marker of the end, if that is what it has come to; else another stream has begun. */
static struct bridge_entry *marker(const struct bridge_in *in)
{
    struct bridge_entry *entry = bridge_ledger_unput(&in->ledger, 0);
    const char *how;

    if (!entry || natsMsgHeader_Get(entry->msg, BRIDGE_HEADER_END, &how) != NATS_OK)
        return NULL;
    return entry;
}

/*
 * Whether all that our stream held is acknowledged. Nothing was put: the source's stream was empty,
 * and whoever waits for ours is to see its end; unless there was something, which an earlier bridge
 * has brought to its end, all but telling the server.
 */
static bool is_drained(const struct bridge_in *in, const struct bridge_entry *end)
{
    unsigned events = in->put_seq == 0 ? STREAMX_ROOM : STREAMX_DRAINED;
    struct bridge_message_id id = {.seq = 0};

    if (end)
        bridge_read_id(&id, end->msg);
    if (in->put_seq == 0 && id.seq > 0)
        return true;
    return streamx_wait(in->producer, events, STREAMX_NOWAIT) > 0;
}

static void end_stream(struct bridge_in *in)
{
    if (in->clean) {
        streamx_close(in->producer, STREAMX_NOWAIT);
    } else {
        streamx_abandon(in->producer);
        streamx_remove(in->bridge.options->name, 0); /* nobody is to take it up again */
    }
    in->producer = NULL;
}

static int over(struct bridge_in *in)
{
    struct bridge_entry *entry = marker(in);
    int status = in->clean ? CLI_STATUS_DONE : CLI_STATUS_PEER;

    if (entry) {
        in->told_through = in->put_through = entry->js_seq;
        bridge_ledger_put(&in->ledger, 1, 0);
        bridge_ledger_forget(&in->ledger);
    }
    if (!in->clean)
        cli_report("%s: the source's publisher died without an end of the stream",
                   in->bridge.options->name);
    in->last = (struct bridge_message_id){.seq = 0};
    in->phase = BRIDGE_IN_RUNNING;
    return in->bridge.options->follow ? BRIDGE_MORE : status;
}

int bridge_in_end(struct bridge_in *in, bool *progressed)
{
    struct bridge_entry *entry = marker(in);

    if (in->phase == BRIDGE_IN_DRAINING) {
        if (in->ledger.first != in->ledger.put || !is_drained(in, entry))
            return BRIDGE_MORE;
        end_stream(in);
        in->phase = entry ? BRIDGE_IN_TELLING : BRIDGE_IN_CONFIRMED;
        in->keep_ns = 0;
        *progressed = true;
    }
    if (in->phase == BRIDGE_IN_TELLING && cli_clock_until(in->keep_ns, 1) == 0) {
        bridge_in_acknowledge_surely(in, entry);
        in->keep_ns = cli_clock_after(CLI_CLOCK_SECOND); /* then once more */
    }
    if (in->phase != BRIDGE_IN_CONFIRMED || bridge_in_is_missing(in))
        return BRIDGE_MORE;
    return over(in);
}
