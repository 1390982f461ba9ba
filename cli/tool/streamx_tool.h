/* SPDX-License-Identifier: MIT */
/* The parts of streamx, the program that looks at streams and tidies them up. */
#ifndef SX_STREAMX_TOOL_H
#define SX_STREAMX_TOOL_H

#include "tool/streamx_look.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct sx_tool_options {
    int (*command)(const struct sx_tool_options *options); /* returns the exit status */
    char **names;
    int name_count;
    int64_t interval_ns; /* between two looks; 0 = one look, no rates */
    uint64_t count;      /* top: so many pictures; 0 = no end */
    bool json;
    bool names_only; /* list */
    bool force;      /* rm, gc */
};

/* SX_OPTIONS_GO_ON, or the exit status to end with. */
int sx_tool_options_parse(struct sx_tool_options *options, int argc, char **argv);

/* ---- the commands: streamx_inspect.c, streamx_remove.c, streamx_top.c ---- */

int sx_tool_list(const struct sx_tool_options *options);
int sx_tool_info(const struct sx_tool_options *options);
int sx_tool_rm(const struct sx_tool_options *options);
int sx_tool_gc(const struct sx_tool_options *options);
int sx_tool_top(const struct sx_tool_options *options);

/* What the library's -errno means for a stream. */
const char *sx_tool_reason(int error);

/* Says so of the stream `name`; returns the exit status. */
int sx_tool_failed(const char *name, int error);

/* Says why the directory cannot be listed; returns the exit status. */
int sx_tool_list_failed(int error);

/* Flushes standard output; `status`, or SX_STATUS_FAILED. */
int sx_tool_flush(int status);

/* ---- streamx_show.c: for people ---- */

void sx_show_list(FILE *file, const struct sx_look *look);
void sx_show_info(FILE *file, const struct sx_look_stream *stream);
void sx_show_top(FILE *file, const struct sx_look *look);

/* ---- streamx_json.c: for programs; one line each ---- */

bool sx_json_list(FILE *file, const struct sx_look *look);
bool sx_json_info(FILE *file, const struct sx_look_stream *stream);

/* What rm and gc did, or would do. */
struct sx_removal {
    const char *name;
    bool removed;
    const char *reason;      /* why not; NULL */
    uint64_t unacknowledged; /* values that nobody had acknowledged */
};
bool sx_json_removals(FILE *file, const struct sx_removal *removals, size_t count);

#endif /* SX_STREAMX_TOOL_H */
