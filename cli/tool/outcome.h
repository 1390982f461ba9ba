/* SPDX-License-Identifier: MIT */
/* How a command of streamx ends: what failures are called, and the exit status they give. */
#ifndef CLI_TOOL_OUTCOME_H
#define CLI_TOOL_OUTCOME_H

/* What the library's -errno means for a stream. */
const char *cli_outcome_reason(int error);

/* Says so of the stream `name`; returns the exit status. */
int cli_outcome_failed(const char *name, int error);

/* Says why the directory cannot be listed; returns the exit status. */
int cli_outcome_list_failed(int error);

#endif /* CLI_TOOL_OUTCOME_H */
