/* SPDX-License-Identifier: MIT */
/* streamx.h says where the library looks for streams; this says the same. */
#include "common/directory.h"

#include <stdlib.h>

const char *cli_directory(void)
{
    const char *directory = secure_getenv("STREAMX_DIR");

    return directory && *directory ? directory : "/dev/shm";
}
