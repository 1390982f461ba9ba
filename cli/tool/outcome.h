/* SPDX-License-Identifier: MIT */
/* How a command of streamx ends: what failures are called, and the exit status they give. */
#ifndef CLI_TOOL_OUTCOME_H
#define CLI_TOOL_OUTCOME_H

/* What the library's -errno means for a stream, where a word must do. */
const char *cli_outcome_reason(int error);

/* Says why the stream `name` cannot be looked at; returns the exit status. */
int cli_outcome_failed(const char *name, int error);

/* Likewise, of one that cannot be removed. */
int cli_outcome_not_removed(const char *name, int error);

/* Says why the directory cannot be listed; returns the exit status. */
int cli_outcome_list_failed(int error);

#endif /* CLI_TOOL_OUTCOME_H */
