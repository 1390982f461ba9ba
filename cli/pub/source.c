/* SPDX-License-Identifier: MIT */
/*
 * What streamx-pub publishes: standard input, or each operand.
 *
 * A source that is one message must be known in length before the stream is made, because its slots
 * are sized by the longest. A regular file tells its length and is read later, straight into a
 * slot. Everything else (pipes, devices, files of /proc) is read into memory here.
 */
#include "pub/source.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/loop.h"
#include "common/report.h"
#include "common/signals.h"
#include "pub/send.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOAD_FIRST ((size_t)65536)

static size_t message_limit(const struct cli_pub *pub)
{
    return pub->options.slot_size_given ? pub->options.stream.slot_size : STREAMX_SLOT_SIZE_MAX;
}

static int too_long(const struct cli_pub *pub, const struct cli_source *source)
{
    cli_report("%s: %s is longer than the limit of %zu bytes%s", pub->options.name, source->path,
               message_limit(pub), pub->options.slot_size_given ? " (--max-size)" : "");
    return CLI_STATUS_DATA;
}

static int cannot_read(const struct cli_pub *pub, const struct cli_source *source, int error)
{
    cli_report("%s: %s: %s", pub->options.name, source->path, strerror(error));
    return error == EACCES || error == EPERM ? CLI_STATUS_PERMISSION : CLI_STATUS_FAILED;
}

void cli_source_hint(const struct cli_pub *pub, const struct cli_source *source)
{
    if (source->is_input && !source->is_loaded && isatty(STDIN_FILENO))
        cli_report("%s: publishing what is typed here; Ctrl-D ends it", pub->options.name);
}

/* Makes room for one more read; the limit plus one byte is enough to find out about too long. */
static bool grow(struct cli_source *source, size_t *capacity, size_t limit)
{
    size_t larger = *capacity == 0 ? LOAD_FIRST : *capacity * 2;
    char *data;

    if (source->len < *capacity)
        return true;
    if (larger > limit + 1)
        larger = limit + 1;
    data = realloc(source->data, larger);
    if (!data)
        return false;
    source->data = data;
    *capacity = larger;
    return true;
}

/* Reads all of it into memory. */
static int load(struct cli_pub *pub, struct cli_source *source, int fd)
{
    size_t capacity = 0, limit = message_limit(pub);

    cli_source_hint(pub, source);
    source->is_loaded = true;
    source->len = 0;
    for (;;) {
        int result = cli_loop_input(fd, NULL, CLI_CLOCK_NEVER);
        ssize_t got;

        if (result != 0)
            return cli_send_failed(pub, result);
        if (!grow(source, &capacity, limit))
            return cannot_read(pub, source, ENOMEM);
        got = read(fd, source->data + source->len, capacity - source->len);
        if (got == 0)
            return CLI_PUB_MORE;
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return cannot_read(pub, source, errno);
        if (got > 0)
            source->len += (size_t)got;
        if (source->len > limit)
            return too_long(pub, source);
    }
}

/* How much is still to be read, if that can be told; else 0. */
static size_t remaining(int fd, const struct stat *status)
{
    off_t at = lseek(fd, 0, SEEK_CUR);

    if (!S_ISREG(status->st_mode) || at < 0 || at >= status->st_size)
        return 0;
    return (size_t)(status->st_size - at);
}

static int measure(struct cli_pub *pub, struct cli_source *source, int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return cannot_read(pub, source, errno);
    source->len = remaining(fd, &status);
    if (source->len == 0)
        return load(pub, source, fd);
    return source->len > message_limit(pub) ? too_long(pub, source) : CLI_PUB_MORE;
}

int cli_source_open(struct cli_pub *pub, const struct cli_source *source, int *fd)
{
    while ((*fd = open(source->path, O_RDONLY | O_CLOEXEC)) < 0 && errno == EINTR) {
        cli_loop_tick(); /* a FIFO may be waited for, and signals come meanwhile */
        if (cli_signals_caught() != 0)
            return cli_send_failed(pub, -EINTR);
    }
    return *fd < 0 ? cannot_read(pub, source, errno) : CLI_PUB_MORE;
}

static int open_source(struct cli_pub *pub, struct cli_source *source)
{
    int fd = STDIN_FILENO, verdict = CLI_PUB_MORE;

    if (!source->is_message)
        return CLI_PUB_MORE;
    if (!source->is_input)
        verdict = cli_source_open(pub, source, &fd);
    if (verdict != CLI_PUB_MORE)
        return verdict;
    verdict = measure(pub, source, fd);
    if (!source->is_input)
        close(fd);
    return verdict;
}

static int open_text(struct cli_pub *pub, struct cli_source *source, const char *text)
{
    *source = (struct cli_source){.path = "a text of --message",
                                  .is_message = true,
                                  .is_loaded = true,
                                  .is_text = true,
                                  .data = (char *)text,
                                  .len = strlen(text)};
    return source->len > message_limit(pub) ? too_long(pub, source) : CLI_PUB_MORE;
}

static int open_file(struct cli_pub *pub, struct cli_source *source, const char *path)
{
    *source = (struct cli_source){.path = path, .is_message = true};
    if (strcmp(path, "-") == 0) {
        source->path = "standard input";
        source->is_input = true;
        source->is_message = pub->options.common.framing.kind == CLI_FRAMING_WHOLE;
    }
    return open_source(pub, source);
}

int cli_source_open_all(struct cli_pub *pub)
{
    const struct cli_pub_options *options = &pub->options;
    int given = options->text_count + options->file_count, verdict = CLI_PUB_MORE;

    pub->sources = calloc((size_t)given + 1, sizeof *pub->sources);
    if (!pub->sources) {
        cli_report("%s", strerror(ENOMEM));
        return CLI_STATUS_FAILED;
    }
    for (int i = 0; i < options->text_count && verdict == CLI_PUB_MORE; i++)
        verdict = open_text(pub, pub->sources + pub->source_count++, options->texts[i]);
    for (int i = 0; i < options->file_count && verdict == CLI_PUB_MORE; i++)
        verdict = open_file(pub, pub->sources + pub->source_count++, options->files[i]);
    if (given == 0)
        verdict = open_file(pub, pub->sources + pub->source_count++, "-");
    return verdict;
}

void cli_source_close_all(struct cli_pub *pub)
{
    for (int i = 0; pub->sources && i < pub->source_count; i++)
        if (!pub->sources[i].is_text)
            free(pub->sources[i].data);
    free(pub->sources);
    pub->sources = NULL;
}

size_t cli_source_slot_size(const struct cli_pub *pub)
{
    size_t largest = 0;
    bool split = false;

    for (int i = 0; i < pub->source_count; i++) {
        if (!pub->sources[i].is_message)
            split = true;
        else if (pub->sources[i].len > largest)
            largest = pub->sources[i].len;
    }
    if (split && largest < CLI_PUB_RESERVE)
        largest = CLI_PUB_RESERVE;
    return largest > 0 ? largest : 1;
}

bool cli_source_is_file(const struct cli_pub *pub)
{
    struct stat status;

    return pub->source_count == 1 && pub->sources->is_input && fstat(STDIN_FILENO, &status) == 0 &&
           S_ISREG(status.st_mode);
}

bool cli_source_is_unbounded(const struct cli_pub *pub)
{
    if (pub->options.common.framing.kind == CLI_FRAMING_RAW)
        return false;
    for (int i = 0; i < pub->source_count; i++)
        if (!pub->sources[i].is_message)
            return true;
    return false;
}
