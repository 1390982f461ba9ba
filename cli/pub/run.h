/* SPDX-License-Identifier: MIT */
#ifndef CLI_PUB_RUN_H
#define CLI_PUB_RUN_H

#include "pub/state.h"

/* Does what `pub->options` say, and returns the exit status, whose reason has been reported. After
 * cli_signals_install. */
int cli_pub_run(struct cli_pub *pub);

#endif /* CLI_PUB_RUN_H */
