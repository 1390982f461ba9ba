/* SPDX-License-Identifier: MIT */
/* The commands list and info. */
#ifndef CLI_TOOL_INSPECT_H
#define CLI_TOOL_INSPECT_H

#include "tool/command.h"

int cli_tool_list(const struct cli_tool_options *options);
int cli_tool_info(const struct cli_tool_options *options);

#endif /* CLI_TOOL_INSPECT_H */
