/* SPDX-License-Identifier: MIT */
/* Streams as tables and sentences, for people. */
#ifndef CLI_TOOL_SHOW_H
#define CLI_TOOL_SHOW_H

#include "tool/look.h"

#include <stdio.h>

void cli_show_list(FILE *file, const struct cli_look *look);
void cli_show_info(FILE *file, const struct cli_look_stream *stream);
void cli_show_top(FILE *file, const struct cli_look *look);

#endif /* CLI_TOOL_SHOW_H */
