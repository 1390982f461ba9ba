/* SPDX-License-Identifier: MIT */
/* The commands rm and gc. */
#ifndef CLI_TOOL_REMOVE_H
#define CLI_TOOL_REMOVE_H

#include "tool/command.h"

int cli_tool_rm(const struct cli_tool_options *options);
int cli_tool_gc(const struct cli_tool_options *options);

#endif /* CLI_TOOL_REMOVE_H */
