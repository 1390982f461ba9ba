/* SPDX-License-Identifier: MIT */
/* fan's command line, which is made into one for the publisher and one for the subscribers. */
#ifndef CLI_TOOL_FAN_OPTIONS_H
#define CLI_TOOL_FAN_OPTIONS_H

#include <stdbool.h>
#include <streamx.h>

struct cli_fan_options {
    char name[STREAMX_NAME_MAX + 1]; /* of the stream */
    char **commands;
    int command_count;
    bool any; /* one command that succeeds is enough */
    bool quiet;
    char **pub_argv; /* NULL-terminated */
    char **sub_argv;
};

/* CLI_OPTIONS_GO_ON, or the exit status to end with. */
int cli_fan_options_parse(struct cli_fan_options *options, int argc, char **argv);
void cli_fan_options_free(struct cli_fan_options *options);

#endif /* CLI_TOOL_FAN_OPTIONS_H */
