/* SPDX-License-Identifier: MIT */
/*
 * A program started with `<&-` or `>&-` would get the stream's own file as descriptor 0 or 1, and
 * publish or overwrite it. /dev/null opened the wrong way round takes the place.
 */
#include "common/standard_fds.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int cli_standard_fds_reserve(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        /* the lowest free descriptor is this one */
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return errno != 0 ? -errno : -EBADF;
    }
    return 0;
}
