/* SPDX-License-Identifier: MIT */
/* Lines, or whatever else ends with a delimiter, published where read(2) put them. */
#ifndef CLI_PUB_LINES_H
#define CLI_PUB_LINES_H

#include "common/splitter.h"
#include "pub/source.h"

struct cli_lines {
    uint32_t *ends; /* of the messages in a slot */
    size_t room;    /* of a slot that is used: */
    size_t base;    /* what is always there, */
    size_t most;    /* up to that where the input comes fast and there is memory */
    size_t want;    /* bytes to read into one, so that the ends have room too */
};

/* Are the options such that this way may be taken? */
bool cli_lines_are_plain(const struct cli_pub *pub);

/* -ENOMEM, or 0. */
int cli_lines_open(struct cli_lines *lines, const struct cli_pub *pub);
void cli_lines_close(struct cli_lines *lines);

/*
 * Reads standard input, behind what the splitter holds of an unfinished message, into the next slot
 * if one is free, and publishes what is complete by then; the splitter gets the rest. `*done` is
 * false if this input needs more care: then nothing was read. A verdict.
 */
int cli_lines_read(struct cli_lines *lines, struct cli_pub *pub, const struct cli_source *source,
                   struct cli_splitter *splitter, bool *done);

#endif /* CLI_PUB_LINES_H */
