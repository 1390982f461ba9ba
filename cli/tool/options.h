/* SPDX-License-Identifier: MIT */
/* streamx's command line. */
#ifndef CLI_TOOL_OPTIONS_H
#define CLI_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct cli_tool_options {
    int (*command)(const struct cli_tool_options *options); /* returns the exit status */
    char **names;
    int name_count;
    int64_t interval_ns; /* between two looks; 0 = one look, no rates */
    uint64_t count;      /* top: so many updates; 0 = no end */
    bool json;
    bool names_only; /* list */
    bool force;      /* rm, gc */
};

/* CLI_OPTIONS_GO_ON, or the exit status to end with. */
int cli_tool_options_parse(struct cli_tool_options *options, int argc, char **argv);

#endif /* CLI_TOOL_OPTIONS_H */
