/* SPDX-License-Identifier: MIT */
/* What there is to see of the streams of one directory at one moment. */
#ifndef SX_STREAMX_LOOK_H
#define SX_STREAMX_LOOK_H

#include "tool/streamx_process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <streamx.h>

struct sx_look_consumer {
    struct streamx_consumer_info info;
    struct sx_process process;
};

struct sx_look_stream {
    char name[256]; /* of a file, which need not be a stream */
    int error;      /* of streamx_inspect; else 0, and the rest is filled in */
    struct streamx_info info;
    struct sx_process process; /* the producer's */
    struct sx_look_consumer *consumers;
    size_t consumer_count;
    int64_t time_ns; /* of this look, CLOCK_MONOTONIC */
    bool has_rates;
    double values_per_s;
    double bytes_per_s;
};

struct sx_look {
    struct sx_look_stream *streams; /* by name */
    size_t count;
};

/* Looks at every stream of the directory. -errno, or 0; to be freed by sx_look_free either way. */
int sx_look_all(struct sx_look *look);

/* Looks at one; `error` tells what failed. To be freed by sx_look_free_stream. */
void sx_look_one(struct sx_look_stream *stream, const char *name);

/* Fills in the rates of `now` from an earlier look, for those streams that are the same. */
void sx_look_rates(struct sx_look *now, const struct sx_look *before);
void sx_look_rates_one(struct sx_look_stream *now, const struct sx_look_stream *before);

void sx_look_free(struct sx_look *look);
void sx_look_free_stream(struct sx_look_stream *stream);

/* The states by name; a stopped process shows as "stopped". */
const char *sx_look_stream_state(const struct sx_look_stream *stream);
const char *sx_look_consumer_state(const struct sx_look_consumer *consumer);

#endif /* SX_STREAMX_LOOK_H */
