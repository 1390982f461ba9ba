/* SPDX-License-Identifier: MIT */
#ifndef CLI_SUB_RUN_H
#define CLI_SUB_RUN_H

#include "sub/state.h"

/* Does what `sub->options` say, and returns the exit status, whose reason has been reported. After
 * cli_signals_install. */
int cli_sub_run(struct cli_sub *sub);

#endif /* CLI_SUB_RUN_H */
