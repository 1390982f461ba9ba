/* SPDX-License-Identifier: MIT */
/* Which library this is, for one who has loaded it. */
#include "streamx.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

const char *streamx_version(void)
{
    return TEXT(STREAMX_VERSION_MAJOR) "." TEXT(STREAMX_VERSION_MINOR) "." TEXT(
        STREAMX_VERSION_PATCH);
}
