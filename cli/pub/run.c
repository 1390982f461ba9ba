/* SPDX-License-Identifier: MIT */
/*
 * Publishes the sources from beginning to end.
 *
 * The stream is closed only at the end of input, at --count or by --exit-when-alone. Every other
 * ending abandons it: data that was cut off must not pass for whole at the subscribers.
 */
#include "pub/run.h"

#include "common/clock.h"
#include "common/denied.h"
#include "common/exit_status.h"
#include "common/loop.h"
#include "common/report.h"
#include "common/signals.h"
#include "pub/feed.h"
#include "pub/lines.h"
#include "pub/send.h"
#include "pub/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int name_taken(const char *name)
{
    struct streamx_info info;

    if (streamx_inspect(name, &info, sizeof info) != 0)
        cli_report("%s: a live stream of that name exists", name);
    else if (info.state == STREAMX_STATE_DEAD)
        cli_report("%s: the stream to be continued is %s one", name,
                   info.flags & STREAMX_SHARED ? "a shared (--share)" : "an unshared");
    else
        cli_report("%s: a live stream of that name exists, published by process %u%s", name,
                   info.pid, info.flags & STREAMX_SHARED ? ", and shared (--share)" : "");
    return CLI_STATUS_CREATE;
}

static int create_failed(const struct cli_pub_options *options, int error)
{
    uint32_t flags = options->stream.flags;
    enum cli_denied_use use = !(flags & STREAMX_SHARED)  ? CLI_DENIED_REPLACE
                              : flags & STREAMX_ANY_USER ? CLI_DENIED_ENTER
                                                         : CLI_DENIED_ATTACH;
    const char *name = options->name;
    char reason[256];

    switch (error) {
    case -EEXIST:
        return name_taken(name);
    case -EUSERS:
        cli_report("%s: the stream has no place left for another publisher", name);
        return CLI_STATUS_CREATE;
    case -EMSGSIZE:
        cli_report("%s: the slots of the stream that is there are smaller than --max-size", name);
        return CLI_STATUS_CREATE;
    case -EPROTOTYPE:
        cli_report("%s: the stream that is there is one of typed messages", name);
        return CLI_STATUS_CREATE;
    case -EPERM:
        cli_denied_reason(reason, sizeof reason, name, use);
        cli_report("%s: the name is taken: %s", name, reason);
        return CLI_STATUS_PERMISSION;
    case -EACCES:
        cli_report("%s: cannot create the stream in %s: %s", name, streamx_directory(),
                   strerror(-error));
        return CLI_STATUS_PERMISSION;
    case -EOPNOTSUPP:
        cli_report("%s: the file system of %s cannot hold a stream; have STREAMX_DIR name a "
                   "directory on tmpfs, ext4 or xfs (in a container, a volume)",
                   name, streamx_directory());
        return CLI_STATUS_CREATE;
    case -EINVAL:
        return cli_report_usage("%s: the stream's name, size or mode is refused", name);
    default:
        cli_report("%s: cannot create the stream in %s: %s", name, streamx_directory(),
                   strerror(-error));
        return CLI_STATUS_CREATE;
    }
}

/*
 * Where one read ends and the next begins means nothing to anybody, so that nothing is gained from
 * handing over one by one what is read raw, or the lines of a file, which has them all from the
 * beginning: with a few slots the publisher reads while the subscribers write.
 */
#define SLOTS_AHEAD 4u

static void choose_slots(struct cli_pub *pub)
{
    bool raw = pub->options.common.framing.kind == CLI_FRAMING_RAW;

    if (pub->options.stream.slots == 0 &&
        (raw || (cli_lines_are_plain(pub) && cli_source_is_file(pub))))
        pub->options.stream.slots = SLOTS_AHEAD;
}

#define ADDRESSES ((uint64_t)64 << 30) /* at most, of a stream whose messages have no bound */

