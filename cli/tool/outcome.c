/* SPDX-License-Identifier: MIT */
/* Puts failures into words, and into an exit status. */
#include "tool/outcome.h"

#include "common/directory.h"
#include "common/exit_status.h"
#include "common/report.h"

#include <errno.h>
#include <string.h>

const char *cli_outcome_reason(int error)
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

int cli_outcome_failed(const char *name, int error)
{
    cli_report("%s: %s", name, cli_outcome_reason(error));
    if (error == -ENOENT)
        return CLI_STATUS_ABSENT;
    return error == -EPERM || error == -EACCES ? CLI_STATUS_PERMISSION : CLI_STATUS_FAILED;
}

int cli_outcome_list_failed(int error)
{
    cli_report("%s: %s", cli_directory(), strerror(-error));
    if (error == -ENOENT)
        return CLI_STATUS_ABSENT;
    return error == -EACCES ? CLI_STATUS_PERMISSION : CLI_STATUS_FAILED;
}
