/* SPDX-License-Identifier: MIT */
/* streamx-pub's command line. */
#ifndef SX_OPTIONS_PUB_H
#define SX_OPTIONS_PUB_H

#include "common/options.h"

#include <stdint.h>
#include <streamx.h>

struct sx_pub_options {
    struct sx_options_common common;
    const char *name;
    char **files; /* empty: standard input */
    int file_count;
    bool slot_size_given;
    struct streamx_options stream;
    int64_t timeout_ns; /* longest wait for consumers; STREAMX_FOREVER */
    uint64_t count;     /* most messages; UINT64_MAX = all */
    uint64_t rate;      /* messages per second; 0 = as fast as it goes */
    bool tee;
    bool progress;
};

/* SX_OPTIONS_GO_ON, or the exit status to end with. */
int sx_pub_options_parse(struct sx_pub_options *options, int argc, char **argv);

#endif /* SX_OPTIONS_PUB_H */
