/* SPDX-License-Identifier: MIT */
/* The command top. */
#ifndef CLI_TOOL_TOP_H
#define CLI_TOOL_TOP_H

#include "tool/command.h"

int cli_tool_top(const struct cli_tool_options *options);

#endif /* CLI_TOOL_TOP_H */
