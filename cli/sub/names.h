/* SPDX-License-Identifier: MIT */
/* Which streams there are to read: those that were named, and those that match a pattern. */
#ifndef CLI_SUB_NAMES_H
#define CLI_SUB_NAMES_H

#include "sub/state.h"

/* Makes the readers of what was named, and of what is there and matches. -ENOMEM, or 0. */
int cli_names_open(struct cli_sub *sub);
void cli_names_close(struct cli_sub *sub);

/* Has those looked for that have come meanwhile, and makes readers of new ones that match. */
void cli_names_update(struct cli_sub *sub);

/* What all of it is called, in messages. */
void cli_names_title(char *text, size_t size, const struct cli_sub_options *options);

#endif /* CLI_SUB_NAMES_H */
