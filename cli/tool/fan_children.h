/* SPDX-License-Identifier: MIT */
/* fan's children: for each command a subscriber and the command itself, with a pipe between. */
#ifndef CLI_TOOL_FAN_CHILDREN_H
#define CLI_TOOL_FAN_CHILDREN_H

#include "tool/fan_options.h"

#include <sys/types.h>

struct cli_fan_child {
    pid_t subscriber; /* 0: not started, or it has been waited for */
    pid_t command;
    int pipe_fd; /* the command's end, kept open until all subscribers have attached; else 0 */
    int status;  /* the command's */
};

/*
 * Starts all of them, before the stream is made and signals are caught. The subscribers wait for
 * the stream. CLI_OPTIONS_GO_ON, or the exit status to end with.
 */
int cli_fan_children_start(struct cli_fan_child *children, const struct cli_fan_options *options);

/* Lets go of the pipes, so that a subscriber notices when its command has ended. */
void cli_fan_children_release(struct cli_fan_child *children, int count);

/* Ends the subscribers, who may wait for a stream that does not come: their commands see the end of
 * their input. */
void cli_fan_children_call_off(struct cli_fan_child *children, int count);

/* Whether a subscriber has ended. */
bool cli_fan_children_lack_one(struct cli_fan_child *children, int count);

/*
 * Waits for all of them. A signal that is caught, also one that came before, goes to the commands.
 */
void cli_fan_children_wait(struct cli_fan_child *children, int count);

#endif /* CLI_TOOL_FAN_CHILDREN_H */
