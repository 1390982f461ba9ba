/* SPDX-License-Identifier: MIT */
/*
 * Back to the server: what everybody has acknowledged in the stream is acknowledged to it, and of
 * what takes longer it is told that we are still at it, so that it does not hand it out again.
 */
#include "nats/in_ack.h"

#include "common/clock.h"

#include <stdio.h>
#include <string.h>

#define LOOK_NS (2 * CLI_CLOCK_MILLISECOND) /* at the stream, at most that often */
#define CONFIRMATION ".ack"                 /* of the inbox */
#define KEEP_PER_WAIT 3                     /* times within the time for acknowledgments */

/* How far everybody has come. Drained says it of all; in between the stream tells. */
static void look(struct bridge_in *in)
{
    struct streamx_info info;

    if (in->acknowledged == in->put_seq)
        return;
    if (streamx_wait(in->producer, STREAMX_DRAINED, STREAMX_NOWAIT) > 0) {
        in->acknowledged = in->put_seq;
        return;
    }
    if (cli_clock_now() - in->looked_ns < LOOK_NS)
        return;
    in->looked_ns = cli_clock_now();
    if (streamx_inspect(in->bridge.options->name, &info, sizeof info) == 0 &&
        info.created_ns == in->created_ns) /* and not one that has taken the name from it */
        in->acknowledged = info.acknowledged_by_all;
}

void bridge_in_acknowledge(struct bridge_in *in, bool *progressed)
{
    struct bridge_entry *done;

    if (in->ledger.first == in->ledger.put)
        return;
    if (in->producer)
        look(in);
    while ((done = bridge_ledger_done(&in->ledger, in->acknowledged)) != NULL) {
        if (natsConnection_PublishString(in->bridge.link.nc, done->reply, "+ACK") != NATS_OK)
            return; /* the mailbox will tell why */
        in->told_through = done->js_seq;
        in->bridge.link.unsent = true;
        bridge_ledger_forget(&in->ledger);
        *progressed = true;
    }
}

void bridge_in_keep(struct bridge_in *in)
{
    if (cli_clock_until(in->keep_ns, 1) > 0)
        return;
    in->keep_ns = cli_clock_after(in->bridge.options->jetstream.ack_wait_ns / KEEP_PER_WAIT);
    for (size_t i = in->ledger.first; i < in->ledger.end; i++)
        natsConnection_PublishString(in->bridge.link.nc, in->ledger.entries[i].reply, "+WPI");
    in->bridge.link.unsent = true;
}

void bridge_in_acknowledge_surely(struct bridge_in *in, const struct bridge_entry *entry)
{
    char reply[sizeof in->bridge.link.inbox + sizeof CONFIRMATION];

    snprintf(reply, sizeof reply, "%s" CONFIRMATION, in->bridge.link.inbox);
    natsConnection_PublishRequestString(in->bridge.link.nc, entry->reply, reply, "+ACK");
    in->bridge.link.unsent = true;
}

bool bridge_in_is_confirmation(const natsMsg *msg)
{
    const char *subject = natsMsg_GetSubject(msg);
    size_t len = strlen(subject), tail = sizeof CONFIRMATION - 1;

    return len > tail && strcmp(subject + len - tail, CONFIRMATION) == 0;
}
