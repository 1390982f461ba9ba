/* SPDX-License-Identifier: MIT */
/* streamx-pub: publishes standard input, texts or files to a stream. */
#include "common/exit_status.h"
#include "common/options.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/standard_fds.h"
#include "pub/run.h"

#include <string.h>

/* After the command line has been read. */
static int publish(struct cli_pub *pub)
{
    int result = cli_signals_install();

    if (result == 0)
        return cli_pub_run(pub);
    cli_report("cannot handle signals: %s", strerror(-result));
    return CLI_STATUS_FAILED;
}

int main(int argc, char **argv)
{
    struct cli_pub pub = {.producer = NULL};
    int status;

    if (cli_standard_fds_reserve() != 0)
        return CLI_STATUS_FAILED;
    cli_report_program("streamx-pub");
    status = cli_pub_options_parse(&pub.options, argc, argv);
    if (status == CLI_OPTIONS_GO_ON)
        status = publish(&pub);
    cli_pub_options_free(&pub.options);
    cli_signals_exit(status);
}
