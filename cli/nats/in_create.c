/* SPDX-License-Identifier: MIT */
/* The stream that `in` puts into: made, or taken up where an earlier bridge has died. */
#include "nats/in_create.h"

#include "common/exit_status.h"
#include "common/report.h"
#include "nats/in_outcome.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define LONGEST (64u << 20) /* joined from parts; that much is there only when it is needed ... */
#define RESERVED BRIDGE_BATCH_BYTES /* ... but for this */

static int create_failed(const struct bridge_in *in, int error)
{
    const char *name = in->bridge.options->name;

    switch (error) {
    case -EEXIST:
        cli_report("%s: a live stream of that name exists, or a dead one of another kind", name);
        return CLI_STATUS_CREATE;
    case -EMSGSIZE:
        cli_report(
            "%s: the stream of that name that was left has shorter slots; streamx rm removes "
            "it",
            name);
        return CLI_STATUS_CREATE;
    case -EPROTOTYPE:
        cli_report("%s: the stream of that name is none of a bridge", name);
        return CLI_STATUS_CREATE;
    case -EPERM:
    case -EACCES:
        cli_report("%s: not permitted to make the stream in %s", name, streamx_directory());
        return CLI_STATUS_PERMISSION;
    default:
        cli_report("%s: cannot create the stream in %s: %s", name, streamx_directory(),
                   strerror(-error));
        return CLI_STATUS_CREATE;
    }
}

/* What an earlier bridge had put is in the stream, and told by it. */
static void take_up(struct bridge_in *in, const struct streamx_info *info)
{
    in->created_ns = info->created_ns;
    in->slot_size = info->slot_size;
    in->resumed = info->published > 0;
    in->put_seq = in->resumed_at = info->published;
    in->put_through = info->last_stamp;
    if (in->resumed)
        cli_report_detail("%s: taken up after message %" PRIu64 ", JetStream's %" PRIu64,
                          in->bridge.options->name, in->put_seq, in->put_through);
}

static int create(struct bridge_in *in)
{
    struct streamx_options options = in->bridge.options->stream;

    options.slot_size = in->slot_size;
    if (in->bridge.options->stream.slot_size == 0 && in->slot_size > RESERVED)
        options.reserve_size = RESERVED;
    options.flags = STREAMX_RESUME | STREAMX_STAMPS;
    return streamx_create(&in->producer, in->bridge.options->name, &options);
}

/*
 * The stamps are of a JetStream stream that is no more: the consumer has never handed out so much,
 * and the stream does not even have it. Then the old stream is replaced.
 */
static bool is_of_another(const struct bridge_in *in)
{
    const struct bridge_jetstream_facts *facts = &in->bridge.link.facts;

    return in->put_through > facts->delivered && in->put_through > facts->last_seq;
}

/* What is left under the name is none of ours: it is replaced, as by any publisher, if it is
 * dead. */
static int create_anew(struct bridge_in *in)
{
    streamx_remove(in->bridge.options->name, 0);
    return create(in);
}

static int create_and_look(struct bridge_in *in, int (*how)(struct bridge_in *in))
{
    struct streamx_info info;
    int result = how(in);

    in->put_seq = in->resumed_at = in->put_through = in->acknowledged = 0;
    if (result == 0 && streamx_inspect(in->bridge.options->name, &info, sizeof info) == 0)
        take_up(in, &info);
    return result;
}

/* Takes up what is there, or makes the stream. */
static int reach(struct bridge_in *in)
{
    int result = create_and_look(in, create);

    return result == -EPROTOTYPE ? create_and_look(in, create_anew) : result;
}

int bridge_in_create(struct bridge_in *in)
{
    uint32_t asked = in->bridge.options->stream.slot_size;
    int result;

    in->slot_size = asked > 0 ? asked : LONGEST;
    result = reach(in);
    if (asked == 0 && (result == -EFBIG || result == -ENOSPC || result == -EMSGSIZE)) {
        in->slot_size = (uint32_t)in->bridge.link.facts.max_payload;
        result = reach(in);
    }
    if (result == 0 && is_of_another(in)) {
        cli_report("%s: what was left of it came from another JetStream stream; replaced",
                   in->bridge.options->name);
        streamx_abandon(in->producer);
        in->producer = NULL;
        result = create_and_look(in, create_anew);
    }
    return result == 0 ? BRIDGE_MORE : create_failed(in, result);
}
