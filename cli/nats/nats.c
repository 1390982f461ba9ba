/* SPDX-License-Identifier: MIT */
/* streamx-nats: a stream goes on beyond one machine, through NATS JetStream. */
#include "common/exit_status.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/standard_fds.h"
#include "nats/options_nats.h"
#include "nats/out.h"
#include "nats/wait.h"

#include <string.h>

int main(int argc, char **argv)
{
    static struct sx_nats_options options; /* threads that come to no end look at them */
    int result = sx_standard_fds_reserve(), status;

    if (result != 0)
        return SX_STATUS_FAILED;
    status = sx_nats_options_parse(&options, argc, argv);
    if (status != SX_OPTIONS_GO_ON)
        return status;
    result = sx_signals_install();
    if (result == 0)
        result = sx_wait_init();
    if (result != 0) {
        sx_report("cannot handle signals: %s", strerror(-result));
        return SX_STATUS_FAILED;
    }
    status = sx_out_run(&options);
    sx_signals_exit(status);
}
