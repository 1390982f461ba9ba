/* SPDX-License-Identifier: MIT */
/*
 * streamx fan: standard input to several commands, over a stream of its own. A publisher, in this
 * process, and for each command a subscriber, in a child, that writes into the command's pipe.
 */
#ifndef CLI_TOOL_FAN_H
#define CLI_TOOL_FAN_H

/* The command line from "fan" on. */
_Noreturn void cli_fan(int argc, char **argv);

#endif /* CLI_TOOL_FAN_H */
