/* SPDX-License-Identifier: MIT */
/* Puts failures into words, and into an exit status. */
#include "tool/outcome.h"

#include "common/denied.h"
#include "common/exit_status.h"
#include "common/report.h"
#include "common/similar.h"

#include <errno.h>
#include <streamx.h>
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

static int failed(const char *name, int error, enum cli_denied_use use)
{
    char reason[256], similar[STREAMX_NAME_MAX + 1];

    if (error == -EPERM || error == -EACCES) {
        cli_denied_reason(reason, sizeof reason, name, use);
        cli_report("%s: %s", name, reason);
        return CLI_STATUS_PERMISSION;
    }
    if (error == -ENOENT && cli_similar_stream(similar, name))
        cli_report("%s: %s; there is '%s'", name, cli_outcome_reason(error), similar);
    else
        cli_report("%s: %s", name, cli_outcome_reason(error));
    return error == -ENOENT ? CLI_STATUS_ABSENT : CLI_STATUS_FAILED;
}

int cli_outcome_failed(const char *name, int error)
{
    return failed(name, error, CLI_DENIED_READ);
}

int cli_outcome_not_removed(const char *name, int error)
{
    return failed(name, error, CLI_DENIED_REPLACE);
}

int cli_outcome_list_failed(int error)
{
    cli_report("%s: %s", streamx_directory(), strerror(-error));
    if (error == -ENOENT)
        return CLI_STATUS_ABSENT;
    return error == -EACCES ? CLI_STATUS_PERMISSION : CLI_STATUS_FAILED;
}
