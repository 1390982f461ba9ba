/* SPDX-License-Identifier: MIT */
/* Reading standard input: see input.h. */
#include "pub/input.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/loop.h"
#include "common/report.h"
#include "pub/send.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int cli_input_failed(const struct cli_pub *pub, const struct cli_source *source, int error)
{
    cli_report("%s: %s: %s", pub->options.name, source->path, strerror(error));
    return error == EACCES || error == EPERM ? CLI_STATUS_PERMISSION : CLI_STATUS_FAILED;
}

int cli_input_await(struct cli_pub *pub)
{
    bool alone_ends = (pub->options.stream.flags & STREAMX_PIPE) != 0;
    int result = cli_loop_input(STDIN_FILENO, alone_ends ? pub->producer : NULL, CLI_CLOCK_NEVER);

    return result == 0 ? CLI_PUB_MORE : cli_send_failed(pub, result);
}

int cli_input_read(struct cli_pub *pub, const struct cli_source *source, void *space, size_t room,
                   ssize_t *got)
{
    *got = read(STDIN_FILENO, space, room);
    if (*got < 0 && errno != EINTR && errno != EAGAIN)
        return cli_input_failed(pub, source, errno);
    return CLI_PUB_MORE;
}