/* Slots that fit the sources. Where nobody can know how long a message will be: as long as can be,
 * of which memory is reserved for what is usual. */
static void choose_size(struct cli_pub *pub, uint32_t *least)
{
    struct streamx_options *stream = &pub->options.stream;
    uint64_t most = ADDRESSES / (stream->slots > 0 ? stream->slots : 1);

    *least = stream->slot_size;
    if (stream->slot_size > 0)
        return;
    *least = stream->slot_size = (uint32_t)cli_source_slot_size(pub);
    if (pub->options.common.framing.kind == CLI_FRAMING_RAW)
        most = CLI_PUB_RAW;
    else if (!cli_source_is_unbounded(pub))
        return;
    if (most <= *least)
        return;
    stream->reserve_size = CLI_PUB_RESERVE;
    stream->slot_size = most < STREAMX_SLOT_SIZE_MAX ? (uint32_t)most : STREAMX_SLOT_SIZE_MAX;
}

/* Half as long, after a failure that a limit on file sizes or on address space may be the cause of,
 * or a file system without sparse files. False: it is not, or `least` did not fit either. */
static bool lower_size(struct streamx_options *stream, int result, uint32_t least)
{
    if (stream->slot_size == least || (result != -EFBIG && result != -ENOMEM && result != -ENOSPC))
        return false;
    stream->slot_size = stream->slot_size / 2 > least ? stream->slot_size / 2 : least;
    if (stream->reserve_size >= stream->slot_size)
        stream->reserve_size = 0;
    return true;
}

/* The slots of a stream that was there already are what they are. True: they will do, since no size
 * was asked for. */
static bool fit(struct cli_pub_options *options)
{
    struct streamx_info info;

    if (options->slot_size_given || streamx_inspect(options->name, &info, sizeof info) != 0 ||
        info.slot_size >= options->stream.slot_size)
        return false;
    options->stream.slot_size = info.slot_size;
    if (options->stream.reserve_size > info.slot_size)
        options->stream.reserve_size = info.slot_size;
    return true;
}

static void take_size(struct cli_pub_options *options)
{
    struct streamx_info info;

    if (!(options->stream.flags & (STREAMX_SHARED | STREAMX_RESUME)) ||
        streamx_inspect(options->name, &info, sizeof info) != 0)
        return;
    options->stream.slots = info.slots;
    options->stream.slot_size = info.slot_size;
    if (options->stream.reserve_size > info.slot_size)
        options->stream.reserve_size = info.slot_size;
}

/* Makes the stream, or comes to one. A verdict. */
static int create(struct cli_pub *pub)
{
    struct cli_pub_options *options = &pub->options;
    uint32_t least;
    int result;

    choose_slots(pub);
    choose_size(pub, &least);
    do
        result = streamx_create(&pub->producer, options->name, &options->stream);
    while (lower_size(&options->stream, result, least) || (result == -EMSGSIZE && fit(options)));
    if (result != 0)
        return create_failed(options, result);
    take_size(options);
    pub->slot_size = options->stream.slot_size;
    pub->room = options->stream.reserve_size > 0 ? options->stream.reserve_size : pub->slot_size;
    pub->raw_size =
        options->common.framing.read_size > 0 ? options->common.framing.read_size : pub->room;
    cli_report_detail("%s: created with %u slots of %u bytes; waiting for %u subscribers",
                      options->name, options->stream.slots ? options->stream.slots : 1,
                      options->stream.slot_size, options->stream.min_consumers);
    return CLI_PUB_MORE;
}

static int feed_all(struct cli_pub *pub)
{
    int verdict = CLI_PUB_MORE;

    for (int i = 0; i < pub->source_count && verdict == CLI_PUB_MORE; i++)
        verdict = cli_feed(pub, pub->sources + i);
    return verdict == CLI_PUB_MORE ? CLI_PUB_END : verdict;
}

