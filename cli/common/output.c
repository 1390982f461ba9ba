/* SPDX-License-Identifier: MIT */
/*
 * Gathers messages and writes them.
 *
 * Small messages are copied into one buffer, together with their delimiters: copying 100 bytes is
 * cheaper than telling the kernel where they are. Large ones are referred to where they lie. A
 * piece in the buffer is known by its offset, because the buffer may move as it grows.
 */
#include "common/output.h"

#include "common/clock.h"
#include "common/loop.h"
#include "common/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)262144)
#define FULL_BYTES ((size_t)262144) /* no more is gathered before it is written */
#define REFER_LEAST ((size_t)16384) /* shorter ones are copied */
#define PIECES_MAX 512u
#define PIECES_PER_MESSAGE 3u /* at most: before, the payload, after */
#define MESSAGES_MAX 16384u

struct cli_output_piece {
    const void *data; /* NULL: in the buffer, at the offset */
    size_t offset;
    size_t len;
};

int cli_output_open(struct cli_output *output, int fd, enum cli_output_place place)
{
    struct stat status;

    *output = (struct cli_output){.place = place, .fd = fd, .capacity = BUFFER_BYTES};
    output->is_pipe = fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
    output->buffer = malloc(output->capacity);
    output->pieces = calloc(PIECES_MAX, sizeof *output->pieces);
    output->message_ends = calloc(MESSAGES_MAX, sizeof *output->message_ends);
    if (output->buffer && output->pieces && output->message_ends)
        return 0;
    cli_output_close(output);
    return -ENOMEM;
}

void cli_output_close(struct cli_output *output)
{
    free(output->message_ends);
    free(output->pieces);
    free(output->buffer);
    *output = (struct cli_output){.fd = -1};
}

void cli_output_clear(struct cli_output *output)
{
    output->used = 0;
    output->bytes = 0;
    output->piece_count = 0;
    output->message_count = 0;
    output->run_end = NULL;
}

/* The last piece is as long as its run has become. */
static void end_run(struct cli_output *output)
{
    struct cli_output_piece *last = output->pieces + output->piece_count - 1;

    if (output->run_end)
        last->len = (size_t)(output->run_end - (const char *)last->data);
    output->run_end = NULL;
}

static int grow(struct cli_output *output, size_t len)
{
    size_t capacity = output->capacity;
    char *larger;

    while (capacity - output->used < len)
        if (__builtin_mul_overflow(capacity, 2, &capacity))
            return -ENOMEM;
    larger = realloc(output->buffer, capacity);
    if (!larger)
        return -ENOMEM;
    output->buffer = larger;
    output->capacity = capacity;
    return 0;
}

int cli_output_copy(struct cli_output *output, const void *data, size_t len)
{
    struct cli_output_piece *last = output->pieces + output->piece_count - 1;

    if (len == 0)
        return 0;
    end_run(output);
    if (output->capacity - output->used < len && grow(output, len) != 0)
        return -ENOMEM;
    memcpy(output->buffer + output->used, data, len);
    if (output->piece_count > 0 && !last->data)
        last->len += len; /* only the last piece can end where the buffer's used part does */
    else
        output->pieces[output->piece_count++] =
            (struct cli_output_piece){.offset = output->used, .len = len};
    output->used += len;
    output->bytes += len;
    return 0;
}

int cli_output_add(struct cli_output *output, const void *data, size_t len)
{
    if (output->place == CLI_OUTPUT_COPY || len < REFER_LEAST)
        return cli_output_copy(output, data, len);
    end_run(output);
    output->pieces[output->piece_count++] = (struct cli_output_piece){.data = data, .len = len};
    output->bytes += len;
    return 0;
}

void cli_output_end_message(struct cli_output *output)
{
    output->message_ends[output->message_count++] = output->bytes;
}

static int add_prefix(struct cli_output *output, size_t len)
{
    const unsigned char prefix[CLI_FRAMING_PREFIX_BYTES] = {
        (unsigned char)(len >> 24), (unsigned char)(len >> 16), (unsigned char)(len >> 8),
        (unsigned char)len};

    return cli_output_copy(output, prefix, sizeof prefix);
}

/* Refers to the message, if it can be written with what lies beside it: it goes on where the last
 * one ended, or its delimiter is behind it, or both. True: it was added, but for a delimiter that
 * is not there. */
static bool add_in_place(struct cli_output *output, const struct cli_framing *framing,
                         const char *data, size_t len, bool delimited)
{
    size_t bytes = len + (delimited ? framing->delimiter_len : 0);

    if (output->run_end != data || !data) {
        if (!delimited)
            return false;
        end_run(output);
        output->pieces[output->piece_count++] = (struct cli_output_piece){.data = data};
    }
    output->run_end = data + bytes;
    output->bytes += bytes;
    return true;
}

/* Is its delimiter behind the message? */
static bool is_delimited(const struct cli_framing *framing, const char *end, size_t gap)
{
    return gap > 0 && gap == framing->delimiter_len && *end == framing->delimiter[0] &&
           (gap == 1 || memcmp(end, framing->delimiter, gap) == 0);
}

