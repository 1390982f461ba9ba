/* SPDX-License-Identifier: MIT */
/*
 * streamx: looks at streams from outside, and removes what is left of dead ones.
 *
 * It attaches to nothing and holds nothing up: what it shows it reads through read-only mappings.
 */
#include "common/exit_status.h"
#include "common/options.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/standard_fds.h"
#include "tool/fan.h"
#include "tool/options.h"

#include <string.h>

int main(int argc, char **argv)
{
    struct cli_tool_options options;
    int status;

    if (cli_standard_fds_reserve() != 0)
        return CLI_STATUS_FAILED;
    cli_report_program("streamx");
    if (argc > 1 && strcmp(argv[1], "fan") == 0)
        cli_fan(argc - 1, argv + 1);
    status = cli_tool_options_parse(&options, argc, argv);
    if (status == CLI_OPTIONS_GO_ON)
        status = options.command(&options);
    cli_signals_exit(status);
}
