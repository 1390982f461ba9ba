/* SPDX-License-Identifier: MIT */
/* What there is to see of the streams of one directory at one moment. */
#ifndef CLI_TOOL_LOOK_H
#define CLI_TOOL_LOOK_H

#include "tool/process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <streamx.h>

struct cli_look_consumer {
    struct streamx_consumer_info info;
    struct cli_process process;
};

struct cli_look_producer {
    struct streamx_producer_info info;
    struct cli_process process;
};

struct cli_look_stream {
    char name[256]; /* of a file, which need not be a stream */
    int error;      /* of streamx_inspect; else 0, and the rest is filled in */
    struct streamx_info info;
    struct cli_process process; /* the producer's */
    struct cli_look_consumer *consumers;
    size_t consumer_count;
    struct cli_look_producer *producers; /* of a shared stream */
    size_t producer_count;
    int64_t time_ns; /* of this look, CLOCK_MONOTONIC */
    bool has_rates;
    double messages_per_s;
    double bytes_per_s;
};

struct cli_look {
    struct cli_look_stream *streams; /* by name */
    size_t count;
};

/* Looks at every stream of the directory. -errno, or 0; to be freed by cli_look_free either way. */
int cli_look_all(struct cli_look *look);

/* Looks at one; `error` tells what failed. To be freed by cli_look_free_stream. */
void cli_look_one(struct cli_look_stream *stream, const char *name);

/* Fills in the rates of `now` from an earlier look, for those streams that are the same. */
void cli_look_rates(struct cli_look *now, const struct cli_look *before);
void cli_look_rates_one(struct cli_look_stream *now, const struct cli_look_stream *before);

void cli_look_free(struct cli_look *look);
void cli_look_free_stream(struct cli_look_stream *stream);

/* The states by name; a stopped process shows as "stopped". */
const char *cli_look_stream_state(const struct cli_look_stream *stream);
const char *cli_look_consumer_state(const struct cli_look_consumer *consumer);
const char *cli_look_producer_state(const struct cli_look_producer *producer);

#endif /* CLI_TOOL_LOOK_H */
