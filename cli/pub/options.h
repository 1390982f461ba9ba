/* SPDX-License-Identifier: MIT */
/* streamx-pub's command line. */
#ifndef CLI_PUB_OPTIONS_H
#define CLI_PUB_OPTIONS_H

#include "common/options.h"
#include "common/splitter.h"

#include <stdint.h>
#include <streamx.h>

struct cli_pub_options {
    struct cli_options_common common;
    const char *name;
    const char **texts; /* each is a message, before the files */
    int text_count;
    char **files; /* none, and no texts: standard input */
    int file_count;
    bool slot_size_given;
    enum cli_oversize oversize; /* what becomes of a message that is longer */
    struct streamx_options stream;
    int64_t timeout_ns; /* longest wait for consumers; STREAMX_FOREVER */
    uint64_t count;     /* most messages; UINT64_MAX = all */
    uint64_t rate;      /* messages per second; 0 = as fast as it goes */
    bool tee;
    bool progress;
};

/* CLI_OPTIONS_GO_ON, or the exit status to end with. */
int cli_pub_options_parse(struct cli_pub_options *options, int argc, char **argv);
void cli_pub_options_free(struct cli_pub_options *options);

#endif /* CLI_PUB_OPTIONS_H */
