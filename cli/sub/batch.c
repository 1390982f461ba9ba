/* SPDX-License-Identifier: MIT */
/*
 * One turn of a stream: take what is at hand, write it, acknowledge it.
 *
 * Normally a message is acknowledged after it was written, and large ones are written from where
 * they lie in shared memory: what is not acknowledged is not overwritten. The exception is a stream
 * that evicts slow consumers, which may overwrite a message while it is copied. There everything is
 * copied, and a take that does not give -ESTALE follows the copying before anything is written.
 * What a tap takes is valid until its next take, and so is copied too.
 */
#include "sub/batch.h"

#include "common/clock.h"
#include "common/loop.h"
#include "common/report.h"
#include "common/signals.h"
#include "sub/json.h"

#include <errno.h>
#include <stdatomic.h>

/* The first message of a batch. */
static int first_message(struct cli_sub *sub, struct cli_reader *reader, bool waits,
                         struct streamx_message *message)
{
    if (cli_signals_caught() != 0)
        return -EINTR;
    if (cli_clock_until(sub->run_deadline_ns, 1) == 0)
        return -ETIMEDOUT;
    if (reader->has_pending) {
        *message = reader->pending;
        reader->has_pending = false;
        return 1;
    }
    if (!waits)
        return streamx_take(reader->consumer, message, STREAMX_NOWAIT);
    return cli_loop_take(reader->consumer, message, cli_sub_deadline(sub));
}

/* One that has been waiting for the stream is told what others had of it before it came. */
static void begin(const struct cli_sub *sub, struct cli_reader *reader, uint64_t first_seq)
{
    uint32_t start = sub->options.stream.start;
    bool all = start == STREAMX_START_NEXT || start == STREAMX_START_OLDEST;
    unsigned long long missed = first_seq - 1;

    reader->has_begun = true;
    if (!reader->was_absent || !all || sub->options.tap || missed == 0)
        return;
    if (sub->options.follow)
        cli_report("%s: the first %llu messages of the stream went to others before this one came",
                   reader->name, missed);
    else
        cli_report_detail("%s: the first %llu messages went to others before this one came",
                          reader->name, missed);
}

/* Only a tap finds gaps. What came before its first message it did not ask for. */
static void count_missed(struct cli_sub *sub, struct cli_reader *reader, uint64_t seq,
                         unsigned count)
{
    if (reader->last_seq != 0)
        sub->missed += seq - reader->last_seq - 1;
    reader->last_seq = seq + count - 1;
}

/* Adds a message to the output in the way that was asked for. */
static int add_message(struct cli_sub *sub, const struct cli_reader *reader,
                       const struct streamx_message *message)
{
    const struct cli_sub_options *options = &sub->options;

    if (options->json)
        return cli_sub_json_write(&sub->output, reader->name, message);
    if (!options->format)
        return cli_output_framed(&sub->output, &options->common.framing, message->data,
                                 message->len, message->gap);
    if (message->time_ns == 0 && cli_format_shows_time(options->format))
        return -ENODATA;
    return cli_format_write(options->format, &sub->output, reader->shown, message);
}

/* One of those that were taken together, and is no run with those before it. The last of all may be
 * written from where it lies, as if it had come alone; the others are copied, so that their number
 * makes no difference. */
static int add_part(struct cli_sub *sub, const struct cli_reader *reader,
                    const struct streamx_message *message, bool is_last)
{
    enum cli_output_place place = sub->output.place;
    int failed;

    if (!is_last)
        sub->output.place = CLI_OUTPUT_COPY;
    failed = add_message(sub, reader, message);
    sub->output.place = place;
    return failed;
}

/* Those behind the first. */
static int add_parts(struct cli_sub *sub, const struct cli_reader *reader,
                     const struct streamx_parts *parts)
{
    unsigned done = cli_output_parts(&sub->output, &sub->options.common.framing, parts);
    const char *base = parts->base, *begin = (const char *)parts->first.data + parts->first.len;
    size_t start = (size_t)(begin - base) + parts->gap;
    int failed = 0;

    if (done > 0)
        start = (size_t)(sub->output.run_end - base);
    for (; done + 1 < parts->count && !failed; done++) {
        /* Read once: the producer may be a stranger. */
        size_t end = __atomic_load_n(parts->ends + done, __ATOMIC_RELAXED);
        bool is_last = done + 2 == parts->count;
        struct streamx_message message = {.data = base + start,
                                          .len = end - start,
                                          .seq = parts->first.seq + done + 1,
                                          .time_ns = parts->first.time_ns,
                                          .gap = is_last ? 0 : parts->gap};

        if (end < start || end > parts->bytes)
            return -EPROTO;
        failed = add_part(sub, reader, &message, is_last);
        start = end + parts->gap;
    }
    return failed;
}

/* How many messages may be taken together: where those before made a run, what is published with
 * them does too. */
