/* SPDX-License-Identifier: MIT */
/* streamx's command line. */
#ifndef CLI_TOOL_OPTIONS_H
#define CLI_TOOL_OPTIONS_H

#include "tool/command.h"

/* CLI_OPTIONS_GO_ON, or the exit status to end with. */
int cli_tool_options_parse(struct cli_tool_options *options, int argc, char **argv);

#endif /* CLI_TOOL_OPTIONS_H */
