/* SPDX-License-Identifier: MIT */
/* Standard input, read while the stream is watched. */
#ifndef CLI_PUB_INPUT_H
#define CLI_PUB_INPUT_H

#include "pub/source.h"

#include <sys/types.h>

/* Waits until there is something to read. A verdict. */
int cli_input_await(struct cli_pub *pub);

/* One read, which should not block. `*got` is -1 if there was nothing after all, 0 at the end. A
 * verdict. */
int cli_input_read(struct cli_pub *pub, const struct cli_source *source, void *space, size_t room,
                   ssize_t *got);

/* Reports a failed read of any source. A verdict. */
int cli_input_failed(const struct cli_pub *pub, const struct cli_source *source, int error);

#endif /* CLI_PUB_INPUT_H */
