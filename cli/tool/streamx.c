/* SPDX-License-Identifier: MIT */
/*
 * streamx: looks at streams from outside, and removes what is left of dead ones.
 *
 * It attaches to nothing and holds nothing up: what it shows it reads through read-only mappings.
 */
#include "tool/streamx_tool.h"

#include "common/directory.h"
#include "common/exit_status.h"
#include "common/options.h"
#include "common/report.h"
#include "common/signals.h"
#include "common/standard_fds.h"

#include <errno.h>
#include <string.h>

const char *sx_tool_reason(int error)
{
    switch (error) {
    case -ENOENT:
        return "no such stream";
    case -EPERM:
    case -EACCES:
        return "not a stream, or another user's";
    case -EPROTO:
        return "a stream of another layout version, or a damaged one";
    default:
        return strerror(-error);
    }
}

int sx_tool_failed(const char *name, int error)
{
    sx_report("%s: %s", name, sx_tool_reason(error));
    if (error == -ENOENT)
        return SX_STATUS_ABSENT;
    return error == -EPERM || error == -EACCES ? SX_STATUS_PERMISSION : SX_STATUS_FAILED;
}

int sx_tool_list_failed(int error)
{
    sx_report("%s: %s", sx_directory(), strerror(-error));
    if (error == -ENOENT)
        return SX_STATUS_ABSENT;
    return error == -EACCES ? SX_STATUS_PERMISSION : SX_STATUS_FAILED;
}

int sx_tool_flush(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    sx_report("standard output: %m");
    return SX_STATUS_FAILED;
}

int main(int argc, char **argv)
{
    struct sx_tool_options options;
    int status;

    if (sx_standard_fds_reserve() != 0)
        return SX_STATUS_FAILED;
    status = sx_tool_options_parse(&options, argc, argv);
    if (status == SX_OPTIONS_GO_ON)
        status = options.command(&options);
    sx_signals_exit(status);
}
