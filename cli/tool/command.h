/* SPDX-License-Identifier: MIT */
/* What a command of streamx is given. */
#ifndef CLI_TOOL_COMMAND_H
#define CLI_TOOL_COMMAND_H

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

#endif /* CLI_TOOL_COMMAND_H */
