/* SPDX-License-Identifier: MIT */
/* The command doctor: what this machine gives, and what follows for streams. */
#ifndef CLI_TOOL_DOCTOR_H
#define CLI_TOOL_DOCTOR_H

#include "tool/command.h"

int cli_tool_doctor(const struct cli_tool_options *options);

#endif /* CLI_TOOL_DOCTOR_H */
