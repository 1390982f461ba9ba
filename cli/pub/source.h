/* SPDX-License-Identifier: MIT */
/* What there is to publish. */
#ifndef CLI_PUB_SOURCE_H
#define CLI_PUB_SOURCE_H

#include "pub/state.h"

#include <stdbool.h>
#include <stddef.h>

/* One text or file of the command line, or standard input. */
struct cli_source {
    const char *path; /* for messages */
    bool is_message;  /* all of it is one message; else it is split, or read raw */
    bool is_input;    /* standard input */
    bool is_loaded;   /* its bytes are in `data`; else they are read when their turn has come */
    char *data;       /* to be freed, but for a text */
    bool is_text;
    size_t len; /* known beforehand if it is a message */
};

/*
 * Lists the sources and finds out how long those are that are one message, reading them into memory
 * where that is the only way to know. A verdict.
 */
int cli_source_open_all(struct cli_pub *pub);
void cli_source_close_all(struct cli_pub *pub);

/* Opens the source's file, however long that takes. A verdict. */
int cli_source_open(struct cli_pub *pub, const struct cli_source *source, int *fd);

/* Says so if the source is to be typed. */
void cli_source_hint(const struct cli_pub *pub, const struct cli_source *source);

/* The slot size that fits every source. */
size_t cli_source_slot_size(const struct cli_pub *pub);

/* Is it standard input alone, and a file, which has all that it will have? */
bool cli_source_is_file(const struct cli_pub *pub);

/* Is there a source whose messages may be of any length? */
bool cli_source_is_unbounded(const struct cli_pub *pub);

#endif /* CLI_PUB_SOURCE_H */
