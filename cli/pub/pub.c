/* SPDX-License-Identifier: MIT */
/* streamx-pub: publishes standard input, texts or files to a stream. */
#include "common/exit_status.h"
#include "common/options.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/standard_fds.h"
#include "pub/run.h"

#include <string.h>

int main(int argc, char **argv)
{
    struct cli_pub pub = {.producer = NULL};
    int result = cli_standard_fds_reserve(), status;

    if (result != 0)
        return CLI_STATUS_FAILED;
    cli_report_program("streamx-pub");
    status = cli_pub_options_parse(&pub.options, argc, argv);
    if (status != CLI_OPTIONS_GO_ON)
        return status;
    result = cli_signals_install();
    if (result != 0) {
        cli_report("cannot handle signals: %s", strerror(-result));
        return CLI_STATUS_FAILED;
    }
    status = cli_pub_run(&pub);
    cli_pub_options_free(&pub.options);
    cli_signals_exit(status);
}
