/* SPDX-License-Identifier: MIT */
/*
 * A reader stays in the list when its stream has ended: one that was found by a pattern may come
 * again under its name, and until then the old one must not be taken for new.
 */
#include "sub/names.h"

#include "common/watch.h"
#include "sub/reader.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int add(struct cli_sub *sub, const char *name, bool is_match)
{
    struct cli_reader **grown =
        reallocarray(sub->readers, sub->reader_count + 1, sizeof *sub->readers);
    struct cli_reader *reader;

    if (!grown)
        return -ENOMEM;
    sub->readers = grown;
    reader = cli_reader_new(sub, name, is_match);
    if (!reader)
        return -ENOMEM;
    sub->readers[sub->reader_count++] = reader;
    return 0;
}

static struct cli_reader *find(const struct cli_sub *sub, const char *name)
{
    for (size_t i = 0; i < sub->reader_count; i++)
        if (strcmp(sub->readers[i]->name, name) == 0)
            return sub->readers[i];
    return NULL;
}

static bool matches(const struct cli_sub_options *options, const char *name)
{
    for (int i = 0; i < options->pattern_count; i++)
        if (fnmatch(options->patterns[i], name, 0) == 0)
            return true;
    return false;
}

/* Whether the name leads to another stream than the one that has ended. */
static bool is_new(const struct cli_reader *reader)
{
    struct streamx_info info;

    return streamx_inspect(reader->name, &info, sizeof info) == 0 &&
           info.created_ns != reader->created_ns;
}

/* A stream of that name is there, or has come. */
static int meet(const char *name, void *arg)
{
    struct cli_sub *sub = arg;
    struct cli_reader *reader = find(sub, name);

    if (!reader)
        return strlen(name) <= STREAMX_NAME_MAX && matches(&sub->options, name)
                   ? add(sub, name, true)
                   : 0;
    if (reader->state == CLI_READER_ENDED && reader->is_match && is_new(reader))
        reader->state = CLI_READER_ABSENT;
    if (reader->state == CLI_READER_ABSENT)
        reader->look_ns = 0;
    return 0;
}

static void come(const char *name, void *arg)
{
    if (name)
        meet(name, arg);
    else
        streamx_list(meet, arg);
}

int cli_names_open(struct cli_sub *sub)
{
    const struct cli_sub_options *options = &sub->options;
    int failed = 0;

    sub->watch_fd = options->no_wait && options->pattern_count == 0 ? -1 : cli_watch_open();
    for (int i = 0; i < options->name_count && !failed; i++)
        failed = add(sub, options->names[i], false);
    if (!failed && options->pattern_count > 0)
        failed = streamx_list(meet, sub);
    return failed == -ENOMEM ? failed : 0; /* a directory that is not there is told later */
}

void cli_names_close(struct cli_sub *sub)
{
    for (size_t i = 0; i < sub->reader_count; i++)
        cli_reader_free(sub->readers[i]);
    free(sub->readers);
    if (sub->watch_fd >= 0)
        close(sub->watch_fd);
}

void cli_names_update(struct cli_sub *sub)
{
    if (sub->watch_fd >= 0)
        cli_watch_read(sub->watch_fd, come, sub);
    else if (sub->options.pattern_count > 0)
        streamx_list(meet, sub);
}

static void append(char *text, size_t size, const char *word)
{
    size_t used = strlen(text);

    snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "", word);
}

void cli_names_title(char *text, size_t size, const struct cli_sub_options *options)
{
    text[0] = '\0';
    for (int i = 0; i < options->name_count; i++)
        append(text, size, options->names[i]);
    for (int i = 0; i < options->pattern_count; i++)
        append(text, size, options->patterns[i]);
}
