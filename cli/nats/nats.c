/* SPDX-License-Identifier: MIT */
/* streamx-nats: a stream goes on beyond one machine, through NATS JetStream. */
#include "common/exit_status.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/standard_fds.h"
#include "nats/in.h"
#include "nats/options.h"
#include "nats/out.h"
#include "nats/wait.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

/* Not by exit(3): what that takes down, of libnats and of OpenSSL, may be in use by a thread of
 * libnats's, which ends some time after its connection. */
_Noreturn static void end(int status)
{
#ifdef __SANITIZE_ADDRESS__
    __lsan_do_leak_check(); /* as exit(3) would */
#endif
    fflush(NULL);
    _exit(status);
}

int main(int argc, char **argv)
{
    static struct bridge_options options; /* threads that come to no end look at them */
    int result = cli_standard_fds_reserve(), status;

    if (result != 0)
        return CLI_STATUS_FAILED;
    status = bridge_options_parse(&options, argc, argv);
    if (status != CLI_OPTIONS_GO_ON)
        return status;
    result = cli_signals_install();
    if (result == 0)
        result = bridge_wait_init();
    if (result != 0) {
        cli_report("cannot handle signals: %s", strerror(-result));
        return CLI_STATUS_FAILED;
    }
    status = options.out ? bridge_out_run(&options) : bridge_in_run(&options);
    if (status <= CLI_STATUS_SIGNAL)
        end(status);
    cli_signals_exit(status);
}
