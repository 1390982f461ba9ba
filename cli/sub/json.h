/* SPDX-License-Identifier: MIT */
#ifndef CLI_SUB_JSON_H
#define CLI_SUB_JSON_H

#include "common/output.h"

#include <streamx.h>

/*
 * Adds the message to the output as one line of JSON: an object with the keys stream, seq, len,
 * payload (payload_b64 if it is not UTF-8), and ts (ISO 8601, UTC) if the stream has timestamps.
 * -ENOMEM, or 0.
 */
int cli_sub_json_write(struct cli_output *output, const char *stream,
                       const struct streamx_message *message);

#endif /* CLI_SUB_JSON_H */