int cli_output_framed(struct cli_output *output, const struct cli_framing *framing,
                      const void *data, size_t len, size_t gap)
{
    bool delimited = is_delimited(framing, (const char *)data + len, gap), added = false;

    if (framing->kind == CLI_FRAMING_LENGTH && add_prefix(output, len) != 0)
        return -ENOMEM;
    if (output->place == CLI_OUTPUT_REFER)
        added = add_in_place(output, framing, data, len, delimited);
    if (!added && cli_output_add(output, data, len) != 0)
        return -ENOMEM;
    if (!(added && delimited) &&
        cli_output_copy(output, framing->delimiter, framing->delimiter_len) != 0)
        return -ENOMEM;
    cli_output_end_message(output);
    return 0;
}

unsigned cli_output_parts(struct cli_output *output, const struct cli_framing *framing,
                          const struct streamx_parts *parts)
{
    const struct streamx_message *first = &parts->first;
    const char *base = parts->base;
    size_t start = (size_t)((const char *)first->data - base) + first->len + parts->gap;
    size_t added = output->message_count, bytes = output->bytes;
    char delimiter = framing->delimiter[0];
    /* To look at each would be to fetch most of the messages from the publisher's processor. */
    bool is_known = parts->filler == 1u + (unsigned char)delimiter;
    unsigned done = 0;

    if (parts->gap != 1 || framing->delimiter_len != 1 || output->run_end != base + start)
        return 0;
    for (; done + 2 < parts->count; done++) {
        /* Read once: the producer may be a stranger. */
        size_t end = __atomic_load_n(parts->ends + done, __ATOMIC_RELAXED);

        if (end < start || end >= parts->bytes || (!is_known && base[end] != delimiter))
            break;
        bytes += end + 1 - start;
        output->message_ends[added++] = bytes;
        start = end + 1;
    }
    output->run_end = base + start;
    output->bytes = bytes;
    output->message_count = (unsigned)added;
    return done;
}

unsigned cli_output_room(const struct cli_output *output)
{
    return MESSAGES_MAX - output->message_count;
}

bool cli_output_is_full(const struct cli_output *output)
{
    return output->bytes >= FULL_BYTES || output->message_count == MESSAGES_MAX ||
           output->piece_count > PIECES_MAX - PIECES_PER_MESSAGE;
}

/* After a failed write: 0 if it is to be taken up again, else what to give up with. */
static int give_up(int fd, int error, int64_t deadline_ns)
{
    struct pollfd polled = {.fd = fd, .events = POLLOUT};

    if (error != EINTR && error != EAGAIN)
        return -error;
    cli_loop_tick();
    if (cli_signals_impatient() || cli_clock_until(deadline_ns, 1) == 0)
        return -EINTR;
    if (error == EAGAIN) /* somebody made it non-blocking; interrupted like the write */
        poll(&polled, 1, (int)(cli_clock_until(deadline_ns, CLI_CLOCK_SECOND) / 1000000) + 1);
    return 0;
}

/* The pieces as the kernel wants them, without the first `skip` bytes. */
static int gather(const struct cli_output *output, size_t skip, struct iovec *vector)
{
    int count = 0;

    for (unsigned i = 0; i < output->piece_count; i++) {
        const struct cli_output_piece *piece = output->pieces + i;
        const char *data = piece->data ? piece->data : output->buffer + piece->offset;

        if (skip >= piece->len) {
            skip -= piece->len;
            continue;
        }
        vector[count++] =
            (struct iovec){.iov_base = (void *)(data + skip), .iov_len = piece->len - skip};
        skip = 0;
    }
    return count;
}

static unsigned messages_within(const struct cli_output *output, size_t bytes)
{
    unsigned count = output->message_count;

    while (count > 0 && output->message_ends[count - 1] > bytes)
        count--;
    return count;
}

/*
 * A pipe takes up to PIPE_BUF bytes in one piece, and of more whatever has room, with what others
 * write in between. So writers take turns, by a lock that the kernel drops when its holder dies. It
 * is a record lock, because those are a process's own also where all have the descriptor from one
 * shell. Whoever does not know of it is not kept out.
 */
static int take_turn(const struct cli_output *output, short type, int64_t deadline_ns)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_len = 1};
    int result = 0;

    if (!output->is_pipe)
        return 0;
    while (result == 0 && fcntl(output->fd, F_SETLKW, &lock) != 0) {
        if (errno != EINTR)
            return 0; /* no locks here: as well as it goes */
        result = give_up(output->fd, EINTR, deadline_ns);
    }
    return result;
}

int cli_output_write(struct cli_output *output, int64_t deadline_ns, unsigned *written)
{
    struct iovec vector[PIECES_MAX];
    size_t done = 0;
    int result = take_turn(output, F_WRLCK, deadline_ns);

    end_run(output);
    while (done < output->bytes && result == 0) {
        ssize_t wrote = writev(output->fd, vector, gather(output, done, vector));

        if (wrote >= 0)
            done += (size_t)wrote;
        else
            result = give_up(output->fd, errno, deadline_ns);
    }
    take_turn(output, F_UNLCK, deadline_ns);
    *written = messages_within(output, done);
    cli_output_clear(output);
    return result;
}

int cli_output_plain(int fd, const void *data, size_t len, int64_t deadline_ns)
{
    const char *at = data;

    while (len > 0) {
        ssize_t wrote = write(fd, at, len);
        int result = wrote < 0 ? give_up(fd, errno, deadline_ns) : 0;

        if (result != 0)
            return result;
        if (wrote > 0) {
            at += wrote;
            len -= (size_t)wrote;
        }
    }
    return 0;
}
