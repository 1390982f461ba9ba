/* SPDX-License-Identifier: MIT */
/*
 * streamx-sub's main loop body: take what is at hand, write it, acknowledge it.
 *
 * Normally a message is acknowledged after it was written, and large ones are written from where
 * they lie in shared memory: what is not acknowledged is not overwritten. The exception is a stream
 * that evicts slow consumers, which may overwrite a message while it is copied. There everything is
 * copied, and a take that does not give -ESTALE follows the copying before anything is written. What
 * a tap takes is valid until its next take, and so is copied too.
 */
#include "sub/batch.h"

#include "common/clock.h"
#include "common/loop.h"
#include "common/signals.h"
#include "sub/json.h"

#include <errno.h>
#include <stdatomic.h>

static int64_t wait_deadline(const struct cli_sub *sub)
{
    int64_t idle_ns;

    if (sub->options.idle_timeout_ns < 0 ||
        __builtin_add_overflow(sub->idle_since_ns, sub->options.idle_timeout_ns, &idle_ns))
        return sub->run_deadline_ns;
    return idle_ns < sub->run_deadline_ns ? idle_ns : sub->run_deadline_ns;
}

/* The first message of a batch, waited for. */
static int first_message(struct cli_sub *sub, struct streamx_message *message)
{
    if (cli_signals_caught() != 0)
        return -EINTR;
    if (cli_clock_until(sub->run_deadline_ns, 1) == 0)
        return -ETIMEDOUT;
    if (sub->has_pending) {
        *message = sub->pending;
        sub->has_pending = false;
        return 1;
    }
    return cli_loop_take(sub->consumer, message, wait_deadline(sub));
}

/* Only a tap finds gaps. What came before its first message it did not ask for. */
static void count_missed(struct cli_sub *sub, uint64_t seq)
{
    if (sub->last_seq != 0)
        sub->missed += seq - sub->last_seq - 1;
    sub->last_seq = seq;
}

/* Adds a message to the output in the way that was asked for. */
static int add_message(struct cli_sub *sub, const struct streamx_message *message)
{
    const struct cli_sub_options *options = &sub->options;

    if (options->json)
        return cli_sub_json_write(&sub->output, options->name, message);
    if (!options->format)
        return cli_output_framed(&sub->output, &options->common.framing, message->data,
                                 message->len, message->gap);
    if (message->time_ns == 0 && cli_format_shows_time(options->format))
        return -ENODATA;
    return cli_format_write(options->format, &sub->output, options->name, message);
}

/* Fills the output. CLI_SUB_MORE, CLI_SUB_COUNT, or what ends the stream or the wait. */
static int gather(struct cli_sub *sub)
{
    bool is_run = !sub->options.json && !sub->options.format;
    struct streamx_message message;
    int got;

    if (sub->received == sub->options.count)
        return CLI_SUB_COUNT;
    got = first_message(sub, &message);
    if (got == 1)
        sub->first_seq = message.seq;
    while (got == 1) {
        int failed = 0;

        if (!is_run || !cli_output_run(&sub->output, &sub->options.common.framing, message.data,
                                       message.len, message.gap))
            failed = add_message(sub, &message);
        count_missed(sub, message.seq);
        if (failed)
            return failed;
        if (++sub->received == sub->options.count)
            return CLI_SUB_COUNT;
        if (sub->options.unbuffered || cli_output_is_full(&sub->output))
            return CLI_SUB_MORE;
        got = streamx_take(sub->consumer, &message, STREAMX_NOWAIT);
    }
    return got == -EAGAIN ? CLI_SUB_MORE : got;
}

/*
 * Whether what was copied is what was published. The fence keeps the loads of the copy before the
 * load by which take finds out about an eviction; it pairs with the producer's, which evicts before
 * it overwrites. A message that the take brings is kept for the next batch.
 */
static int verify(struct cli_sub *sub)
{
    int got;

    atomic_thread_fence(memory_order_acquire);
    got = streamx_take(sub->consumer, &sub->pending, STREAMX_NOWAIT);
    sub->has_pending = got == 1;
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

static int write_then_acknowledge(struct cli_sub *sub, int *output_error)
{
    unsigned written;
    int wrote = cli_output_write(&sub->output, sub->run_deadline_ns, &written), result = 0;

    if (written > 0)
        result = streamx_ack(sub->consumer, sub->first_seq + written - 1);
    if (wrote != 0)
        return write_failed(wrote, output_error);
    return result;
}

static int acknowledge_then_write(struct cli_sub *sub, int *output_error)
{
    unsigned written;
    int result = streamx_ack(sub->consumer, sub->first_seq + sub->output.message_count - 1);

    if (result == 0)
        result = cli_output_write(&sub->output, sub->run_deadline_ns, &written);
    else
        cli_output_clear(&sub->output);
    return result == 0 || result == -ESTALE ? result : write_failed(result, output_error);
}

int cli_sub_batch(struct cli_sub *sub, int *output_error)
{
    int ending = gather(sub), result;
    unsigned messages = sub->output.message_count;
    size_t bytes = sub->output.bytes;

    if (messages == 0)
        return ending;
    if (sub->options.idle_timeout_ns >= 0)
        sub->idle_since_ns = cli_clock_now();
    if (ending != -ESTALE && sub->verify && verify(sub) != 0)
        ending = -ESTALE;
    if (ending == -ESTALE || ending == -ENOMEM) { /* not intact, or not complete */
        cli_output_clear(&sub->output);
        return ending;
    }
    if (sub->options.acknowledge_first)
        result = acknowledge_then_write(sub, output_error);
    else
        result = write_then_acknowledge(sub, output_error);
    if (result != 0)
        return result;
    cli_progress_add(&sub->progress, messages, bytes);
    return ending;
}
