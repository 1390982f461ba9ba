/* SPDX-License-Identifier: MIT */
/* streamx-sub's command line. */
#ifndef CLI_SUB_OPTIONS_H
#define CLI_SUB_OPTIONS_H

#include "common/format.h"
#include "common/options.h"

#include <stdint.h>
#include <streamx.h>

struct cli_sub_options {
    struct cli_options_common common;
    const char **names; /* of streams */
    int name_count;
    const char **patterns; /* of names: --glob */
    int pattern_count;
    struct streamx_subscribe_options stream;
    uint64_t count;            /* most messages; UINT64_MAX = all */
    int64_t timeout_ns;        /* of the whole run; STREAMX_FOREVER */
    int64_t idle_timeout_ns;   /* without a message; STREAMX_FOREVER */
    bool no_wait;              /* for the stream to appear */
    bool unbuffered;           /* one write and one acknowledgment per message */
    bool acknowledge_first;    /* before writing instead of after it */
    bool follow;               /* go on with the name's next stream */
    bool tap;                  /* look on, without being waited for */
    bool json;                 /* one JSON object per line */
    struct cli_format *format; /* or NULL */
};

/* CLI_OPTIONS_GO_ON, or the exit status to end with. */
int cli_sub_options_parse(struct cli_sub_options *options, int argc, char **argv);
void cli_sub_options_free(struct cli_sub_options *options);

#endif /* CLI_SUB_OPTIONS_H */
