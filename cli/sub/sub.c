/* SPDX-License-Identifier: MIT */
/* streamx-sub: writes the messages of streams to standard output. */
#include "common/exit_status.h"
#include "common/options.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/standard_fds.h"
#include "sub/names.h"
#include "sub/run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int check_output(const struct cli_sub_options *options)
{
    char title[256];

    if ((fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) != O_RDONLY)
        return CLI_STATUS_DONE;
    cli_names_title(title, sizeof title, options);
    cli_report("%s: standard output: %s", title, strerror(EBADF));
    return CLI_STATUS_FAILED;
}

/* Several streams take several descriptors each. */
static void allow_many_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit); /* else some of them are looked at by time */
}

/* After the command line has been read. */
static int receive(struct cli_sub *sub)
{
    int status = check_output(&sub->options), result;

    if (status != CLI_STATUS_DONE)
        return status;
    allow_many_descriptors();
    result = cli_signals_install();
    if (result == 0)
        return cli_sub_run(sub);
    cli_report("cannot handle signals: %s", strerror(-result));
    return CLI_STATUS_FAILED;
}

int main(int argc, char **argv)
{
    struct cli_sub sub = {.received = 0};
    int status;

    if (cli_standard_fds_reserve() != 0)
        return CLI_STATUS_FAILED;
    cli_report_program("streamx-sub");
    status = cli_sub_options_parse(&sub.options, argc, argv);
    if (status == CLI_OPTIONS_GO_ON)
        status = receive(&sub);
    cli_sub_options_free(&sub.options);
    cli_signals_exit(status);
}