static unsigned most_parts(const struct cli_sub *sub, bool is_run)
{
    uint64_t left = sub->options.count - sub->received;
    unsigned room = cli_output_room(&sub->output);

    return is_run && room > 1 ? (left < room ? (unsigned)left : room) : 1;
}

/* Fills the output. CLI_SUB_MORE, CLI_SUB_NOTHING, CLI_SUB_COUNT, or what ends the stream or the
 * wait. */
static int gather(struct cli_sub *sub, struct cli_reader *reader, bool waits)
{
    bool is_plain = !sub->options.json && !sub->options.format;
    struct streamx_parts parts = {.count = 1};
    const struct streamx_message *message = &parts.first;
    int got;

    if (sub->received == sub->options.count)
        return CLI_SUB_COUNT;
    got = first_message(sub, reader, waits, &parts.first);
    if (got == -EAGAIN)
        return CLI_SUB_NOTHING;
    if (got == 1)
        reader->first_seq = message->seq;
    if (got == 1 && !reader->has_begun)
        begin(sub, reader, message->seq);
    while (got == 1) {
        bool is_run = is_plain && cli_output_run(&sub->output, &sub->options.common.framing,
                                                 message->data, message->len, message->gap);
        int failed = is_run ? 0 : add_message(sub, reader, message);

        if (!failed && parts.count > 1)
            failed = add_parts(sub, reader, &parts);
        count_missed(sub, reader, message->seq, parts.count);
        if (failed)
            return failed;
        reader->received += parts.count;
        sub->received += parts.count;
        if (sub->received == sub->options.count)
            return CLI_SUB_COUNT;
        if (sub->options.unbuffered || cli_output_is_full(&sub->output))
            return CLI_SUB_MORE;
        got = streamx_take_parts(reader->consumer, &parts, most_parts(sub, is_run), STREAMX_NOWAIT);
    }
    return got == -EAGAIN ? CLI_SUB_MORE : got;
}

/*
 * Whether what was copied is what was published. The fence keeps the loads of the copy before the
 * load by which take finds out about an eviction; it pairs with the producer's, which evicts before
 * it overwrites. A message that the take brings is kept for the next batch.
 */
static int verify(struct cli_reader *reader)
{
    int got;

    atomic_thread_fence(memory_order_acquire);
    got = streamx_take(reader->consumer, &reader->pending, STREAMX_NOWAIT);
    reader->has_pending = got == 1;
    return got == -ESTALE ? got : 0;
}

/* Why a write was given up. */
static int write_failed(int result, int *output_error)
{
    if (result == -EINTR)
        return cli_signals_caught() != 0 ? -EINTR : -ETIMEDOUT;
    if (result == -EPIPE)
        return -EPIPE;
    *output_error = -result;
    return CLI_SUB_OUTPUT;
}

static int write_then_acknowledge(struct cli_sub *sub, struct cli_reader *reader, int *output_error)
{
    unsigned written;
    int wrote = cli_output_write(&sub->output, sub->run_deadline_ns, &written), result = 0;

    if (written > 0)
        result = streamx_ack(reader->consumer, reader->first_seq + written - 1);
    if (wrote != 0)
        return write_failed(wrote, output_error);
    return result;
}

static int acknowledge_then_write(struct cli_sub *sub, struct cli_reader *reader, int *output_error)
{
    unsigned written;
    int result = streamx_ack(reader->consumer, reader->first_seq + sub->output.message_count - 1);

    if (result == 0)
        result = cli_output_write(&sub->output, sub->run_deadline_ns, &written);
    else
        cli_output_clear(&sub->output);
    return result == 0 || result == -ESTALE ? result : write_failed(result, output_error);
}

int cli_sub_batch(struct cli_sub *sub, struct cli_reader *reader, bool waits, int *output_error)
{
    bool copies = reader->verify || sub->options.tap || sub->options.acknowledge_first;
    int ending, result;
    unsigned messages;
    size_t bytes;

    sub->output.place = copies ? CLI_OUTPUT_COPY : CLI_OUTPUT_REFER;
    ending = gather(sub, reader, waits);
    messages = sub->output.message_count;
    bytes = sub->output.bytes;
    if (messages == 0)
        return ending;
    if (ending != -ESTALE && reader->verify && verify(reader) != 0)
        ending = -ESTALE;
    if (ending == -ESTALE || ending == -ENOMEM) { /* not intact, or not complete */
        cli_output_clear(&sub->output);
        return ending;
    }
    if (sub->options.acknowledge_first)
        result = acknowledge_then_write(sub, reader, output_error);
    else
        result = write_then_acknowledge(sub, reader, output_error);
    if (result != 0)
        return result;
    /* how long the output took is not the stream's idleness */
    sub->idle_deadline_ns = cli_clock_after(sub->options.idle_timeout_ns);
    cli_progress_add(&sub->progress, messages, bytes);
    return ending;
}