/* The exit status of a stream that ended in good order, by what became of its last messages. */
static int closed_status(const struct cli_pub *pub, int result)
{
    if (result == -ETIMEDOUT) {
        cli_report("%s: not everything was acknowledged within --timeout", pub->options.name);
        return CLI_STATUS_TIMEOUT;
    }
    if (result == -EPIPE) {
        if (!pub->may_leave)
            cli_report("%s: the last subscriber left before it had acknowledged everything",
                       pub->options.name);
        return CLI_STATUS_PEER;
    }
    return CLI_STATUS_DONE;
}

/*
 * Ends the stream once everything is acknowledged. With nothing published, the subscribers that
 * were to be waited for are waited for here, so that they see the end of this stream whichever side
 * was started first. The waiting is done before the close, because a close cannot be interrupted.
 */
static int close_stream(struct cli_pub *pub)
{
    unsigned events = pub->sent == 0 ? STREAMX_ROOM : STREAMX_DRAINED;
    int64_t deadline_ns = cli_clock_after(pub->options.timeout_ns);
    int waited = cli_loop_producer(pub->producer, events, deadline_ns), closed;

    if (waited < 0 && waited != -EPIPE && (waited != -ETIMEDOUT || pub->sent == 0))
        return cli_send_failed(pub, waited);
    closed = streamx_close(pub->producer, STREAMX_NOWAIT);
    pub->producer = NULL;
    /* who attaches after the drain, from the oldest message on, takes nothing back from it */
    return closed_status(pub, waited > 0 ? 0 : closed);
}

/*
 * Before a failure abandons a stream in which nothing was published: subscribers that have been
 * waiting for it, and are about to attach, should see it fail, instead of waiting for ever.
 */
static void let_them_see(struct cli_pub *pub)
{
    if (pub->producer && pub->sent == 0)
        cli_loop_producer(pub->producer, STREAMX_ROOM, cli_clock_after(CLI_CLOCK_SECOND));
}

/* On a terminal, after a moment of silence, once: who is waited for. */
static void hint(void *arg)
{
    struct cli_pub *pub = arg;
    const char *name = pub->options.name;
    struct streamx_info info;
    unsigned more;

    if (pub->hint_given || pub->progress.drawn || streamx_inspect(name, &info, sizeof info) != 0)
        return;
    more = cli_progress_lacking(&info);
    if (more == 0)
        return;
    pub->hint_given = true;
    if (info.published == 0)
        cli_report("%s: waiting for %u%s subscriber%s", name, more,
                   info.consumers > 0 ? " more" : "", more == 1 ? "" : "s");
    else
        cli_report("%s: waiting for a subscriber to take what is left", name);
}

int cli_pub_run(struct cli_pub *pub)
{
    int verdict;

    cli_progress_start(&pub->progress, pub->options.name, true, pub->options.progress);
    if (isatty(STDERR_FILENO))
        cli_loop_on_long_wait(hint, pub);
    verdict = cli_source_open_all(pub);
    if (verdict == CLI_PUB_MORE)
        verdict = create(pub);
    if (verdict == CLI_PUB_MORE && pub->on_created)
        verdict = pub->on_created(pub);
    if (verdict == CLI_PUB_MORE)
        verdict = feed_all(pub);
    if (verdict == CLI_PUB_END)
        verdict = close_stream(pub);
    if (verdict == CLI_STATUS_FAILED || verdict == CLI_STATUS_DATA ||
        verdict == CLI_STATUS_PERMISSION)
        let_them_see(pub);
    cli_progress_end(&pub->progress);
    cli_report_detail("%s: %llu messages, %llu bytes", pub->options.name,
                      (unsigned long long)pub->sent, (unsigned long long)pub->progress.bytes);
    streamx_abandon(pub->producer); /* unless it was closed */
    cli_source_close_all(pub);
    return verdict == CLI_STATUS_DONE && pub->tee_failed ? CLI_STATUS_FAILED : verdict;
}
