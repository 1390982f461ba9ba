/* SPDX-License-Identifier: MIT */
/* Streams as JSON, for programs: one line each. False: it was not written. */
#ifndef CLI_TOOL_JSON_H
#define CLI_TOOL_JSON_H

#include "tool/look.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

bool cli_tool_json_list(FILE *file, const struct cli_look *look);
bool cli_tool_json_info(FILE *file, const struct cli_look_stream *stream);

/* What rm and gc did, or would do. */
struct cli_removal {
    const char *name;
    bool removed;
    const char *reason;      /* why not; NULL */
    uint64_t unacknowledged; /* messages that nobody had acknowledged */
};
bool cli_tool_json_removals(FILE *file, const struct cli_removal *removals, size_t count);

#endif /* CLI_TOOL_JSON_H */
